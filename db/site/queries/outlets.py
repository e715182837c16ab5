"""SQL of outlets: articles by week, crawls, and copies between outlets.

Articles are counted in an index by outlet and moment, so that only those of the asked weeks are read.
"""

from __future__ import annotations

from typing import TypedDict

from db.search.statement import RowsOf

MAX_COMPARED_COPIES = 3_000  # newest articles of an outlet whose copies or originals are read
MAX_EXAMINED_CRAWLS = 400  # newest crawls of an outlet that are searched for its last good one


class WeekCount(TypedDict):
    """An outlet's articles of a week, and how many of them are copies. `week` is its place in :weeks."""

    outlet: str
    week: int
    n: int
    copies: int


class OutletCondition(TypedDict):
    """A row of CONDITION."""

    id: str
    silent_since: str | None
    usual_per_day: float | None
    finished: str | None
    outcome: str | None
    newest: str | None
    newest_precision: str | None
    succeeded: str | None
    gave: int  # 0 or 1


class CrawlRow(TypedDict):
    """A crawl of an outlet, see `crawls`."""

    id: int
    started: str
    finished: str | None
    requests: int
    new: int
    revised: int
    copies: int
    rejected: int
    errors: int
    outcome: str | None
    kind: str


class CopyPair(TypedDict):
    """The other outlet of a copy, and when the original and the copy were published."""

    outlet: str
    earlier: str | None
    earlier_precision: str | None
    later: str | None
    later_precision: str | None


# Rows of WeekCount; :weeks is a JSON list of [from, to) as the database writes moments.
WEEKLY = RowsOf[WeekCount]("""
    SELECT o.id AS outlet, week.key AS week, count(*) AS n, count(a.original) AS copies
    FROM outlets AS o CROSS JOIN json_each(:weeks) AS week
    CROSS JOIN articles AS a INDEXED BY articles_outlet_moment
        ON a.outlet = o.id AND coalesce(a.published, a.first_seen) >= json_extract(week.value, '$[0]')
        AND coalesce(a.published, a.first_seen) < json_extract(week.value, '$[1]')
    WHERE :outlet IS NULL OR o.id = :outlet
    GROUP BY o.id, week.key
""")

# Each outlet with its newest article, its newest crawl, its last good one, whether any crawl found a page of any kind,
# and its activity (db.news.outlet_activity). Each part is an index look-up or a short range.
CONDITION = RowsOf[OutletCondition](f"""
    SELECT o.id, o.silent_since, o.usual_per_day, c.finished, c.outcome,
        (SELECT max(coalesce(a.published, a.first_seen)) FROM articles AS a INDEXED BY articles_outlet_moment
            WHERE a.outlet = o.id) AS newest,
        (SELECT iif(a.published IS NULL, 'time', a.published_precision)
            FROM articles AS a INDEXED BY articles_outlet_moment WHERE a.outlet = o.id
            ORDER BY coalesce(a.published, a.first_seen) DESC LIMIT 1) AS newest_precision,
        (SELECT finished FROM (
            SELECT finished, outcome FROM crawls WHERE outlet = o.id ORDER BY started DESC LIMIT {MAX_EXAMINED_CRAWLS}
        ) WHERE finished IS NOT NULL AND outcome NOT LIKE 'failed%' LIMIT 1) AS succeeded,
        EXISTS (SELECT 1 FROM crawls INDEXED BY crawls_found
            WHERE outlet = o.id AND kind = 'crawl' AND (new > 0 OR rejected > 0)) AS gave
    FROM outlets AS o LEFT JOIN crawls AS c
        ON c.id = (SELECT id FROM crawls WHERE outlet = o.id ORDER BY started DESC LIMIT 1)
    WHERE :outlet IS NULL OR o.id = :outlet
""")  # noqa: S608 -- a number of ours

CRAWLS = RowsOf[CrawlRow]("""
    SELECT id, started, finished, requests, new, revised, copies, rejected, errors, outcome, kind
    FROM crawls WHERE outlet = :outlet ORDER BY started DESC LIMIT 20
""")

# Copies that the outlet ran, with the outlet and the moment of each original.
COPIES_FROM = RowsOf[CopyPair](f"""
    SELECT o.outlet, o.published AS earlier, o.published_precision AS earlier_precision,
        c.published AS later, c.published_precision AS later_precision
    FROM (
        SELECT id, original FROM articles INDEXED BY articles_outlet_moment
        WHERE outlet = :outlet AND coalesce(published, first_seen) >= :since AND original IS NOT NULL
        ORDER BY coalesce(published, first_seen) DESC LIMIT {MAX_COMPARED_COPIES}
    ) AS mine CROSS JOIN articles AS c ON c.id = mine.id CROSS JOIN articles AS o ON o.id = mine.original
""")  # noqa: S608 -- a number of ours

# Copies that others ran of the outlet's articles.
COPIES_BY = RowsOf[CopyPair](f"""
    SELECT c.outlet, o.published AS earlier, o.published_precision AS earlier_precision,
        c.published AS later, c.published_precision AS later_precision
    FROM (
        SELECT id FROM articles INDEXED BY articles_outlet_moment
        WHERE outlet = :outlet AND coalesce(published, first_seen) >= :since AND original IS NULL
        ORDER BY coalesce(published, first_seen) DESC LIMIT {MAX_COMPARED_COPIES}
    ) AS mine CROSS JOIN articles AS c INDEXED BY articles_original ON c.original = mine.id
    CROSS JOIN articles AS o ON o.id = mine.id
""")  # noqa: S608 -- a number of ours

__all__ = [
    "CONDITION",
    "COPIES_BY",
    "COPIES_FROM",
    "CRAWLS",
    "WEEKLY",
    "CopyPair",
    "CrawlRow",
    "OutletCondition",
]
