"""One page of the list of articles that a search finds, ordered by time or by rank.

Each statement reads a bounded number of rows. The order of time is that of `moment`: when an article was published, or
first seen if its page gave no date.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypedDict, cast

from db.search.filters import MOMENT, column_condition, concept_condition
from db.search.plan import ALL_IDS, Ask, Plan, Window, ask_in_halves, index_sql, text_condition, text_sql
from db.search.statement import Row, Statement

MAX_ORDERED_HITS = 20_000  # hits of an index that are sorted by time
MAX_RANKED_HITS = 3_000  # newest hits that are ranked; five times as many where a filter takes most of them away
MAX_NEAR_ROWS = 100  # rows up to which the near window is tried first
# Articles of a walk that are tested against the words, by window. For "all", the words are looked up instead.
WALKED_ARTICLES = {"near": 600, "far": 8_000}
NEWEST_FIRST = f"{MOMENT} DESC, it.id DESC"
JOINED = "CROSS JOIN articles AS it INDEXED BY articles_facets ON it.id = found.id"


class ResultRow(TypedDict):
    """An article as the list shows it. `text` is the whole text, or its first 700 characters."""

    id: int
    title: str
    url: str
    outlet: str
    moment: str
    published: str | None
    published_precision: str | None
    claimed: str | None
    claimed_precision: str | None
    language: str | None
    text: str
    words: int | None
    verdict: str
    paywalled: int
    sponsored: int
    original: int | None
    credited_to: str | None
    format: str | None
    first_seen: str


class ResultPlace(TypedDict):
    """An article's place in the list."""

    id: int
    moment: str


async def list_results(ask: Ask, plan: Plan, *, limit: int, whole: bool = True) -> list[ResultRow]:
    """Return up to `limit` rows of the list. Raises TooSlowError."""
    return cast("list[ResultRow]", await _list(ask, plan, partial(select_page, whole=whole), limit=limit))


async def list_places(ask: Ask, plan: Plan, *, limit: int) -> list[ResultPlace]:
    """Return the places of the articles that `list_results` returns. Raises TooSlowError."""
    return cast("list[ResultPlace]", await _list(ask, plan, select_places, limit=limit))


async def _list(ask: Ask, plan: Plan, select: Callable[..., Statement], *, limit: int) -> list[Row]:
    """Return up to `limit` rows of a statement; the window grows until the page is full. Raises TooSlowError."""
    rows: list[Row] | None = None
    for window in _windows(plan, limit=limit):
        if window == "far" and rows is not None and len(rows) * 10 < limit:
            continue  # ten times as many articles rarely have more than ten times the hits
        widened = replace(plan, window=window)
        statement = select(widened, limit=limit)
        if window == "all":
            newer, older = await ask_in_halves(ask, statement)
            ordered = sorted([*newer, *older], key=lambda row: (row["moment"], row["id"]), reverse=True)
            return ordered[:limit]
        rows = await ask(*statement)
        if len(rows) >= limit or not widened.may_miss:
            break
        if (ended := select_walk_ended(widened)) and (await ask(*ended))[0]["ended"]:
            break
    return rows or []


def select_page(plan: Plan, *, limit: int, whole: bool = True) -> Statement:
    """ResultRows of one page. With words the `whole` text comes too, to cut a snippet from; else its beginning."""
    columns = _result_columns(whole=bool(plan.filters.words) and whole)
    if (statement := _select_walk(plan, columns, limit=limit)) is not None:
        return statement
    page, parameters = _page(plan)
    sql = f"""
        WITH {page} SELECT {columns} FROM page CROSS JOIN articles AS it ON it.id = page.id
        ORDER BY page.place, page.moment DESC, page.id DESC
    """  # noqa: S608 -- literals
    return sql, parameters | {"limit": limit}


def select_places(plan: Plan, *, limit: int) -> Statement:
    """ResultPlaces of the articles of `select_page`, from indexes alone."""
    if (statement := _select_walk(plan, f"it.id, {MOMENT} AS moment", limit=limit)) is not None:
        return statement
    page, parameters = _page(plan)
    sql = f"WITH {page} SELECT id, moment FROM page ORDER BY place, moment DESC, id DESC"  # noqa: S608 -- literals
    return sql, parameters | {"limit": limit}


