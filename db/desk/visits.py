"""The table `visits` of desk.db: when each article is fetched again, with its HTTP validators."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from db.model.times import read_stamp, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """An article that is to be fetched again, with the validators of its last response."""

    key: str
    url: str
    outlet: str
    etag: str | None
    last_modified: str | None
    visited: int
    first_seen: dt.datetime


def read_due_visits(db: Database, outlet: str, *, now: dt.datetime, limit: int) -> list[Visit]:
    """Return the articles of an outlet that are due, the longest overdue first."""
    rows = db.query(
        """
        SELECT key, url, outlet, etag, last_modified, visited, first_seen FROM visits
        WHERE outlet = :outlet AND next_visit <= :now ORDER BY next_visit LIMIT :limit
        """,
        {"outlet": outlet, "now": stamp(now), "limit": limit},
    )
    return [Visit(**{**row, "first_seen": read_stamp(row["first_seen"])}) for row in rows]


def find_outlets_with_due_visits(db: Database, *, now: dt.datetime) -> set[str]:
    """Return the ids of outlets that have a visit due."""
    rows = db.query("SELECT DISTINCT outlet FROM visits WHERE next_visit <= :now", {"now": stamp(now)})
    return {row["outlet"] for row in rows}


def plan_visit(
    db: Database,
    *,
    key: str,
    url: str,
    outlet: str,
    etag: str | None,
    last_modified: str | None,
    visited: int,
    first_seen: dt.datetime,
    next_visit: dt.datetime | None,
) -> None:
    """Store an article's validators and its next visit; with None it is not fetched again."""
    with db.atomic():
        db.execute(
            """
            INSERT INTO visits (key, url, outlet, etag, last_modified, visited, first_seen, next_visit)
            VALUES (:key, :url, :outlet, :etag, :last_modified, :visited, :first_seen, :next_visit)
            ON CONFLICT (key) DO UPDATE SET
                url = excluded.url, outlet = excluded.outlet, etag = excluded.etag,
                last_modified = excluded.last_modified, visited = excluded.visited,
                first_seen = excluded.first_seen, next_visit = excluded.next_visit
            """,
            {
                "key": key,
                "url": url,
                "outlet": outlet,
                "etag": etag,
                "last_modified": last_modified,
                "visited": visited,
                "first_seen": stamp(first_seen),
                "next_visit": next_visit and stamp(next_visit),
            },
        )


def claim_visits(db: Database, visits: Iterable[Visit], *, again: dt.datetime) -> None:
    """Postpone visits to `again` before they are made, so that one that fails or is cut off is repeated then."""
    with db.atomic():
        db.execute(
            "UPDATE visits SET next_visit = :again WHERE key IN (SELECT value FROM json_each(:keys))",
            {"keys": json.dumps([visit.key for visit in visits]), "again": stamp(again)},
        )


def remove_visits(db: Database, keys: Iterable[str]) -> None:
    """Delete the visits of these pages."""
    with db.atomic():
        db.execute(
            "DELETE FROM visits WHERE key IN (SELECT value FROM json_each(:keys))", {"keys": json.dumps(list(keys))}
        )


def bring_visits_forward(db: Database, *, now: dt.datetime, longest: dt.timedelta) -> int:
    """Make visits due now that are planned later than `longest` from now or belong to an article of the future.

    Such an article counts as seen now, so that its visits follow in their rhythm.
    """
    with db.atomic():
        return db.execute(
            """
            UPDATE visits SET next_visit = :now, first_seen = min(first_seen, :now)
            WHERE next_visit IS NOT NULL AND (first_seen > :now OR next_visit > :longest)
            """,
            {"now": stamp(now), "longest": stamp(now + longest)},
        ).rowcount
