"""A search lists the same articles from any index, newest first, without reading whole tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, cast, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db.search import plan as planning
from db.search import results
from db.search.counts import select_day_counts, select_facet_counts
from db.search.filters import SearchFilters, Statement
from db.search.plan import FoundIds, Plan, Window, add_found, choose_index, join_found, select_ids
from db.search.query import Query, read_query
from db.search.query.sql import compile_tree
from db.search.query.tree import Node, write_query
from db.search.results import select_page, select_walk_ended
from tests.fixtures.query_corpus import OUTLETS, trees
from tests.fixtures.query_oracle import means
from tests.fixtures.search_plans import (
    EMPTY,
    common_words,
    dated_corpus,
    expected_ids,
    filter_values,
    possible_indexes,
)

LARGE_TABLES = ("it", "a", "articles", "m", "mentions", "r", "revisions")


def _find_in_halves(db: Database, statement: Statement) -> FoundIds:
    """Run a statement in two halves, as a page does."""
    sql, parameters = statement
    middle = db.execute("SELECT max(id) / 2 FROM articles").fetchone()[0]
    newer, older = (next(db.query(sql, parameters | part)) for part in ({"after": middle}, {"upto": middle}))
    return join_found(cast("FoundIds", newer), cast("FoundIds", older))


def _ids(db: Database, statement: Statement) -> list[int]:
    return [row[0] for row in db.execute(*statement)]


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(st.none() | common_words | trees, filter_values, st.integers(0, 2), st.integers(1, 70))
def test_from_any_index_a_search_lists_the_same_in_the_same_order(
    tree: Node | None, chosen: dict[str, Any], seed: int, limit: int
) -> None:
    db, articles = dated_corpus(seed)
    query = tree and Query(tree, compile_tree(tree))
    plan = Plan(filters=SearchFilters(words="x" if tree else "", query=query, **chosen))
    expected = expected_ids(plan.filters, tree, articles)
    for index in possible_indexes(plan.filters):
        for window in get_args(Window):
            listed = _ids(db, select_page(replace(plan, index=index, window=window), limit=limit))
            assert listed == expected[:limit], (index, window)
    if statement := select_ids(plan):
        row = _find_in_halves(db, statement)
        plan = add_found(plan, row)
        for index in possible_indexes(plan.filters):  # now with the ids that the words find
            assert _ids(db, select_page(replace(plan, index=index), limit=limit)) == expected[:limit], index
        chosen_plan = choose_index(plan, {"text": row["n"]})
        assert row["n"] == sum(tree is not None and means(tree, article, OUTLETS) for article in articles.values())
        assert (chosen_plan.index, chosen_plan.may_miss) == ("text", False)
        assert _ids(db, select_page(chosen_plan, limit=limit)) == expected[:limit]


@settings(deadline=None, max_examples=100)
@given(st.one_of(common_words, trees), filter_values, st.integers(0, 2))
@pytest.mark.slow
def test_a_walk_that_ends_early_lists_the_newest_and_the_last_window_the_rest(
    tree: Node, chosen: dict[str, Any], seed: int
) -> None:
    db, articles = dated_corpus(seed)
    plan = Plan(filters=SearchFilters(words="x", query=Query(tree, compile_tree(tree)), **chosen), index="time")
    expected = expected_ids(plan.filters, tree, articles)
    if not plan.may_miss:
        return
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(results, "WALKED_ARTICLES", {"near": 9, "far": 20})
        early, whole = (select_page(one, limit=60) for one in (plan, replace(plan, window="all")))
        ended = select_walk_ended(plan)
    first = _ids(db, early)
    assert first == expected[: len(first)]
    assert ended is not None
    if db.execute(*ended).fetchone()[0]:
        assert first == expected
    assert _ids(db, whole) == expected


def test_the_ids_that_words_find_are_read_once_and_not_for_each_article_of_a_concept() -> None:
    db, _ = dated_corpus(2)
    plan = Plan(
        filters=SearchFilters(words="peru", query=read_query("peru", EMPTY), concept=("cosco",)), index="concept"
    )
    statement = select_ids(plan)
    assert statement is not None
    plan = add_found(plan, _find_in_halves(db, statement))
    assert plan.found
    for sql, parameters in (
        select_page(plan, limit=41),
        select_facet_counts(plan),
        select_day_counts(plan, since="2026-01"),
    ):
        steps = {row[0]: (row[1], row[3]) for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)}
        lists = [parent for parent, step in steps.values() if "json_each" in step]
        assert lists
        assert not [steps[parent][1] for parent in lists if "CORRELATED" in steps[parent][1]]


def test_only_the_newest_ids_of_a_frequent_prefix_are_kept_and_the_rest_is_still_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    db, articles = dated_corpus(2)
    query = read_query("peru*", EMPTY)
    plan = Plan(filters=SearchFilters(words="peru*", query=query))
    expected = expected_ids(plan.filters, query.tree, articles)
    monkeypatch.setattr(planning, "MAX_PREFIX_HITS", 5)
    statement = select_ids(plan)
    assert statement is not None
    row = _find_in_halves(db, statement)
    plan = choose_index(add_found(plan, row), {"text": row["n"]})
    assert (plan.index, plan.may_miss) == ("text", True)
    assert 0 < len(_ids(db, select_page(plan, limit=60))) <= 6
    assert _ids(db, select_page(replace(plan, window="all"), limit=60)) == expected
    days = Counter(articles[id_]["moment"][:10] for id_ in expected if articles[id_]["moment"] >= "2026-10")
    assert {row[0]: row[1] for row in db.execute(*select_day_counts(plan, since="2026-10"))} == days


def _in_short(filters: SearchFilters) -> str:
    """Describe the filters briefly, for the name of a test."""
    default = SearchFilters()
    names = [name for name in SearchFilters.__slots__ if getattr(filters, name) != getattr(default, name)]
    return " ".join(f"{name}={getattr(filters, name)}" for name in names if name != "query") or "everything"


SEARCHES = [
    SearchFilters(),
    SearchFilters(since="2026-11-01T00:00:00Z", language=("es",)),
    SearchFilters(before=("2026-11-01T00:00:00Z", 7)),
    SearchFilters(outlet=("andina",)),
    SearchFilters(ownership=("state",), kind=("agency",)),
    SearchFilters(verdict=("borderline",), country=("PE",)),
    SearchFilters(concept=("cosco",)),
    SearchFilters(concept=("cosco",), outlet=("andina",)),
    SearchFilters(words="peru", query=read_query("peru", EMPTY), kind=("agency",), language=("zh",)),
    *(
        SearchFilters(words=text, query=read_query(text, EMPTY), **filters)
        for text in (
            "peru",
            '"de la"',
            "chin*",
            "秘鲁",
            "peru OR concept:cosco",
            "lang:es",
            "a NEAR/3 b",
            "peru -is:copy",
        )
        for filters in ({}, {"concept": "cosco"}, {"country": "PE"}, {"sort": "rank"}, {"outlet": "andina"})
    ),
    SearchFilters(words="(peru"),
]


@pytest.mark.parametrize("filters", SEARCHES, ids=_in_short)
def test_no_statement_of_the_reading_room_reads_all_articles(filters: SearchFilters) -> None:
    db, _ = dated_corpus(0)
    for index in possible_indexes(filters):
        plan = Plan(filters=filters, index=index)
        statements = [
            select_page(plan, limit=41),
            select_page(replace(plan, window="all"), limit=41),
            select_facet_counts(plan),
            select_day_counts(plan, since="2026-05-01T00:00:00Z"),
            planning.select_candidate_counts(plan),
            planning.select_newest_count(plan),
            select_ids(plan),
            select_walk_ended(plan),
        ]
        for sql, parameters in filter(None, statements):
            steps = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
            for step in steps:
                first, _, table = step.partition(" ")
                assert first != "SCAN" or "INDEX" in table or table.split()[0] not in LARGE_TABLES, (index, steps)
                # All columns that are read before the page is chosen are in an index.
                assert not table.startswith("a ") or "COVERING INDEX" in table, (index, steps)


def test_the_queries_of_this_file_are_written_as_people_write_them() -> None:
    for filters in SEARCHES:
        assert filters.query is None or read_query(write_query(filters.query.tree), EMPTY).tree == filters.query.tree
