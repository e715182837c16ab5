"""Sources (desk.db): what is stored of the last response of each: validators, health, child sitemaps."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlite_utils import Database

from db.desk.candidates import StoredCandidate, add_passed_over
from db.model.child_state import ChildState
from db.model.times import read_stamp, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is stored of a source's last response."""

    url: str
    kind: str | None
    etag: str | None
    last_modified: str | None
    fetched_at: dt.datetime | None
    sound_at: dt.datetime | None  # when it was last read without a warning
    read_at: dt.datetime | None  # when it last answered with more than "unchanged"
    past_until: dt.datetime | None  # before its first reading: what it lists from before is the past
    failures: int
    outcome: str | None  # a word for its last response or failure
    failing_since: dt.datetime | None


def read_source_state(db: Database, url: str) -> SourceState | None:
    """Return the state of one source, or None before its first response."""
    row = next(
        iter(
            db.query(
                """
                SELECT url, kind, etag, last_modified, fetched_at, sound_at, read_at, past_until, failures, outcome,
                    failing_since
                FROM sources WHERE url = :url
                """,
                {"url": url},
            )
        ),
        None,
    )
    if row is None:
        return None
    times = ("fetched_at", "sound_at", "read_at", "past_until", "failing_since")
    return SourceState(**{**row, **{column: row[column] and read_stamp(row[column]) for column in times}})


def record_answer(
    db: Database,
    *,
    url: str,
    outlet: str,
    at: dt.datetime,
    status: int | None,
    outcome: str,
    warning: str | None = None,
    etag: str | None = None,
    last_modified: str | None = None,
    items: int | None = None,
    newest: dt.datetime | None = None,
    dated: int | None = None,
    span: dt.timedelta | None = None,
    candidates: Iterable[StoredCandidate] = (),
    children: Mapping[str, dt.datetime | None] | None = None,
    new_children: Iterable[str] = (),
    passed_over: bytes | None = None,
) -> int:
    """Store a source's response, its validators and the candidates it listed; return how many candidates are new.

    status: that of HTTP, None of a mailbox.
    warning: says that the response was odd or could be read only in part; it holds until the next full response.
    dated, span: how many items have a date, and the time between the first and the last; None if not known.
    children: child sitemaps, with the time before which their pages are the past if they were never read.
    new_children: those of the children that the source did not list before: all their pages are new.
    passed_over: digests to add to what was passed over in the source; None if it was not read for the news.
    All is one transaction: if validators were stored before a crash and candidates not, a 304 would lose them.
    """
    new = 0
    with db.atomic():
        db.execute(
            """
            INSERT INTO sources (
                url, outlet, etag, last_modified, fetched_at, sound_at, read_at, status, outcome, detail, warning,
                items, newest, dated, span
            ) VALUES (
                :url, :outlet, :etag, :last_modified, :at, iif(:warning IS NULL, :at, NULL),
                iif(:status = 304, NULL, :at), :status, :outcome, :warning, :warning, :items, :newest, :dated, :span
            )
            ON CONFLICT (url) DO UPDATE SET
                outlet = excluded.outlet, fetched_at = excluded.fetched_at, status = excluded.status,
                outcome = iif(:status = 304 AND outcome = 'empty', outcome, excluded.outcome),
                warning = iif(:status = 304, warning, excluded.warning),
                detail = iif(:status = 304, warning, excluded.warning),
                sound_at = iif(iif(:status = 304, warning, excluded.warning) IS NULL, :at, sound_at),
                failures = 0, failing_since = NULL, read_at = coalesce(excluded.read_at, read_at),
                etag = iif(:status = 304, coalesce(excluded.etag, etag), excluded.etag),
                last_modified = iif(
                    :status = 304, coalesce(excluded.last_modified, last_modified), excluded.last_modified
                ),
                items = coalesce(excluded.items, items), newest = coalesce(excluded.newest, newest),
                dated = coalesce(excluded.dated, dated), span = coalesce(excluded.span, span)
            """,
            {
                "url": url,
                "outlet": outlet,
                "etag": etag,
                "last_modified": last_modified,
                "at": stamp(at),
                "status": status,
                "outcome": outcome,
                "warning": warning,
                "items": items,
                "newest": newest and stamp(newest),
                "dated": dated,
                "span": None if span is None else span.total_seconds(),
            },
        )
        for child, past_until in (children or {}).items():
            db.execute(
                """
                INSERT INTO sources (url, outlet, kind, parent, past_until)
                VALUES (:url, :outlet, 'sitemap', :parent, :past_until)
                ON CONFLICT (url) DO UPDATE SET parent = excluded.parent
                """,
                {"url": child, "outlet": outlet, "parent": url, "past_until": past_until and stamp(past_until)},
            )
        for candidate in candidates:
            new += db.execute(
                """
                INSERT INTO candidates
                    (key, url, outlet, source, title, published, language, summary, found_at, backfilled)
                VALUES (:key, :url, :outlet, :source, :title, :published, :language, :summary, :at, :backfilled)
                ON CONFLICT (key) DO NOTHING
                """,
                {
                    "key": candidate.key,
                    "url": candidate.url,
                    "outlet": outlet,
                    "source": url,
                    "title": candidate.title,
                    "published": candidate.published and stamp(candidate.published),
                    "language": candidate.language,
                    "summary": candidate.summary,
                    "at": stamp(at),
                    "backfilled": candidate.backfilled,
                },
            ).rowcount
        if passed_over is not None:
            add_passed_over(db, url, passed_over)
        for child in new_children:
            add_passed_over(db, child, b"")
        db.execute(
            "UPDATE sources SET grew_at = :at WHERE url = :url AND (:new OR grew_at IS NULL)",
            {"at": stamp(at), "url": url, "new": new},
        )
    return new


