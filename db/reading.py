"""What the reading room asks of news.db: SQL with named parameters, each bounded in the rows that it reads.

Everything is ordered by `moment`: when an article was published, or first seen if its page gave no date.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, Literal

from db.query import Query
from db.search import fts_query, wants_something

Statement = tuple[str, dict[str, Any]]

MOST_SEARCHED = 20_000  # newest rows that a search or a concept looks at: enough for years of one desk
MOST_COUNTED = 2_000  # newest hits whose outlets, languages … are counted beside the list


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a reader asked to see. Empty means any."""

    words: str = ""
    query: Query | None = None  # what the words mean; None for words that are no query, which are read tolerantly
    marked: str = ""  # words to mark in what is found, if they are others
    outlet: str = ""
    country: str = ""
    kind: str = ""
    ownership: str = ""
    language: str = ""
    concept: str = ""
    verdict: str = ""
    since: str = ""  # 2026-11-22T05:00:00Z
    sort: Literal["time", "rank"] = "time"
    before: tuple[str, int] | None = None  # moment and id of the last row of the page before

    @property
    def with_copies(self) -> bool:
        """Whether copies are listed too: asked for, or of an outlet that ran them. Else they are under originals."""
        asked = self.query and (self.query.compiled.copies or self.query.compiled.outlets)
        return bool(self.outlet or asked)

    @property
    def everything(self) -> bool:
        """Whether nothing was chosen."""
        return self == Choice(sort=self.sort, before=self.before)


def first_page(choice: Choice) -> Choice:
    """The same choice from its first row."""
    return replace(choice, before=None)


def _from_where(choice: Choice) -> Statement:
    """FROM and WHERE of a choice. What is rarest drives: the search index, then the concept, then time or outlet."""
    # Without statistics SQLite would rather read all originals and sort them.
    tables = f"articles AS a INDEXED BY {'articles_outlet_moment' if choice.with_copies else 'articles_newest'}"
    conditions: list[str] = []
    parameters: dict[str, Any] = {}
    if choice.words:
        found, parameters = _found(choice)
        tables = f"""(
            SELECT id, place FROM ({found}) ORDER BY id DESC LIMIT {MOST_SEARCHED}
        ) AS found CROSS JOIN articles AS a ON a.id = found.id"""  # noqa: S608 -- literals
    elif choice.concept:
        tables = f"""(
            SELECT article FROM mentions WHERE concept = :concept ORDER BY rowid DESC LIMIT {MOST_SEARCHED}
        ) AS named CROSS JOIN articles AS a ON a.id = named.article"""  # noqa: S608 -- literals
        parameters["concept"] = choice.concept
    if choice.words and choice.concept:
        conditions.append("EXISTS (SELECT 1 FROM mentions AS m WHERE m.article = a.id AND m.concept = :concept)")
        parameters["concept"] = choice.concept
    if not choice.with_copies:
        conditions.append("a.original IS NULL")
    if choice.outlet:
        conditions.append("a.outlet = :outlet")
        parameters["outlet"] = choice.outlet
    for column in ("country", "kind", "ownership"):
        if value := getattr(choice, column):
            conditions.append(f"a.outlet IN (SELECT id FROM outlets WHERE {column} = :{column})")  # noqa: S608 -- literals
            parameters[column] = value
    for column in ("language", "verdict"):
        if value := getattr(choice, column):
            conditions.append(f"a.{column} = :{column}")
            parameters[column] = value
    if choice.since:
        conditions.append("coalesce(a.published, a.first_seen) >= :since")
        parameters["since"] = choice.since
    if choice.before:
        conditions.append("(coalesce(a.published, a.first_seen), a.id) < (:before_moment, :before_id)")
        parameters["before_moment"], parameters["before_id"] = choice.before
    return f"FROM {tables} WHERE {' AND '.join(conditions) or '1'}", parameters


def _found(choice: Choice) -> Statement:
    """(id, place) of what the words find."""
    if choice.query:
        return choice.query.compiled.sql, choice.query.compiled.parameters | {"after": 0, "upto": 2**63 - 1}
    place = "rank" if choice.sort == "rank" else "0"  # bm25 is dear: it is computed only when it is the order
    sql = f"SELECT rowid AS id, {place} AS place FROM articles_fts WHERE articles_fts MATCH :fts"  # noqa: S608 -- literals
    return sql, {"fts": fts_query(choice.words)}


def entries(choice: Choice, *, limit: int) -> Statement:
    """One page of the list. With words the whole text comes too, to cut a snippet from; else its beginning."""
    where, parameters = _from_where(choice)
    order = (
        "found.place"
        if choice.sort == "rank" and choice.words
        else "coalesce(a.published, a.first_seen) DESC, a.id DESC"
    )
    sql = f"""
        SELECT a.id, a.title, a.outlet, coalesce(a.published, a.first_seen) AS moment, a.published,
            a.published_precision, a.language, {"a.text" if choice.words else "substr(a.text, 1, 700)"} AS text,
            a.words, a.verdict, a.paywalled, a.sponsored, a.original, a.credited_to, a.first_seen
        {where}
        ORDER BY {order} LIMIT :limit
    """
    return sql, parameters | {"limit": limit}


