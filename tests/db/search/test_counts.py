"""Facets and the chart count the articles that the list shows, and say when they counted a part."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.search import counts
from db.search.counts import select_day_counts, select_facet_counts, select_first_id
from db.search.filters import SearchFilters
from db.search.plan import Plan
from db.search.query import Query
from db.search.query.sql import compile_tree
from db.search.query.tree import Node
from tests.fixtures.query_corpus import trees
from tests.fixtures.search_plans import common_words, dated_corpus, expected_ids, filter_values, possible_indexes


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(st.none() | common_words | trees, filter_values, st.integers(0, 2))
def test_facets_and_chart_count_the_same_articles_from_any_index(
    tree: Node | None, chosen: dict[str, Any], seed: int
) -> None:
    db, articles = dated_corpus(seed)
    query = tree and Query(tree, compile_tree(tree))
    filters = SearchFilters(words="x" if tree else "", query=query, **(chosen | {"before": None}))
    expected = expected_ids(filters, tree, articles)
    outlets = Counter(articles[id_]["outlet"] for id_ in expected)
    days = Counter(articles[id_]["moment"][:10] for id_ in expected if articles[id_]["moment"] >= "2026-01")
    for index in possible_indexes(filters):
        plan = Plan(filters=filters, index=index)
        rows = [tuple(row) for row in db.execute(*select_facet_counts(plan))]
        assert ("all", "", len(expected)) in rows, index
        assert ("more", "", 0) in rows, index
        assert {value: n for facet, value, n in rows if facet == "outlet"} == outlets
        drawn = {row[0]: row[1] for row in db.execute(*select_day_counts(plan, since="2026-01")) if row[4] == 1}
        assert drawn == days, index
        first_id = db.execute(*select_first_id(since="2025-12-30")).fetchone()[0]
        statement = select_day_counts(plan, since="2026-01", first_id=first_id)
        assert {row[0]: row[1] for row in db.execute(*statement)} == days, index


def test_facets_are_of_the_whole_list_on_any_page_of_it() -> None:
    db, _ = dated_corpus(0)
    later = SearchFilters(before=("2026-11-05T00:00:00Z", 1))
    first = [tuple(row) for row in db.execute(*select_facet_counts(Plan(filters=SearchFilters())))]
    assert [tuple(row) for row in db.execute(*select_facet_counts(Plan(filters=later)))] == first


def test_a_bounded_count_is_marked_and_a_chart_of_a_sample_is_scaled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    db, articles = dated_corpus(0)
    plan = Plan(filters=SearchFilters(concept=("cosco",), verdict=("relevant",)), index="concept")
    n = len(expected_ids(plan.filters, None, articles))
    assert n > 4
    monkeypatch.setattr(counts, "MAX_COUNTED_HITS", 3)
    rows = [tuple(row) for row in db.execute(*select_facet_counts(plan))]
    assert ("all", "", 3) in rows
    assert ("more", "", 1) in rows
    monkeypatch.setattr(counts, "MAX_COUNTED_HITS", 2_000)
    monkeypatch.setattr(counts, "MAX_SAMPLED_HITS", 2)
    assert ("more", "", 1) in [tuple(row) for row in db.execute(*select_facet_counts(plan))]
    monkeypatch.setattr(counts, "MAX_CHARTED_ARTICLES", 5)
    drawn = db.execute(*select_day_counts(plan, since="2026-10-25")).fetchall()
    assert {row[4] for row in drawn} == {1 + len([1 for one in articles.values() if "cosco" in one["concepts"]]) // 5}
    assert all(row[1] % row[4] == 0 for row in drawn)
