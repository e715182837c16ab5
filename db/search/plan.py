"""Choose the index that a search starts from: the most selective of text, concept, outlet and time.

FTS5 gives ids quickly and in no order of time; an article's moment and outlet cost twenty times as much each. So the
few hits of a rare word are sorted by time. For a common word the articles are walked from the newest, and each is
tested against the words until the page is full. `make_plan` counts, within bounds, how many articles each filter
leaves, and takes the cheapest index.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal, TypedDict, cast

from db.search import prefixes
from db.search.filters import SearchFilters, column_condition, one_of, outlet_condition
from db.search.plain_query import fts_query
from db.search.statement import Parameters, Row, Statement

Index = Literal["text", "concept", "outlet", "time"]
Window = Literal["near", "far", "all"]
Ask = Callable[[str, Parameters], Awaitable[list[Row]]]  # runs a statement; raises TooSlowError

MAX_SORTED_ARTICLES = 12_000  # articles that are sorted for one page; more are walked in the order of time
MAX_TEXT_HITS = 6_000  # up to this many ids of hits are passed from statement to statement
MAX_PREFIX_HITS = 20_000  # the same, of words with a prefix
MAX_COUNTED_OUTLET_ARTICLES = 100_000  # articles of outlets that are tested against language and verdict
MAX_PREFIXES = 5  # prefixes of one query that are expanded
ALL_IDS = {"after": 0, "upto": 2**63 - 1}
_LAST_ID = "SELECT max(id) AS id FROM articles"
_TEXT_TEST_COST = 20  # cost of testing an article against the words; reading one from an index costs 1
_NEWEST_SHARE = 0.9  # words are first counted in the ids above this share of the highest id
_COMMON_HITS = 1_500  # with this many hits there the words are common


class TooSlowError(Exception):
    """The database took longer than the site allows."""


class FoundIds(TypedDict):
    """The row of `select_ids`: ids as a JSON list, and how many they are."""

    found: str
    n: int


class CandidateCounts(TypedDict, total=False):
    """How many articles each index gives; an index that was not counted is missing."""

    text: int
    concept: int
    outlet: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Search filters, the index to start from, and what is known of their hits."""

    filters: SearchFilters
    index: Index = "time"
    window: Window = "near"  # how many articles a walk may test against the words: some, more, or all
    found: str = ""  # JSON list of the newest ids that the words find, where asking FTS5 again would be slow
    found_all: bool = True  # whether `found` has all ids that the words find

    @property
    def may_miss(self) -> bool:
        """True if a page that is not full may have more articles behind those that were tested against the words."""
        if self.window == "all" or not self.filters.has_indexed_words or self.filters.sort == "rank":
            return False
        return self.index == "time" or (bool(self.found) and not self.found_all)

    @property
    def has_id_list(self) -> bool:
        """True if the words are answered from `found`."""
        return bool(self.found) and self.window != "all"


def text_sql(plan: Plan, *, after: str = ":after", upto: str = ":upto") -> Statement:
    """SELECT (id, place) of what the words find; `place` orders by rank.

    `after` < id <= `upto`: SQL expressions, by default the named parameters.
    """
    filters = plan.filters
    if plan.has_id_list:
        sql = f"SELECT value AS id, 0 AS place FROM json_each(:found) WHERE value > {after} AND value <= {upto}"  # noqa: S608 -- expressions of ours
        return sql, {"found": plan.found}
    if filters.query:
        return filters.query.compiled.select(after=after, upto=upto), dict(filters.query.compiled.parameters)
    place = "rank" if filters.sort == "rank" else "0"  # bm25 is slow: it is computed only when it is the order
    sql = f"""SELECT rowid AS id, {place} AS place FROM articles_fts
        WHERE articles_fts MATCH :fts AND rowid > {after} AND rowid <= {upto}"""  # noqa: S608 -- expressions of ours
    return sql, {"fts": fts_query(filters.words)}


def concept_sql(plan: Plan, *, after: str = ":after", upto: str = ":upto") -> Statement:
    """SELECT (id, place) of the articles with after < id <= upto that mention a concept of the filters."""
    _, parameters = one_of("concept", plan.filters.concept)
    arms: list[str] = []
    for name in parameters:
        # Each article once: an arm leaves out those of the arms before it. A UNION would read all of them first.
        earlier = ", ".join(f":{one}" for one in [*parameters][: len(arms)])
        seen = (
            f" AND NOT EXISTS (SELECT 1 FROM mentions AS o WHERE o.article = m.article AND o.concept IN ({earlier}))"  # noqa: S608 -- names of ours
            if earlier
            else ""
        )
        arms.append(f"""SELECT m.article AS id, 0 AS place FROM mentions AS m INDEXED BY mentions_concept_article
            WHERE m.concept = :{name} AND m.article > {after} AND m.article <= {upto}{seen}""")  # noqa: S608 -- expressions of ours
    return " UNION ALL ".join(arms), parameters


