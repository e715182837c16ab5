"""Pages that sources list (desk.db): `candidates` are neither article nor rejection yet, `passed_over` are the past.

What a source listed at its first reading beyond the newest pages is passed over: it is for `vigia backfill`. Any other
page that it lists is new, whatever date it has. A page that was passed over is kept as a digest of its key.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from db.model.page_digests import DIGEST_BYTES
from db.model.times import read_stamp, stamp

MAX_PASSED_OVER = 100_000  # pages of one source: twice as many as one sitemap may list


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCandidate:
    """A row of `candidates`."""

    key: str
    url: str
    outlet: str
    title: str | None
    published: dt.datetime | None
    language: str | None
    summary: str | None
    attempts: int = 0
    backfilled: bool = False  # found by a backfill, so it is not news


def read_due_candidates(db: Database, outlet: str, *, now: dt.datetime, limit: int) -> list[StoredCandidate]:
    """Return the candidates of an outlet that may be requested now, newest first."""
    rows = db.query(
        """
        SELECT key, url, outlet, title, published, language, summary, attempts, backfilled FROM candidates
        WHERE outlet = :outlet AND (retry_at IS NULL OR retry_at <= :now)
        ORDER BY published IS NULL, published DESC, rowid LIMIT :limit
        """,
        {"outlet": outlet, "now": stamp(now), "limit": limit},
    )
    return [
        StoredCandidate(
            **{
                **row,
                "published": row["published"] and read_stamp(row["published"]),
                "backfilled": bool(row["backfilled"]),
            }
        )
        for row in rows
    ]


def read_candidate_keys(db: Database) -> list[str]:
    """Return every candidate's key; a session compares them with news.db when it starts."""
    return [row["key"] for row in db.query("SELECT key FROM candidates")]


def find_waiting_keys(db: Database, keys: Iterable[str]) -> set[str]:
    """Return those of these keys whose pages wait to be fetched."""
    rows = db.query(
        "SELECT key FROM candidates WHERE key IN (SELECT value FROM json_each(:keys))", {"keys": json.dumps(list(keys))}
    )
    return {row["key"] for row in rows}


def find_candidate(db: Database, key: str) -> dict[str, object] | None:
    """Return one candidate's row, for `vigia why`; None if there is none."""
    return next(iter(db.query("SELECT * FROM candidates WHERE key = :key", {"key": key})), None)


def add_candidate(db: Database, candidate: StoredCandidate, *, at: dt.datetime) -> None:
    """Add a page that a person asked for; its outlet's next crawl requests it."""
    with db.atomic():
        db.execute(
            """
            INSERT INTO candidates (key, url, outlet, title, found_at) VALUES (:key, :url, :outlet, :title, :at)
            ON CONFLICT (key) DO UPDATE SET retry_at = NULL, attempts = 0
            """,
            {
                "key": candidate.key,
                "url": candidate.url,
                "outlet": candidate.outlet,
                "title": candidate.title,
                "at": stamp(at),
            },
        )


def remove_candidates(db: Database, keys: Iterable[str]) -> None:
    """Delete candidates that became an article or a rejection."""
    with db.atomic():
        db.execute(
            "DELETE FROM candidates WHERE key IN (SELECT value FROM json_each(:keys))", {"keys": json.dumps(list(keys))}
        )


def postpone_candidate(db: Database, key: str, *, until: dt.datetime, error: str, counts: bool = True) -> int:
    """Postpone a candidate after a failed fetch; return its attempts so far.

    `counts` is False if no attempt was made, because the host is in back-off.
    """
    with db.atomic():
        db.execute(
            """
            UPDATE candidates SET attempts = attempts + :counts, retry_at = :until, last_error = :error WHERE key = :key
            """,
            {"key": key, "until": stamp(until), "error": error, "counts": int(counts)},
        )
    row = db.execute("SELECT attempts FROM candidates WHERE key = :key", {"key": key}).fetchone()
    return int(row[0]) if row else 0


def bring_candidates_forward(db: Database, *, now: dt.datetime, longest: dt.timedelta) -> int:
    """Make candidates due now that would be requested later than `longest` from now; return how many."""
    with db.atomic():
        return db.execute(
            "UPDATE candidates SET retry_at = :now WHERE retry_at > :longest",
            {"now": stamp(now), "longest": stamp(now + longest)},
        ).rowcount


def read_passed_over(db: Database, source: str) -> bytes | None:
    """Return the digests of what was passed over in a source; None before it was read whole for the first time."""
    row = db.execute("SELECT digests FROM passed_over WHERE source = :source", {"source": source}).fetchone()
    return row[0] if row else None


def add_passed_over(db: Database, source: str, digests: bytes) -> None:
    """Add to what was passed over in a source; beyond MAX_PASSED_OVER the oldest goes. The caller commits."""
    before = read_passed_over(db, source)
    if before is None or digests:
        kept = ((before or b"") + digests)[-MAX_PASSED_OVER * DIGEST_BYTES :]
        db.execute(
            """
            INSERT INTO passed_over (source, digests) VALUES (:source, :digests)
            ON CONFLICT (source) DO UPDATE SET digests = excluded.digests
            """,
            {"source": source, "digests": kept},
        )
