"""The plan starts from the cheapest index, and counting what each filter leaves is bounded."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from db.search import plan as planning
from db.search.filters import SearchFilters
from db.search.plan import CandidateCounts, Plan, TooSlowError, choose_index, make_plan
from db.search.query import read_query
from tests.fixtures.query_corpus import OUTLETS
from tests.fixtures.query_oracle import means
from tests.fixtures.search_plans import EMPTY, dated_corpus, expected_ids


@pytest.mark.parametrize(
    ("counts", "index"),
    [
        ({}, "time"),
        ({"text": 7}, "text"),
        ({"text": planning.MAX_SORTED_ARTICLES + 1}, "time"),
        ({"text": 3_000, "concept": 5}, "concept"),
        ({"text": 3_000, "concept": 1_000}, "text"),  # testing an article against words costs more than reading one
        ({"text": planning.MAX_SORTED_ARTICLES + 1, "outlet": 90}, "outlet"),
        (
            {
                "text": planning.MAX_SORTED_ARTICLES + 1,
                "concept": planning.MAX_SORTED_ARTICLES + 1,
                "outlet": planning.MAX_SORTED_ARTICLES,
            },
            "time",
        ),
    ],
)
def test_the_plan_starts_from_the_most_selective_index(counts: CandidateCounts, index: str) -> None:
    assert choose_index(Plan(filters=SearchFilters(words="x")), counts).index == index


def test_candidates_are_counted_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    db, articles = dated_corpus(1)
    query = read_query("peru", EMPTY)
    plan = Plan(filters=SearchFilters(words="x", query=query, concept=("cosco",), country=("PE",)))
    hits = [id_ for id_, article in articles.items() if means(query.tree, article, OUTLETS)]
    ids, counts = planning.select_ids(plan), planning.select_candidate_counts(plan)
    assert ids is not None
    assert counts is not None
    assert tuple(db.execute(*ids).fetchone()) == (json.dumps(hits, separators=(",", ":")), len(hits))
    assert next(db.query(*counts)) == {
        "concept": sum("cosco" in article["concepts"] for article in articles.values()),
        "outlet": sum(article["outlet"] in ("andina", "el-comercio") for article in articles.values()),
    }
    monkeypatch.setattr(planning, "MAX_SORTED_ARTICLES", 5)
    monkeypatch.setattr(planning, "MAX_TEXT_HITS", 5)
    monkeypatch.setattr(planning, "_COMMON_HITS", 2)
    ids, counts = planning.select_ids(plan), planning.select_candidate_counts(plan)
    newest = planning.select_newest_count(plan)
    assert ids is not None
    assert counts is not None
    assert newest is not None
    assert tuple(db.execute(*counts).fetchone()) == (6, 6)
    assert db.execute(*ids).fetchone()[1] == 6
    assert db.execute(*newest).fetchone() == (2,)
    assert (planning.is_common(2), planning.is_common(1)) == (True, False)


def test_without_words_in_an_index_there_is_nothing_to_count() -> None:
    assert planning.select_candidate_counts(Plan(filters=SearchFilters())) is None
    for filters in (SearchFilters(), SearchFilters(words="x", query=read_query("lang:es", EMPTY))):
        assert planning.select_ids(Plan(filters=filters)) is None
        assert planning.select_newest_count(Plan(filters=filters)) is None
    prefix = SearchFilters(words="x", query=read_query("peru*", EMPTY))
    assert planning.select_newest_count(Plan(filters=prefix)) is None


def test_articles_of_outlets_are_counted_with_language_and_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    db, articles = dated_corpus(1)
    query = read_query("peru", EMPTY)
    filters = SearchFilters(words="x", query=query, country=("PE",), language=("zh",), verdict=("relevant",))
    left = len(expected_ids(filters, None, articles))
    counts = planning.select_candidate_counts(Plan(filters=filters))
    assert counts is not None
    assert db.execute(*counts).fetchone() == (left,)
    monkeypatch.setattr(planning, "MAX_COUNTED_OUTLET_ARTICLES", 5)  # there are more: nothing is known of them
    counts = planning.select_candidate_counts(Plan(filters=filters))
    assert counts is not None
    assert db.execute(*counts).fetchone() == (planning.MAX_SORTED_ARTICLES + 1,)


async def test_where_counting_takes_too_long_the_articles_are_walked() -> None:
    async def ask(_sql: str, _parameters: dict[str, Any]) -> list[dict[str, Any]]:
        raise TooSlowError

    filters = SearchFilters(words="peru", query=read_query("peru", EMPTY), concept=("cosco",))
    assert await make_plan(ask, filters) == Plan(filters=filters, index="time")


async def test_a_plan_of_rare_words_hands_on_their_ids() -> None:
    db, articles = dated_corpus(2)
    query = read_query("peru", EMPTY)
    hits = [id_ for id_, article in articles.items() if means(query.tree, article, OUTLETS)]

    async def ask(sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        cursor: sqlite3.Cursor = db.execute(sql, parameters)
        return [dict(zip([column[0] for column in cursor.description], row, strict=True)) for row in cursor]

    plan = await make_plan(ask, SearchFilters(words="peru", query=query))
    assert plan.index == "text"
    assert sorted(json.loads(plan.found)) == hits