def index_sql(plan: Plan, *, after: str = ":after", upto: str = ":upto") -> Statement:
    """SELECT (id, place) of what the plan's index finds, "text" or "concept", with after < id <= upto."""
    select = text_sql if plan.index == "text" else concept_sql
    return select(plan, after=after, upto=upto)


def text_condition(plan: Plan, *, id_: str = "it.id") -> Statement:
    """Return the condition that the words find the article `id_`."""
    if not plan.filters.words:
        return "1", {}
    if plan.has_id_list:  # one list, read once and not for each article
        sql, parameters = text_sql(plan)
        return f"{id_} IN (SELECT id FROM ({sql}))", parameters | ALL_IDS  # noqa: S608 -- as above
    sql, parameters = text_sql(plan, after=f"({id_} - 1)", upto=id_)
    return f"EXISTS (SELECT 1 FROM ({sql}))", parameters  # noqa: S608 -- as above


def select_newest_count(plan: Plan) -> Statement | None:
    """One row (n): how many of the newest articles the words find, up to _COMMON_HITS. None: not to be asked.

    Not of prefixes that the index has no list of: asking for the newest costs as much as asking for all.
    """
    if not plan.filters.has_indexed_words or plan.filters.has_joined_prefix:
        return None
    newest = "(SELECT CAST(coalesce(max(id), 0) * :newest_share AS INTEGER) FROM articles)"
    sql, parameters = text_sql(plan, after=newest)
    counted = f"SELECT count(*) AS n FROM (SELECT 1 FROM ({sql}) LIMIT {_COMMON_HITS})"  # noqa: S608 -- written by db.search.query.sql
    return counted, parameters | ALL_IDS | {"newest_share": _NEWEST_SHARE}


def is_common(n: int) -> bool:
    """True if the n of `select_newest_count` shows that the words are common."""
    return n >= _COMMON_HITS


def select_ids(plan: Plan) -> Statement | None:
    """One row (FoundIds) of what the words find with :after < id <= :upto. None without words that an index finds.

    More than MAX_TEXT_HITS ids are not worth handing on, and `found` is then of no use. Of words with a prefix it holds
    the newest MAX_PREFIX_HITS.
    """
    if not plan.filters.has_indexed_words:
        return None
    sql, parameters = text_sql(plan)
    if plan.filters.has_joined_prefix:
        newest = f" ORDER BY id DESC LIMIT {MAX_PREFIX_HITS + 1}"
    else:
        newest = f" LIMIT {MAX_TEXT_HITS + 1}"
    ids = f"SELECT id FROM ({sql}){newest}"  # noqa: S608 -- as above
    return f"SELECT json_group_array(id) AS found, count(*) AS n FROM ({ids})", parameters | ALL_IDS  # noqa: S608 -- as above


def join_found(newer: FoundIds, older: FoundIds) -> FoundIds:
    """The row of `select_ids` of all articles, from those of the newer and of the older half."""
    if newer["n"] > MAX_PREFIX_HITS:  # ids between the two halves are not known
        return newer
    ids = ",".join(row["found"][1:-1] for row in (newer, older) if row["n"])
    return {"found": f"[{ids}]", "n": newer["n"] + older["n"]}


def add_found(plan: Plan, row: FoundIds) -> Plan:
    """Return the plan with the ids that `select_ids` found, if they are few enough to pass on."""
    if plan.filters.sort == "rank":  # the rank of each hit must come from FTS5
        return plan
    if plan.filters.has_joined_prefix:
        return replace(plan, found=row["found"], found_all=row["n"] <= MAX_PREFIX_HITS)
    return replace(plan, found=row["found"] if row["n"] <= MAX_TEXT_HITS else "")


