"""SQL of a subscription's preview: the articles that it would have sent in the last weeks.

The rules are those of alerts: articles of a backfill are left out, and a story is sent once, and not if one of its
articles was stored before.
"""

from __future__ import annotations

from typing import TypedDict

from db.search.query import Query
from db.search.statement import Parameters, RowsOf, RowStatement

MAX_PREVIEWED_HITS = 6_000  # newest articles that are read: over eight weeks, more than a hundred a day


class StoredBefore(TypedDict):
    """A row of ID_BEFORE."""

    id: int
    began: str | None


class PreviewedArticle(TypedDict):
    """A row of PREVIEWED_ARTICLES."""

    id: int
    title: str
    outlet: str
    language: str | None
    first_seen: str
    published: str | None
    published_precision: str | None
    moment: str


class WouldAlert(TypedDict):
    """An article that a subscription would have sent; `hits`: how many articles the query finds, in each row."""

    id: int
    first_seen: str
    moment: str
    hits: int


# The id before the first article stored since a moment, and when the desk stored its first article. Without INDEXED BY,
# SQLite scans the table for min(id).
ID_BEFORE = RowsOf[StoredBefore]("""
    SELECT coalesce(min(id) - 1, (SELECT max(id) FROM articles), 0) AS id,
        (SELECT min(first_seen) FROM articles INDEXED BY articles_found_first WHERE backfilled = 0) AS began
    FROM articles INDEXED BY articles_first_seen WHERE first_seen >= :since
""")
PREVIEWED_ARTICLES = RowsOf[PreviewedArticle]("""
    SELECT a.id, a.title, a.outlet, a.language, a.first_seen, a.published, a.published_precision,
        coalesce(a.published, a.first_seen) AS moment
    FROM json_each(:ids) AS chosen CROSS JOIN articles AS a ON a.id = chosen.value
    ORDER BY a.first_seen DESC, a.id DESC
""")
# Articles by their keys, which a restored news.db gives other ids, in the order of the keys.
SENT_ARTICLES = RowsOf[PreviewedArticle]("""
    SELECT a.id, a.title, a.outlet, a.language, a.first_seen, a.published, a.published_precision,
        coalesce(a.published, a.first_seen) AS moment
    FROM json_each(:keys) AS chosen CROSS JOIN articles AS a ON a.key = chosen.value
    ORDER BY chosen.key
""")


def select_would_alert(
    query: Query, *, after: int, since: str, borderline: bool, copies: bool
) -> RowStatement[WouldAlert]:
    """Select what a subscription would have sent since a moment and the article `after`."""
    one_each = (
        """
        WHERE head > :after AND NOT EXISTS (
            SELECT 1 FROM articles AS other WHERE other.original = hits.head AND other.id <= :after
        ) GROUP BY head"""
        if not copies
        else ""
    )
    columns = ("id", "first_seen", "moment")
    first = ", ".join(columns if copies else (f"min({name}) AS {name}" for name in columns))
    sql = f"""
        WITH found AS MATERIALIZED (
            SELECT id FROM ({query.compiled.sql}) ORDER BY id DESC LIMIT {MAX_PREVIEWED_HITS}
        ), hits AS MATERIALIZED (
            SELECT a.id, coalesce(a.original, a.id) AS head, a.first_seen,
                coalesce(a.published, a.first_seen) AS moment
            FROM found CROSS JOIN articles AS a ON a.id = found.id
            WHERE NOT a.backfilled AND (:borderline OR a.verdict <> 'borderline') AND a.first_seen >= :since
        )
        SELECT {first}, (SELECT count(*) FROM found) AS hits FROM hits {one_each} ORDER BY 2 DESC, 1 DESC
    """  # noqa: S608 -- written by db.search.query.sql and above, values are parameters
    parameters: Parameters = query.compiled.parameters | {"after": after, "upto": 2**63 - 1}
    return RowsOf[WouldAlert](sql), parameters | {"since": since, "borderline": borderline}


__all__ = [
    "ID_BEFORE",
    "MAX_PREVIEWED_HITS",
    "PREVIEWED_ARTICLES",
    "SENT_ARTICLES",
    "PreviewedArticle",
    "select_would_alert",
]
