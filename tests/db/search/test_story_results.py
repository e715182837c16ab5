"""A search lists each story once, where the newest of its articles that it finds stands."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db.search import story_results
from db.search.counts import select_day_counts, select_facet_counts
from db.search.filters import SearchFilters
from db.search.plan import Plan
from db.search.query import Query
from db.search.query.sql import compile_tree
from db.search.query.tree import Node
from db.search.statement import Parameters, Row
from db.search.story_results import StoryResult, list_stories
from tests.fixtures.query_corpus import trees
from tests.fixtures.search_plans import common_words, dated_corpus, expected_ids, filter_values, possible_indexes


@lru_cache(maxsize=4)
def told_corpus(seed: int) -> tuple[Database, dict[int, dict[str, Any]]]:
    """The dated corpus, three articles of four in stories of several; each article has its `story`."""
    db, articles = dated_corpus.__wrapped__(seed)
    chance = random.Random(seed)
    db.execute("DELETE FROM stories")
    for id_, article in articles.items():
        article["story"] = chance.choice((1, 2, 3, 5, 8, 13, id_ + 100))
        db.execute("UPDATE story_articles SET story = :story WHERE article = :id", {"id": id_} | article)
    db.execute("""
        INSERT INTO stories (id, began, latest, first_article)
        SELECT story, '2026-01-01', '2026-01-01', min(article) FROM story_articles GROUP BY story
    """)
    db.conn.commit()
    return db, articles


def list_pages(db: Database, plan: Plan, *, limit: int) -> list[list[StoryResult]]:
    """Return all pages of a list from `plan.filters.before` on."""

    async def ask(sql: str, parameters: Parameters) -> list[Row]:
        return list(db.query(sql, parameters))

    pages = []
    for _ in range(100):
        page = asyncio.run(list_stories(ask, plan, limit=limit))
        pages.append(page.stories)
        if page.last is None:
            return pages
        plan = replace(plan, filters=replace(plan.filters, before=page.last))
    raise AssertionError("the list does not end")


@settings(deadline=None, max_examples=60)
@given(st.none() | common_words | trees, filter_values, st.integers(0, 2), st.integers(1, 9))
@pytest.mark.slow
def test_the_pages_list_each_story_once_in_the_order_of_its_newest_article(
    tree: Node | None, chosen: dict[str, Any], seed: int, limit: int
) -> None:
    db, articles = told_corpus(seed)
    query = tree and Query(tree, compile_tree(tree))
    filters = SearchFilters(words="x" if tree else "", query=query, **(chosen | {"before": None}))
    expected: dict[int, list[int]] = {}
    for id_ in expected_ids(filters, tree, articles):
        expected.setdefault(articles[id_]["story"], []).append(id_)
    for index in possible_indexes(filters):
        pages = list_pages(db, Plan(filters=filters, index=index), limit=limit)
        listed = {story.story: story.found for page in pages for story in page}
        assert sum(map(len, pages)) == len(listed)
        assert list(listed.items()) == list(expected.items()), index


def test_a_page_that_one_story_fills_is_short_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    db, articles = told_corpus.__wrapped__(1)
    for id_ in articles:
        db.execute("UPDATE story_articles SET story = 1 WHERE article = :id AND :id > 3", {"id": id_})
    monkeypatch.setattr(story_results, "_MAX_ROUNDS", 2)
    pages = list_pages(db, Plan(filters=SearchFilters()), limit=3)
    assert len(pages) > 2
    assert [story.story for page in pages for story in page].count(1) == 1


@pytest.mark.parametrize("language", [(), ("es",), ("zh",)])
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_story_is_listed_once_whatever_its_newest_articles_are(
    monkeypatch: pytest.MonkeyPatch, language: tuple[str, ...], limit: int
) -> None:
    db, articles = told_corpus(2)
    filters = SearchFilters(language=language)
    monkeypatch.setattr(
        story_results, "_MEMBERS", story_results._MEMBERS.replace(str(story_results.MAX_STORY_MEMBERS), "2")
    )
    monkeypatch.setattr(story_results, "MAX_STORY_MEMBERS", 2)
    monkeypatch.setattr(story_results, "MAX_EARLIER_ARTICLES", 4)
    listed = [story for page in list_pages(db, Plan(filters=filters), limit=limit) for story in page]
    expected = dict.fromkeys(articles[id_]["story"] for id_ in expected_ids(filters, None, articles))
    assert [story.story for story in listed] == list(expected)
    for story in listed:
        assert story.found
        assert {member["first_article"] for member in story.members.values()} <= story.members.keys()


def test_articles_of_long_stories_are_asked_for_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    db, articles = told_corpus.__wrapped__(1)
    db.execute("UPDATE story_articles SET story = 1 + article % 3")
    monkeypatch.setattr(
        story_results, "_MEMBERS", story_results._MEMBERS.replace(str(story_results.MAX_STORY_MEMBERS), "1")
    )
    monkeypatch.setattr(story_results, "MAX_STORY_MEMBERS", 1)
    monkeypatch.setattr(story_results, "MAX_EARLIER_ARTICLES", 1)
    asked = 0

    async def ask(sql: str, parameters: Parameters) -> list[Row]:
        nonlocal asked
        asked += sql == story_results._ARTICLES_BELOW
        return list(db.query(sql, parameters))

    oldest = min((article["moment"], id_) for id_, article in articles.items())
    filters = SearchFilters(language=("none of these",), before=oldest)
    places = [{"id": id_, "moment": articles[id_]["moment"]} for id_ in (1, 2, 3)]
    members = asyncio.run(story_results.read_members_of_stories(ask, [place["id"] for place in places]))
    assert asyncio.run(story_results._find_earlier(ask, Plan(filters=filters), members, {})) == set()
    assert asked == story_results._MAX_EARLIER_READINGS


@settings(deadline=None, max_examples=40)
@given(st.none() | common_words | trees, filter_values, st.integers(0, 2))
@pytest.mark.slow
def test_facets_and_chart_count_the_stories_that_are_listed(
    tree: Node | None, chosen: dict[str, Any], seed: int
) -> None:
    db, articles = told_corpus(seed)
    query = tree and Query(tree, compile_tree(tree))
    filters = SearchFilters(words="x" if tree else "", query=query, **(chosen | {"before": None}))
    days: dict[int, str] = {}
    for id_ in expected_ids(filters, tree, articles):
        if articles[id_]["moment"] >= "2025-01":
            days[articles[id_]["story"]] = articles[id_]["moment"][:10]  # the list goes from new to old
    stories = {articles[id_]["story"] for id_ in expected_ids(filters, tree, articles)}
    for index in possible_indexes(filters):
        plan = Plan(filters=filters, index=index)
        assert ("story", "", len(stories)) in [tuple(row) for row in db.execute(*select_facet_counts(plan))]
        if filters.has_time_alone:
            continue  # counted by their beginnings, which this corpus has not
        rows = db.execute(*select_day_counts(plan, since="2025-01", stories=True)).fetchall()
        assert {row[0]: row[1] for row in rows} == {day: list(days.values()).count(day) for day in days.values()}
