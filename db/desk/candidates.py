"""What was found in a source and is not settled yet: the candidates of desk.db."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from db.model.times import read_stamp, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCandidate:
    """A candidate that is not settled yet."""

    key: str
    url: str
    outlet: str
    title: str | None
    published: dt.datetime | None
    language: str | None
    summary: str | None
    attempts: int = 0
    backfilled: bool = False  # found by a backfill: not news


def read_due_candidates(db: Database, outlet: str, *, now: dt.datetime, limit: int) -> list[StoredCandidate]:
    """Candidates of an outlet that may be requested now, newest first."""
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
    """Every candidate's key: what a restart holds against news.db."""
    return [row["key"] for row in db.query("SELECT key FROM candidates")]


def find_candidate(db: Database, key: str) -> dict[str, object] | None:
    """One candidate as it stands, for `vigia why`."""
    return next(iter(db.query("SELECT * FROM candidates WHERE key = :key", {"key": key})), None)


def add_candidate(db: Database, candidate: StoredCandidate, *, at: dt.datetime) -> None:
    """Have a page asked for at its outlet's next crawl, because a person named it."""
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
    """Candidates that are settled leave the list."""
    with db.atomic():
        db.execute(
            "DELETE FROM candidates WHERE key IN (SELECT value FROM json_each(:keys))", {"keys": json.dumps(list(keys))}
        )


def postpone_candidate(db: Database, key: str, *, until: dt.datetime, error: str, counts: bool = True) -> int:
    """A fetch failed for now; returns the attempts so far. `counts`: False where not the page but its host failed."""
    with db.atomic():
        db.execute(
            """
            UPDATE candidates SET attempts = attempts + :counts, retry_at = :until, last_error = :error WHERE key = :key
            """,
            {"key": key, "until": stamp(until), "error": error, "counts": int(counts)},
        )
    row = db.execute("SELECT attempts FROM candidates WHERE key = :key", {"key": key}).fetchone()
    return int(row[0]) if row else 0
