"""When each outlet was looked at, and when something new was found there: what its usual rate is counted from.

A row of `crawls` counts every page that was settled, relevant or not, so that an outlet which publishes forty pages a
day and one on our topic in a month has a rate of forty a day.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from db.times import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How an outlet was asked. Times are the beginnings of crawls, UTC; None where there was none."""

    outlet: str
    name: str
    first: dt.datetime | None  # of all that are still on the log
    last: dt.datetime | None  # that ended, well or not
    last_answered: dt.datetime | None
    answered: bool  # whether a source answered at the last one


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An hour (its beginning, UTC) in which crawls found new pages, and how many."""

    hour: dt.datetime
    pages: int


def looks(db: Database, outlets: Iterable[str]) -> list[Looks]:
    """How these outlets were asked, in their order; those that news.db does not know are left out."""
    rows = db.query(
        """
        SELECT outlets.id AS outlet, outlets.name,
            (SELECT min(started) FROM crawls WHERE outlet = outlets.id) AS first,
            (SELECT started FROM crawls WHERE outlet = outlets.id AND kind = 'crawl'
                AND finished IS NOT NULL AND outcome NOT LIKE 'stopped%' ORDER BY started DESC LIMIT 1) AS last,
            (SELECT started FROM crawls WHERE outlet = outlets.id AND kind = 'crawl' AND finished IS NOT NULL
                AND outcome NOT LIKE 'stopped%' AND outcome NOT LIKE 'failed%'
                ORDER BY started DESC LIMIT 1) AS last_answered
        FROM json_each(:outlets) AS asked JOIN outlets ON outlets.id = asked.value ORDER BY asked.key
        """,
        {"outlets": json.dumps(list(outlets))},
    )
    return [
        Looks(
            outlet=row["outlet"],
            name=row["name"],
            first=_moment(row["first"]),
            last=_moment(row["last"]),
            last_answered=_moment(row["last_answered"]),
            answered=row["last"] is not None and row["last"] == row["last_answered"],
        )
        for row in rows
    ]


def found_by_hour(db: Database, outlets: Iterable[str], *, window: dt.timedelta) -> dict[str, list[Found]]:
    """The hours in which each outlet had something new, oldest first, over the `window` that ends with the last one."""
    rows = db.query(
        """
        SELECT crawls.outlet, substr(started, 1, 13) AS hour, sum(new + rejected) AS pages
        FROM json_each(:outlets) AS asked
        JOIN crawls ON crawls.outlet = asked.value AND kind = 'crawl' AND (new > 0 OR rejected > 0)
        WHERE started >= strftime('%Y-%m-%dT%H:%M:%SZ', (
            SELECT max(started) FROM crawls AS last
            WHERE last.outlet = asked.value AND kind = 'crawl' AND (new > 0 OR rejected > 0)
        ), :back)
        GROUP BY crawls.outlet, hour ORDER BY crawls.outlet, hour
        """,
        {"outlets": json.dumps(list(outlets)), "back": f"-{window.total_seconds():.0f} seconds"},
    )
    found: dict[str, list[Found]] = {}
    for row in rows:
        found.setdefault(row["outlet"], []).append(Found(hour=moment(f"{row['hour']}:00:00Z"), pages=row["pages"]))
    return found


def listed_last(desk: Database, outlets: Iterable[str]) -> dict[str, dt.datetime]:
    """When sources of each outlet last listed a page that still waits to be settled (desk.db)."""
    rows = desk.query(
        """
        SELECT outlet, max(found_at) AS last FROM candidates
        WHERE outlet IN (SELECT value FROM json_each(:outlets)) AND NOT backfilled GROUP BY outlet
        """,
        {"outlets": json.dumps(list(outlets))},
    )
    return {row["outlet"]: moment(row["last"]) for row in rows}


def _moment(text: str | None) -> dt.datetime | None:
    return None if text is None else moment(text)
