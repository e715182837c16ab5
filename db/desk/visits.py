"""When each article is looked at again, and the validators for asking (desk.db)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from db.model.times import read_stamp, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """An article that is due to be looked at again, with the validators for asking."""

    key: str
    url: str
    outlet: str
    etag: str | None
    last_modified: str | None
    visited: int
    first_seen: dt.datetime


def read_due_visits(db: Database, outlet: str, *, now: dt.datetime, limit: int) -> list[Visit]:
    """Articles of an outlet that are due to be looked at again, the longest overdue first."""
    rows = db.query(
        """
        SELECT key, url, outlet, etag, last_modified, visited, first_seen FROM visits
        WHERE outlet = :outlet AND next_visit <= :now ORDER BY next_visit LIMIT :limit
        """,
        {"outlet": outlet, "now": stamp(now), "limit": limit},
    )
    return [Visit(**{**row, "first_seen": read_stamp(row["first_seen"])}) for row in rows]


def find_outlets_with_due_visits(db: Database, *, now: dt.datetime) -> set[str]:
    """The outlets that have an article to look at again."""
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
    """Remember an article's validators and when to look again; None: never again."""
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
    """Before visits are made: should one come to nothing (a host that waits, an error, a kill), it is due `again`."""
    with db.atomic():
        db.execute(
            "UPDATE visits SET next_visit = :again WHERE key IN (SELECT value FROM json_each(:keys))",
            {"keys": json.dumps([visit.key for visit in visits]), "again": stamp(again)},
        )


def remove_visits(db: Database, keys: Iterable[str]) -> None:
    """What is no article any more is not looked at again."""
    with db.atomic():
        db.execute(
            "DELETE FROM visits WHERE key IN (SELECT value FROM json_each(:keys))", {"keys": json.dumps(list(keys))}
        )