def record_source_failure(
    db: Database,
    *,
    url: str,
    outlet: str,
    at: dt.datetime,
    status: int | None,
    outcome: str,
    detail: str,
    asked: bool = True,
) -> None:
    """Record a failure of a source: `outcome` is a word to count by, `detail` a sentence for the operator.

    asked: False if no request was sent because the host is in back-off. That counts only if no failure is recorded yet.
    """
    with db.atomic():
        db.execute(
            """
            INSERT INTO sources (url, outlet, status, outcome, detail, failures, failing_since)
            VALUES (:url, :outlet, :status, :outcome, :detail, 1, :at)
            ON CONFLICT (url) DO UPDATE SET
                status = excluded.status, outcome = excluded.outcome, detail = excluded.detail,
                failures = failures + 1, failing_since = coalesce(failing_since, excluded.failing_since)
            WHERE :asked OR failures = 0
            """,
            {
                "url": url,
                "outlet": outlet,
                "status": status,
                "outcome": outcome,
                "detail": detail,
                "at": stamp(at),
                "asked": asked,
            },
        )


def read_child_states(db: Database, parent: str) -> list[ChildState]:
    """Return the child sitemaps of an index: unread ones first, then those with the newest pages, then failing ones."""
    rows = db.query(
        """
        SELECT url, fetched_at, grew_at FROM sources WHERE parent = :parent
        ORDER BY failures > 0, fetched_at IS NOT NULL, newest DESC, fetched_at DESC
        """,
        {"parent": parent},
    )
    return [
        ChildState(
            url=row["url"],
            fetched_at=row["fetched_at"] and read_stamp(row["fetched_at"]),
            grew_at=row["grew_at"] and read_stamp(row["grew_at"]),
        )
        for row in rows
    ]


def prune_child_sources(db: Database, *, before: dt.datetime) -> None:
    """Delete child sitemaps that were last requested before a time: their index names others now."""
    with db.atomic():
        db.execute(
            """
            DELETE FROM sources
            WHERE parent IS NOT NULL AND coalesce(fetched_at, failing_since) IS NOT NULL
              AND max(coalesce(fetched_at, ''), coalesce(failing_since, '')) < :before
            """,
            {"before": stamp(before)},
        )
        db.execute("DELETE FROM passed_over WHERE source NOT IN (SELECT url FROM sources)")


def count_failures_in_a_row(db: Database, urls: Iterable[str]) -> int:
    """Count how often in a row all of these sources failed: the least of their counts.

    `urls` should have no child sitemaps: those of past days are not requested any more and keep an old count.
    """
    row = db.execute(
        "SELECT min(failures) FROM sources WHERE url IN (SELECT value FROM json_each(:urls))",
        {"urls": json.dumps(list(urls))},
    ).fetchone()
    return int(row[0] or 0)


def forget_future_answers(db: Database, *, now: dt.datetime, earlier: dt.datetime) -> int:
    """Let sources whose last answer lies in the future count as read at `earlier`; return how many.

    What a source lists from before its last answer is taken to be stored: after a clock that was ahead, that would lose
    everything until the true time has caught up.
    """
    with db.atomic():
        return db.execute(
            """
            UPDATE sources SET
                fetched_at = min(fetched_at, :earlier), sound_at = min(sound_at, :earlier),
                read_at = min(read_at, :earlier), grew_at = min(grew_at, :earlier),
                past_until = min(past_until, :earlier)
            WHERE fetched_at > :now OR sound_at > :now OR past_until > :now
            """,
            {"now": stamp(now), "earlier": stamp(earlier)},
        ).rowcount


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProposal:
    """Sources that were found for an outlet whose own ones all failed.

    `found` maps a kind ("feed", "listing" …) to addresses; `problem` says why it is empty, or is None.
    """

    outlet: str
    looked_at: dt.datetime
    instead_of: tuple[str, ...]
    found: dict[str, list[str]]
    problem: str | None = None


def save_source_proposal(db: Database, proposal: SourceProposal) -> None:
    """Save what was found for an outlet, in the place of what was found before."""
    with db.atomic():
        db.execute(
            """
            INSERT OR REPLACE INTO proposed_sources (outlet, looked_at, instead_of, found, problem)
            VALUES (:outlet, :looked_at, :instead_of, :found, :problem)
            """,
            {
                "outlet": proposal.outlet,
                "looked_at": stamp(proposal.looked_at),
                "instead_of": json.dumps(proposal.instead_of),
                "found": json.dumps(proposal.found, ensure_ascii=False),
                "problem": proposal.problem,
            },
        )


def read_source_proposals(db: Database) -> dict[str, SourceProposal]:
    """Return what was found for outlets whose sources failed, by outlet."""
    rows = db.query("SELECT outlet, looked_at, instead_of, found, problem FROM proposed_sources")
    return {
        row["outlet"]: SourceProposal(
            outlet=row["outlet"],
            looked_at=read_stamp(row["looked_at"]),
            instead_of=tuple(json.loads(row["instead_of"])),
            found=json.loads(row["found"]),
            problem=row["problem"],
        )
        for row in rows
    }
