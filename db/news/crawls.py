"""The log of crawls (news.db): one row for each crawl of one outlet."""

from __future__ import annotations

import datetime as dt
import json
from typing import Literal

from sqlite_utils import Database

from db.model.times import read_stamp, stamp

PRUNE_BATCH_ROWS = 2_000  # rows that one transaction deletes
CrawlKind = Literal["crawl", "visit", "backfill"]  # read new articles, requested stored ones again, read old ones


def begin_crawl(db: Database, outlet: str, *, at: dt.datetime, kind: CrawlKind = "crawl") -> int:
    """Add a crawl's row and return its id. A row without `finished` is a crawl that runs or was killed."""
    with db.atomic():
        cursor = db.execute(
            "INSERT INTO crawls (outlet, started, kind) VALUES (:outlet, :at, :kind)",
            {"outlet": outlet, "at": stamp(at), "kind": kind},
        )
    return int(cursor.lastrowid or 0)


def finish_crawl(
    db: Database,
    crawl: int,
    *,
    at: dt.datetime,
    requests: int,
    new: int,
    revised: int,
    copies: int,
    rejected: int,
    errors: int,
    outcome: str,
) -> None:
    """Complete a crawl's row with its counts and `outcome`, a word or sentence on how it ended."""
    with db.atomic():
        db.execute(
            """
            UPDATE crawls SET finished = :at, requests = :requests, new = :new, revised = :revised, copies = :copies,
                rejected = :rejected, errors = :errors, outcome = :outcome
            WHERE id = :id
            """,
            {
                "id": crawl,
                "at": stamp(at),
                "requests": requests,
                "new": new,
                "revised": revised,
                "copies": copies,
                "rejected": rejected,
                "errors": errors,
                "outcome": outcome,
            },
        )


def prune_crawls(db: Database, *, before: dt.datetime) -> None:
    """Delete the crawls before a time except each outlet's last, in batches so that other writers need not wait."""
    rows = db.execute(
        """
        SELECT id FROM crawls AS old WHERE started < :before AND EXISTS (
            SELECT 1 FROM crawls AS later WHERE later.outlet = old.outlet AND later.started > old.started
        )
        """,
        {"before": stamp(before)},
    ).fetchall()
    ids = [row[0] for row in rows]
    for start in range(0, len(ids), PRUNE_BATCH_ROWS):
        with db.atomic():
            db.execute(
                "DELETE FROM crawls WHERE id IN (SELECT value FROM json_each(:ids))",
                {"ids": json.dumps(ids[start : start + PRUNE_BATCH_ROWS])},
            )


def count_copies(db: Database, outlet: str, *, since: dt.datetime) -> int:
    """Count the copies of an outlet that are new since a time, stored before or after their original."""
    row = db.execute(
        "SELECT count(*) FROM articles WHERE outlet = :outlet AND first_seen >= :since AND original IS NOT NULL",
        {"outlet": outlet, "since": stamp(since)},
    ).fetchone()
    return int(row[0])


def find_first_start(db: Database) -> dt.datetime | None:
    """Return when the first crawl began, or None if there is none."""
    row = db.execute("SELECT min(started) FROM crawls").fetchone()
    return None if row[0] is None else read_stamp(row[0])
