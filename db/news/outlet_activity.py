"""Activity of outlets (news.db): when each was crawled, when new pages were found, its usual rate, its silence.

A row of `crawls` counts every page that was stored or rejected. So an outlet that publishes forty pages a day, and one
on our topic in a month, has a rate of forty a day. A crawl that was stopped, or that sent no request because the host
is in back-off ("waits until"), does not count as a crawl of the outlet.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict, cast

from sqlite_utils import Database

from db.model.times import read_stamp, stamp
from db.search.statement import RowsOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """The crawls of an outlet. Times are the beginnings of crawls, UTC; None if there was none."""

    outlet: str
    name: str
    first: dt.datetime | None  # first crawl that is still on the log
    last: dt.datetime | None  # last crawl that ended, failed or not
    last_answered: dt.datetime | None
    answered: bool  # whether a source answered in the last crawl
    silent_since: dt.datetime | None = None  # this and the next as `save_activity` stored them
    usual_per_day: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesInHour:
    """How many new pages crawls found in an hour, which is given by its beginning (UTC)."""

    hour: dt.datetime
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """An outlet's usual number of pages a day, and since when (UTC) it has published none.

    `usual_per_day` is None if too little is known, `silent_since` is None if the outlet is not silent.
    """

    outlet: str
    usual_per_day: float | None = None
    silent_since: dt.datetime | None = None


class VisitRow(TypedDict):
    """A row of SELECT_VISITS. Times are stored as text."""

    outlet: str
    name: str
    silent_since: str | None
    usual_per_day: float | None
    first: str | None
    last: str | None
    last_answered: str | None


# The crawls of outlets (:outlets, a JSON list of ids), in their order; the last ones only if they began after :since.
SELECT_VISITS = RowsOf[VisitRow]("""
    SELECT outlets.id AS outlet, outlets.name, outlets.silent_since, outlets.usual_per_day,
        (SELECT min(started) FROM crawls WHERE outlet = outlets.id) AS first,
        (SELECT started FROM crawls WHERE outlet = outlets.id AND started > :since AND kind = 'crawl'
            AND finished IS NOT NULL AND outcome NOT LIKE 'stopped%'
            AND outcome NOT LIKE '%waits until%' ORDER BY started DESC LIMIT 1) AS last,
        (SELECT started FROM crawls WHERE outlet = outlets.id AND started > :since AND kind = 'crawl'
            AND finished IS NOT NULL AND outcome NOT LIKE 'stopped%' AND outcome NOT LIKE 'failed%'
            ORDER BY started DESC LIMIT 1) AS last_answered
    FROM json_each(:outlets) AS asked JOIN outlets ON outlets.id = asked.value ORDER BY asked.key
""")


class CrawlCount(TypedDict):
    """How many crawls an outlet had in a period, and how many of them failed."""

    outlet: str
    silent_since: str | None
    usual_per_day: float | None
    crawls: int
    failed: int


# The crawls that began from :since on and before :until, as far as the log has them.
CRAWLS_OF_PERIOD = RowsOf[CrawlCount]("""
    SELECT outlets.id AS outlet, outlets.silent_since, outlets.usual_per_day, count(*) AS crawls,
        sum(crawls.outcome LIKE 'failed%') AS failed
    FROM outlets CROSS JOIN crawls INDEXED BY crawls_outlet ON crawls.outlet = outlets.id
    WHERE crawls.started >= :since AND crawls.started < :until AND crawls.kind = 'crawl'
        AND crawls.finished IS NOT NULL AND crawls.outcome NOT LIKE 'stopped%'
        AND crawls.outcome NOT LIKE '%waits until%'
    GROUP BY outlets.id ORDER BY outlets.name, outlets.id