def counts(choice: Choice) -> Statement:
    """Rows (facet, value, n) of the newest `MOST_COUNTED` hits; facet "all" is their number."""
    where, parameters = _from_where(choice)
    sql = f"""
        WITH hits AS MATERIALIZED (
            SELECT a.id, a.outlet, a.language, a.verdict {where}
            ORDER BY coalesce(a.published, a.first_seen) DESC, a.id DESC LIMIT {MOST_COUNTED}
        )
        SELECT 'all' AS facet, '' AS value, count(*) AS n FROM hits
        UNION ALL SELECT 'outlet', outlet, count(*) FROM hits GROUP BY outlet
        UNION ALL SELECT 'language', language, count(*) FROM hits GROUP BY language
        UNION ALL SELECT 'verdict', verdict, count(*) FROM hits GROUP BY verdict
        UNION ALL SELECT 'concept', m.concept, count(*) FROM hits CROSS JOIN mentions AS m ON m.article = hits.id
            GROUP BY m.concept
    """  # noqa: S608 -- literals
    return sql, parameters


def volume(choice: Choice, *, since: str) -> Statement:
    """Rows (day, n, state, private) since a moment; a choice with words or a concept looks at its newest rows alone."""
    later = max(since, choice.since)
    where, parameters = _from_where(replace(choice, since=later, sort="time", before=None))
    sql = f"""
        SELECT substr(coalesce(a.published, a.first_seen), 1, 10) AS day, count(*) AS n,
            sum(a.outlet IN (SELECT id FROM outlets WHERE ownership = 'state')) AS state,
            sum(a.outlet IN (SELECT id FROM outlets WHERE ownership = 'private')) AS private
        {where} GROUP BY 1
    """  # noqa: S608 -- literals
    return sql, parameters


# Of the articles on one page (:ids is a JSON list), so that each is a few look-ups.
CONCEPTS_OF = """
    SELECT m.article, m.concept, m.count, m.in_title FROM json_each(:ids) AS page
    CROSS JOIN mentions AS m ON m.article = page.value
    ORDER BY m.in_title DESC, m.count DESC, m.concept
"""
COPIES_OF = """
    SELECT a.original, a.id, a.title, a.outlet, a.language, a.copy_kind, coalesce(a.published, a.first_seen) AS moment,
        a.published_precision
    FROM json_each(:ids) AS page CROSS JOIN articles AS a ON a.original = page.value
    ORDER BY moment, a.id
"""
REVISIONS_OF = """
    SELECT r.article, count(*) AS n, max(r.seen_at) AS latest FROM json_each(:ids) AS page
    CROSS JOIN revisions AS r ON r.article = page.value GROUP BY r.article
"""
ORIGINALS_OF = """
    SELECT a.id, a.outlet, a.title FROM json_each(:ids) AS page CROSS JOIN articles AS a ON a.id = page.value
"""

OUTLETS = "SELECT id, name, home, country, languages, kind, ownership, ownership_source FROM outlets ORDER BY name"
CONCEPTS = "SELECT id, kind, side, name_en, name_es, name_zh FROM concepts"

ARTICLE = """
    SELECT a.*, coalesce(a.published, a.first_seen) AS moment FROM articles AS a WHERE a.id = :id
"""
# The original and everything that copies it.
FAMILY = """
    SELECT a.id, a.url, a.title, a.outlet, a.language, a.original, a.similarity, a.copy_kind, a.credited_to, a.words,
        coalesce(a.published, a.first_seen) AS moment, a.published_precision
    FROM articles AS a WHERE a.id = :root OR a.original = :root
    ORDER BY moment, a.id LIMIT 500
"""
REVISIONS = """
    SELECT id, seen_at, title, text, text_sha256 FROM revisions WHERE article = :id ORDER BY id LIMIT 100
"""

# Each outlet with its newest crawl and its newest article: two index look-ups an outlet.
HEALTH = """
    SELECT o.id, c.started, c.finished, c.errors, c.outcome,
        (SELECT max(coalesce(a.published, a.first_seen)) FROM articles AS a WHERE a.outlet = o.id) AS newest,
        (SELECT count(*) FROM articles AS a
            WHERE a.outlet = o.id AND coalesce(a.published, a.first_seen) >= :since) AS recent,
        (SELECT count(*) FROM articles AS a WHERE a.outlet = o.id AND a.original IS NOT NULL
            AND coalesce(a.published, a.first_seen) >= :since) AS copies
    FROM outlets AS o LEFT JOIN crawls AS c
        ON c.id = (SELECT id FROM crawls WHERE outlet = o.id ORDER BY started DESC LIMIT 1)
    ORDER BY o.name
"""
FAILING = """
    SELECT o.id FROM outlets AS o
    CROSS JOIN crawls AS c ON c.id = (SELECT id FROM crawls WHERE outlet = o.id ORDER BY started DESC LIMIT 1)
    WHERE c.outcome LIKE 'failed%'
"""
NEWEST_ID = "SELECT max(id) AS id, (SELECT max(id) FROM crawls) AS crawl FROM articles"
LATEST_CRAWL = "SELECT max(finished) AS finished FROM (SELECT finished FROM crawls ORDER BY id DESC LIMIT 200)"


def stamp_before(now: dt.datetime, **ago: float) -> str:
    """The moment that lies `ago` (timedelta's keywords) before an aware `now`, as the database writes moments."""
    return (now - dt.timedelta(**ago)).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


__all__ = [
    "ARTICLE",
    "CONCEPTS",
    "CONCEPTS_OF",
    "COPIES_OF",
    "FAILING",
    "FAMILY",
    "HEALTH",
    "LATEST_CRAWL",
    "NEWEST_ID",
    "ORIGINALS_OF",
    "OUTLETS",
    "REVISIONS",
    "REVISIONS_OF",
    "Choice",
    "counts",
    "entries",
    "first_page",
    "stamp_before",
    "volume",
    "wants_something",
]