def select_by_id(ids: Iterable[int], *, whole: bool) -> Statement:
    """ResultRows of these articles, with the `whole` text or its beginning."""
    sql = f"""
        SELECT {_result_columns(whole=whole)} FROM json_each(:ids) AS page
        CROSS JOIN articles AS it ON it.id = page.value
    """  # noqa: S608 -- literals
    return sql, {"ids": json.dumps(list(ids))}


def select_matching(plan: Plan, ids: Iterable[int]) -> Statement:
    """Select ResultPlaces of those of these articles that the search finds on any page of its list."""
    where, parameters = column_condition(replace(plan.filters, before=None))
    mentions, values = concept_condition(plan.filters)
    matches, more = text_condition(plan)
    sql = f"""
        SELECT it.id, {MOMENT} AS moment FROM (SELECT value AS id FROM json_each(:ids)) AS found {JOINED}
        WHERE {where} AND {mentions} AND {matches} ORDER BY {NEWEST_FIRST}
    """  # noqa: S608 -- literals
    return sql, parameters | values | more | {"ids": json.dumps(list(ids))}


def _result_columns(*, whole: bool) -> str:
    return f"""it.id, it.title, it.url, it.outlet, {MOMENT} AS moment, it.published,
        it.published_precision, it.claimed, it.claimed_precision, it.language,
        {"it.text" if whole else "substr(it.text, 1, 700) AS text"},
        it.words, it.verdict, it.paywalled, it.sponsored, it.original, it.credited_to, it.format,
        it.first_seen"""


def _select_walk(plan: Plan, columns: str, *, limit: int) -> Statement | None:
    """Select columns of `it` for a page that one walk fills in order; None if the page is found otherwise."""
    if _is_ranked(plan) or plan.index != "time" or plan.may_miss:
        return None
    if plan.window == "all" and plan.filters.has_indexed_words:
        return None
    where, parameters = walk_condition(plan)
    sql = f"SELECT {columns} FROM {walk(plan)} WHERE {where} ORDER BY {NEWEST_FIRST} LIMIT :limit"  # noqa: S608 -- literals
    return sql, parameters | {"limit": limit}


def _is_ranked(plan: Plan) -> bool:
    return plan.filters.sort == "rank" and plan.filters.has_indexed_words


def _page(plan: Plan) -> Statement:
    """Return the table expression `page` (id, moment, place) with up to :limit rows."""
    if _is_ranked(plan):
        return _ranked(plan)
    if plan.window == "all" and plan.filters.has_indexed_words:
        return _looked_up(plan)
    return _sorted(plan) if plan.index != "time" else _walked(plan)


def select_walk_ended(plan: Plan) -> Statement | None:
    """One row (ended): whether the walk that may have missed articles came to the last one. None: no such walk."""
    if not plan.may_miss or plan.index != "time":
        return None
    where, parameters = column_condition(plan.filters)
    most = _walk_length(plan)
    walked = f"SELECT 1 FROM {walk(plan)} WHERE {where} LIMIT {most}"  # noqa: S608 -- literals
    return f"SELECT count(*) < {most} AS ended FROM ({walked})", parameters  # noqa: S608 -- literals


def walk(plan: Plan) -> str:
    """Return FROM of a walk: all articles, in an index by moment that has the columns of the filters."""
    return f"articles AS it INDEXED BY {'articles_outlet_moment' if plan.filters.has_one_outlet else 'articles_newest'}"


def walk_condition(plan: Plan) -> Statement:
    """Return the condition on `it` in a walk: all filters."""
    where, parameters = column_condition(plan.filters)
    rest, values = rest_condition(plan)
    return f"{where} AND {rest}", parameters | values


def from_index(plan: Plan) -> Statement:
    """Return FROM of `it` for a plan that starts from text, concept or outlet."""
    if plan.index == "outlet":  # column_condition says which
        return "articles AS it INDEXED BY articles_outlet_moment", {}
    sql, parameters = index_sql(plan)
    return f"(SELECT id FROM ({sql})) AS found {JOINED}", parameters | ALL_IDS  # noqa: S608 -- literals


def rest_condition(plan: Plan, *, id_: str = "it.id") -> Statement:
    """Return the condition that words and concept find the article `id_`, without the one that the plan starts from."""
    mentions, parameters = ("1", {}) if plan.index == "concept" else concept_condition(plan.filters, id_=id_)
    matches, values = ("1", {}) if plan.index == "text" else text_condition(plan, id_=id_)
    return f"{mentions} AND {matches}", parameters | values