""")


def list_visits(db: Database, outlets: Iterable[str]) -> list[Visits]:
    """Return the crawls of these outlets, in their order, without outlets that news.db does not have."""
    rows = db.query(SELECT_VISITS, {"outlets": json.dumps(list(outlets)), "since": ""})
    return [read_visits(cast("VisitRow", row)) for row in rows]


def read_visits(row: VisitRow) -> Visits:
    """Return the crawls of an outlet from a row of SELECT_VISITS."""
    return Visits(
        outlet=row["outlet"],
        name=row["name"],
        first=_moment(row["first"]),
        last=_moment(row["last"]),
        last_answered=_moment(row["last_answered"]),
        answered=row["last"] is not None and row["last"] == row["last_answered"],
        silent_since=_moment(row["silent_since"]),
        usual_per_day=row["usual_per_day"],
    )


def save_activity(db: Database, activities: Iterable[Activity]) -> None:
    """Store the activity of these outlets where it changed, in one transaction."""
    with db.atomic():
        for activity in activities:
            db.execute(
                """
                UPDATE outlets SET silent_since = :since, usual_per_day = :usual
                WHERE id = :outlet AND (silent_since IS NOT :since OR usual_per_day IS NOT :usual)
                """,
                {
                    "outlet": activity.outlet,
                    "since": activity.silent_since and stamp(activity.silent_since),
                    "usual": activity.usual_per_day,
                },
            )


def clear_activity(db: Database, *, excluding: Iterable[str]) -> None:
    """Clear the activity of all other outlets than these (ids), because they are no longer crawled."""
    with db.atomic():
        db.execute(
            """
            UPDATE outlets SET silent_since = NULL, usual_per_day = NULL
            WHERE coalesce(silent_since, usual_per_day) IS NOT NULL
                AND id NOT IN (SELECT value FROM json_each(:excluding))
            """,
            {"excluding": json.dumps(list(excluding))},
        )


def find_failing_alone(db: Database, outlets: Iterable[str], *, within: dt.timedelta) -> set[str]:
    """Find those of these outlets that failed while another outlet answered, within a time before their last crawl.

    An outlet is also included if no other was crawled in that time: then nothing shows that the network was down.
    """
    rows = db.query(
        """
        WITH latest AS (
            SELECT asked.value AS outlet, (SELECT id FROM crawls WHERE outlet = asked.value AND kind = 'crawl'
                AND finished IS NOT NULL AND outcome NOT LIKE 'stopped%'
                AND outcome NOT LIKE '%waits until%' ORDER BY started DESC LIMIT 1) AS id
            FROM json_each(:outlets) AS asked
        )
        SELECT latest.outlet, count(other.id) AS asked, coalesce(sum(other.outcome NOT LIKE 'failed%'), 0) AS answered
        FROM latest JOIN crawls ON crawls.id = latest.id
        LEFT JOIN crawls AS other ON other.id BETWEEN latest.id - :many AND latest.id - 1
            AND other.outlet != latest.outlet AND other.kind = 'crawl' AND other.outcome NOT LIKE 'stopped%'
            AND other.outcome NOT LIKE '%waits until%'
            AND other.finished >= strftime('%Y-%m-%dT%H:%M:%SZ', crawls.started, :back)
        GROUP BY latest.outlet
        """,
        {"outlets": json.dumps(list(outlets)), "many": 200, "back": f"-{within.total_seconds():.0f} seconds"},
    )
    return {row["outlet"] for row in rows if row["answered"] or not row["asked"]}


def find_last_crawl_end(db: Database) -> dt.datetime | None:
    """Return when the last crawl of any kind ended, or None."""
    row = db.execute("SELECT finished FROM crawls WHERE finished IS NOT NULL ORDER BY id DESC LIMIT 1").fetchone()
    return None if row is None else read_stamp(row[0])


def count_refused_pages(db: Database, *, since: dt.datetime) -> dict[str, tuple[int, int]]:
    """Return (refused pages, all stored pages) since a time, for each outlet with refused pages."""
    rows = db.query(
        """
        SELECT outlet, sum(reason = 'forbidden') AS refused, count(*) + (
            SELECT coalesce(sum(new), 0) FROM crawls
            WHERE crawls.outlet = rejections.outlet AND started >= :since AND kind = 'crawl' AND new > 0
        ) AS settled
        FROM rejections WHERE seen_at >= :since GROUP BY outlet HAVING refused > 0
        """,
        {"since": stamp(since)},
    )
    return {row["outlet"]: (row["refused"], row["settled"]) for row in rows}


class SourceRow(TypedDict):
    """The last response of a source, and the dates of the items that it listed. Times are stored as text."""

    url: str
    outlet: str
    outcome: str | None  # "ok", "empty" or the code of a fetch error; None before the first request
    detail: str | None  # the fetch error as a sentence
    warning: str | None
    failures: int  # in a row
    failing_since: str | None  # None if it does not fail
    newest: str | None  # the date of its newest item
    dated: int | None  # items with a date
    span: float | None  # seconds between the first and the last of their dates


def read_source_rows(desk: Database, urls: Iterable[str]) -> dict[str, SourceRow]:
    """Return the last response of each of these sources (desk.db), by its address."""
    rows = desk.query(
        """
        SELECT url, outlet, outcome, detail, warning, failures, failing_since, newest, dated, span FROM sources
        WHERE url IN (SELECT value FROM json_each(:urls))
        """,
        {"urls": json.dumps(list(urls))},
    )
    return {row["url"]: cast("SourceRow", row) for row in rows}


def count_pages_by_hour(db: Database, outlets: Iterable[str], *, window: dt.timedelta) -> dict[str, list[PagesInHour]]:
    """Return each outlet's hours with new pages, oldest first, in the `window` that ends with the last of them."""
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
    found: dict[str, list[PagesInHour]] = {}
    for row in rows:
        found.setdefault(row["outlet"], []).append(
            PagesInHour(hour=read_stamp(f"{row['hour']}:00:00Z"), pages=row["pages"])
        )
    return found


def find_last_listed(desk: Database, outlets: Iterable[str]) -> dict[str, dt.datetime]:
    """Return when sources of each outlet last listed a page that is not stored yet (desk.db)."""
    rows = desk.query(
        """
        SELECT outlet, max(found_at) AS last FROM candidates
        WHERE outlet IN (SELECT value FROM json_each(:outlets)) AND NOT backfilled GROUP BY outlet
        """,
        {"outlets": json.dumps(list(outlets))},
    )
    return {row["outlet"]: read_stamp(row["last"]) for row in rows}


def _moment(text: str | None) -> dt.datetime | None:
    return None if text is None else read_stamp(text)