def select_candidate_counts(plan: Plan) -> Statement | None:
    """One row (CandidateCounts without "text"), each counted to MAX_SORTED_ARTICLES + 1. None: nothing to count."""
    filters = plan.filters
    columns: list[str] = []
    parameters: Parameters = {}
    if filters.concept:
        sql, values = concept_sql(plan)
        parameters |= values | ALL_IDS
        columns.append(f"(SELECT count(*) FROM (SELECT 1 FROM ({sql}) LIMIT {MAX_SORTED_ARTICLES + 1})) AS concept")  # noqa: S608 -- literals
    if filters.has_outlet_set and not filters.has_one_outlet:
        condition, values = outlet_condition(filters)
        parameters |= values
        if (filters.language or filters.verdict) and filters.words:
            # Outlets that write in several languages may have many articles, but few in the chosen language.
            fits, values = column_condition(replace(filters, before=None), by_outlet=True)
            parameters |= values
            columns.append(f"""(SELECT CASE count(*) WHEN {MAX_COUNTED_OUTLET_ARTICLES} THEN {MAX_SORTED_ARTICLES + 1}
                ELSE min(coalesce(sum(fits), 0), {MAX_SORTED_ARTICLES + 1}) END FROM (
                SELECT {fits} AS fits FROM articles AS it INDEXED BY articles_outlet_moment
                WHERE {condition} LIMIT {MAX_COUNTED_OUTLET_ARTICLES})) AS outlet""")  # noqa: S608 -- as above
        else:
            columns.append(f"""(SELECT count(*) FROM (
                SELECT 1 FROM articles AS it INDEXED BY articles_outlet_moment
                WHERE {condition} LIMIT {MAX_SORTED_ARTICLES + 1})) AS outlet""")  # noqa: S608 -- as above
    return (f"SELECT {', '.join(columns)}", parameters) if columns else None


def choose_index(plan: Plan, counts: CandidateCounts) -> Plan:
    """Return the plan with the cheapest index, by how many articles each gives."""
    test_cost = _TEXT_TEST_COST if plan.filters.words else 1
    costs: list[tuple[int, Index]] = []
    if "text" in counts and (plan.found or counts["text"] <= MAX_TEXT_HITS):
        costs.append((counts["text"], "text"))
    if counts.get("concept", MAX_SORTED_ARTICLES + 1) <= MAX_SORTED_ARTICLES:
        costs.append((counts["concept"] * test_cost, "concept"))
    if counts.get("outlet", MAX_SORTED_ARTICLES + 1) <= MAX_SORTED_ARTICLES:
        costs.append((counts["outlet"] * test_cost, "outlet"))
    costs.append((MAX_PREFIX_HITS + 2 if plan.found else MAX_SORTED_ARTICLES + 1, "time"))
    return replace(plan, index=min(costs)[1])


async def make_plan(ask: Ask, filters: SearchFilters) -> Plan:
    """Count what each filter leaves and choose the index. Where counting takes too long, the articles are walked."""
    plan = Plan(filters=filters)
    counts: CandidateCounts = {}
    try:
        plan = replace(plan, filters=await _expand_prefixes(ask, filters))
        if statement := select_ids(plan):
            found = await _find_ids(ask, plan, statement)
            plan, counts["text"] = add_found(plan, found), found["n"]
        if statement := select_candidate_counts(plan):
            counts |= cast("CandidateCounts", (await ask(*statement))[0])
    except TooSlowError:
        return plan
    return choose_index(plan, counts)


async def ask_in_halves(ask: Ask, statement: Statement) -> tuple[list[Row], list[Row]]:
    """Run a statement on the newer and the older half of all articles at the same time; return both results."""
    sql, parameters = statement
    middle = ((await ask(_LAST_ID, {}))[0]["id"] or 0) // 2
    newer, older = ask(sql, parameters | {"after": middle}), ask(sql, parameters | {"upto": middle})
    return await asyncio.gather(newer, older)


async def _find_ids(ask: Ask, plan: Plan, statement: Statement) -> FoundIds:
    if (newest := select_newest_count(plan)) and is_common((await ask(*newest))[0]["n"]):
        return {"found": "[]", "n": MAX_SORTED_ARTICLES + 1}
    newer, older = await ask_in_halves(ask, statement)
    return join_found(cast("FoundIds", newer[0]), cast("FoundIds", older[0]))


async def _expand_prefixes(ask: Ask, filters: SearchFilters) -> SearchFilters:
    """Return the filters with the query's prefixes expanded; not if ranked, because that would change the rank."""
    if filters.query is None or filters.sort == "rank":
        return filters
    words: dict[str, list[str]] = {}
    left = prefixes.MAX_EXPANDED_WORDS  # for all prefixes together
    for prefix in prefixes.find_prefixes(filters.query)[:MAX_PREFIXES]:
        rows = await ask(prefixes.WORDS_WITH_PREFIX, {"prefix": prefix, "most": left + 1})
        left -= len(rows)
        if left < 0:
            return filters
        words[prefix] = [row["term"] for row in rows]
    return replace(filters, query=prefixes.expand_prefixes(filters.query, words)) if words else filters