def _windows(plan: Plan, *, limit: int) -> Sequence[Window]:
    return ("near", "far", "all") if plan.index == "time" and limit <= MAX_NEAR_ROWS else ("far", "all")


def _sorted(plan: Plan) -> Statement:
    """Select the `page` from few hits of an index: sorted first, slow conditions tested until the page is full."""
    source, parameters = from_index(plan)
    where, values = column_condition(plan.filters, by_outlet=plan.index == "outlet")
    rest, more = rest_condition(plan, id_="few.id")
    sql = f"""page AS MATERIALIZED (
            SELECT few.id, few.moment, 0 AS place FROM (
                SELECT it.id, {MOMENT} AS moment FROM {source}
                WHERE {where} ORDER BY {NEWEST_FIRST} LIMIT {MAX_ORDERED_HITS}
            ) AS few WHERE {rest} LIMIT :limit)"""  # noqa: S608 -- literals
    return sql, parameters | values | more


def _looked_up(plan: Plan) -> Statement:
    """Select the `page` from all hits of the words, for hits that a walk missed: they are rare or old."""
    ids, parameters = text_sql(plan)
    where, values = column_condition(plan.filters)
    mentions, more = concept_condition(plan.filters)
    sql = f"""page AS MATERIALIZED (
            SELECT it.id, {MOMENT} AS moment, 0 AS place FROM ({ids}) AS found {JOINED}
            WHERE {where} AND {mentions} ORDER BY {NEWEST_FIRST} LIMIT :limit)"""  # noqa: S608 -- literals
    return sql, parameters | values | more | ALL_IDS


def _ranked(plan: Plan) -> Statement:
    """Select the `page` of the best among the newest hits, because ranking all hits of a common word takes seconds."""
    ids, parameters = text_sql(plan)
    is_filtered = plan.filters.has_column_filter or plan.filters.concept
    most = MAX_RANKED_HITS * (5 if is_filtered else 1)
    newest, _ = text_sql(
        plan,
        after=f"(SELECT coalesce(min(id), 1) - 1 FROM (SELECT id FROM ({ids}) ORDER BY id DESC LIMIT {most}))",  # noqa: S608 -- literals
    )
    where, values = column_condition(plan.filters)
    mentions, more = concept_condition(plan.filters)
    sql = f"""page AS MATERIALIZED (
            SELECT it.id, {MOMENT} AS moment, found.place FROM ({newest}) AS found {JOINED}
            WHERE {where} AND {mentions} ORDER BY found.place LIMIT :limit)"""  # noqa: S608 -- as above
    return sql, parameters | values | more | ALL_IDS


def _walked(plan: Plan) -> Statement:
    """Select the `page` of a walk for common words, whose hits in the id range of the walk are read at once.

    Ids grow with time except for articles of a backfill: those with ids outside the range are tested one by one.
    """
    where, parameters = column_condition(plan.filters)
    mentions, more = concept_condition(plan.filters, id_="walked.id")
    within, values = text_sql(plan, after="(SELECT low FROM span)", upto="(SELECT high FROM span)")
    matches, further = text_condition(plan, id_="walked.id")
    most = _walk_length(plan)
    sql = f"""walked AS MATERIALIZED (
            SELECT it.id, {MOMENT} AS moment FROM {walk(plan)} WHERE {where} ORDER BY {NEWEST_FIRST} LIMIT {most}
        ), edge(n) AS MATERIALIZED (SELECT count(*) / 100 FROM walked
        ), span(low, high) AS MATERIALIZED (
            SELECT (SELECT id - 1 FROM walked ORDER BY id LIMIT 1 OFFSET (SELECT n FROM edge)),
                (SELECT id FROM walked ORDER BY id DESC LIMIT 1 OFFSET (SELECT n FROM edge))
        ), page AS MATERIALIZED (
            SELECT walked.id, walked.moment, 0 AS place FROM walked
            WHERE {mentions} AND CASE
                WHEN walked.id > (SELECT low FROM span) AND walked.id <= (SELECT high FROM span)
                THEN walked.id IN (SELECT id FROM ({within})) ELSE {matches} END
            LIMIT :limit)"""  # noqa: S608 -- literals
    return sql, parameters | more | values | further


def _walk_length(plan: Plan) -> int:
    return WALKED_ARTICLES["near" if plan.window == "near" else "far"] * (2 if plan.filters.concept else 1)
