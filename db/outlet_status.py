"""How each outlet is doing: what `vigia status` and the operator's notices are made of."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from sqlite_utils import Database

from db.model.times import stamp

USUAL_RATE_WINDOW = dt.timedelta(days=28)  # over which the usual rate is counted


def read_sources_by_outlet(desk: Database, urls: Iterable[str]) -> dict[str, dict[str, Any]]:
    """For each outlet, of these sources: last answer, failures in a row since when and why, and what is empty.

    `urls` are the sources that are asked today: child sitemaps of past days and sources that were taken off would make
    a dead outlet look well.
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
    return {row["outlet"]: row for row in rows}


def read_due_by_outlet(desk: Database) -> dict[str, str]:
    """When each outlet's crawl is due next."""
    rows = desk.query("SELECT substr(task, 7) AS outlet, next_due FROM schedule WHERE task LIKE 'crawl:%'")
    return {row["outlet"]: row["next_due"] for row in rows}


def count_waiting_by_outlet(desk: Database) -> dict[str, int]:
    """How many candidates of each outlet are not settled yet."""
    return {
        row["outlet"]: row["n"] for row in desk.query("SELECT outlet, count(*) AS n FROM candidates GROUP BY outlet")
    }


def count_articles_by_outlet(news: Database, *, now: dt.datetime) -> dict[str, dict[str, Any]]:
    """For each outlet: articles, the last new one, and articles a day over the last four weeks (or since the first)."""
    rows = news.query(
        """
        SELECT outlet, count(*) AS articles, max(first_seen) AS last_new,
            sum(first_seen > :since) / max(1.0, min(:days, julianday(:now) - julianday(min(first_seen)))) AS per_day
        FROM articles GROUP BY outlet
        """,
        {"since": stamp(now - USUAL_RATE_WINDOW), "now": stamp(now), "days": USUAL_RATE_WINDOW.days},
    )
    return {row["outlet"]: row for row in rows}
