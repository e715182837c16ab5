"""Read the state of each outlet from both databases, for `vigia status` and the operator's notices."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import TypedDict, cast

from sqlite_utils import Database

from db.model.times import stamp

USUAL_RATE_WINDOW = dt.timedelta(days=28)  # window of the daily rate


class OutletSources(TypedDict):
    """The state of an outlet's sources together."""

    outlet: str
    last_success: str | None
    failures: int  # failures in a row of the source that has the fewest
    failing_since: str | None
    last_reason: str | None  # last reason of the source that has the most failures
    sources: int
    sources_failing: int
    lists_nothing: str | None  # address and warning of a source that lists nothing


class OutletArticles(TypedDict):
    """An outlet's articles: how many, when the last came, and how many a day."""

    outlet: str
    articles: int
    last_new: str
    per_day: float | None  # None in the first day of an outlet


def read_sources_by_outlet(desk: Database, urls: Iterable[str]) -> dict[str, OutletSources]:
    """Read the state of these sources, by outlet.

    `urls` should be the sources of the configuration: child sitemaps of past days and removed sources would hide
    that an outlet fails.
    """
    rows = desk.query(
        """
        WITH asked AS (SELECT * FROM sources WHERE url IN (SELECT value FROM json_each(:urls)))
        SELECT outlet, max(fetched_at) AS last_success, min(failures) AS failures, max(failing_since) AS failing_since,
            (SELECT detail FROM asked AS s WHERE s.outlet = asked.outlet AND failures > 0
             ORDER BY failures DESC LIMIT 1) AS last_reason,
            count(*) AS sources, sum(failures > 0) AS sources_failing,
            (SELECT url || ': ' || warning FROM asked AS s WHERE s.outlet = asked.outlet AND outcome = 'empty'
             ORDER BY url LIMIT 1) AS lists_nothing
        FROM asked GROUP BY outlet
        """,
        {"urls": json.dumps(list(urls))},
    )
    return {row["outlet"]: cast("OutletSources", row) for row in rows}


def read_due_by_outlet(desk: Database) -> dict[str, str]:
    """Return when each outlet's next crawl is due."""
    rows = desk.query("SELECT substr(task, 7) AS outlet, next_due FROM schedule WHERE task LIKE 'crawl:%'")
    return {row["outlet"]: row["next_due"] for row in rows}


def count_waiting_by_outlet(desk: Database) -> dict[str, int]:
    """Count the candidates of each outlet that are not stored yet."""
    return {
        row["outlet"]: row["n"] for row in desk.query("SELECT outlet, count(*) AS n FROM candidates GROUP BY outlet")
    }


def count_articles_by_outlet(news: Database, *, now: dt.datetime) -> dict[str, OutletArticles]:
    """Count the articles of each outlet, with its daily rate of the last four weeks.

    The first crawl of an outlet finds articles of the weeks before. So the rate of an outlet that is younger than the
    window counts what was published since its first crawl; in its first day there is no rate.
    """
    rows = news.query(
        """
        WITH began AS MATERIALIZED (
            SELECT id, max(:since, coalesce(
                (SELECT started FROM crawls WHERE crawls.outlet = outlets.id ORDER BY started LIMIT 1), ''
            )) AS begin
            FROM outlets
        )
        SELECT outlet, count(*) AS articles, max(first_seen) AS last_new,
            sum(NOT backfilled AND first_seen > begin AND (begin = :since OR coalesce(published, first_seen) >= begin))
                / (julianday(:now) - julianday(nullif(begin, max(begin, :yesterday)))) AS per_day
        FROM articles LEFT JOIN began ON began.id = articles.outlet GROUP BY outlet
        """,
        {"since": stamp(now - USUAL_RATE_WINDOW), "now": stamp(now), "yesterday": stamp(now - dt.timedelta(days=1))},
    )
    return {row["outlet"]: cast("OutletArticles", row) for row in rows}
