"""Whatever drives it, a choice finds what it says, newest first, and no table of a million is read from its top."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db.search import filters as choosing
from db.search import results
from db.search.filters import Drive, Reach, SearchFilters, Statement
from db.search.query import Query, build_vocabulary, read_query
from db.search.query.sql import compile_tree
from db.search.query.tree import Node, Words, write_query
from db.site.queries import articles as reading
from tests.fixtures.query_corpus import CONCEPTS, OUTLETS, corpus, trees
from tests.fixtures.query_oracle import means

pytestmark = pytest.mark.slow

START = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
EMPTY = build_vocabulary((), ())
LARGE = ("it", "a", "articles", "m", "mentions", "r", "revisions")


@lru_cache(maxsize=4)
def news(seed: int) -> tuple[Database, dict[int, dict[str, Any]]]:
    """The corpus with moments that follow the ids but for a backfill, some undated, some at the same moment."""
    db, articles = corpus.__wrapped__(seed)
    chance = random.Random(seed)
    for id_, article in articles.items():
        seen = START + dt.timedelta(hours=6 * id_)
        published = seen - dt.timedelta(hours=chance.choice((0, 1, 1, 30)))
        if 20 < id_ <= 35:  # a backfill
            published = START - dt.timedelta(days=chance.randint(1, 400))
        undated = chance.random() < 0.2
        if chance.random() < 0.7:
            article["original"] = None  # most are none's copy
        article["moment"] = f"{seen if undated else published:%Y-%m-%dT%H:%M:%SZ}"
        db.execute(
            """
            UPDATE articles SET published = :published, first_seen = :seen, original = :original WHERE id = :id
            """,
            {"published": None if undated else article["moment"], "seen": f"{seen:%Y-%m-%dT%H:%M:%SZ}", "id": id_}
            | {"original": article["original"]},
        )
    db.conn.commit()
    return db, articles


def _found(db: Database, search: Statement) -> dict[str, Any]:
    """What words find, asked in halves as a page asks it."""
    sql, parameters = search
    middle = db.execute("SELECT max(id) / 2 FROM articles").fetchone()[0]
    newer, older = (next(db.query(sql, parameters | part)) for part in ({"after": middle}, {"upto": middle}))
    return reading.together(newer, older)


def _expected(choice: SearchFilters, tree: Node | None, articles: dict[int, dict[str, Any]]) -> list[int]:
    """The ids that a choice lists, computed the plain way."""
    found = []
    for id_, article in articles.items():
        outlet = OUTLETS[article["outlet"]]
        holds = [
            tree is None or means(tree, article, OUTLETS),
            choice.with_copies or article["original"] is None,
            choice.concept in ("", *article["concepts"]),
            choice.outlet in ("", article["outlet"]),
            all(getattr(choice, name) in ("", outlet.get(name)) for name in ("country", "kind", "ownership")),
            all(getattr(choice, name) in ("", article[name]) for name in ("language", "verdict")),
            article["moment"] >= choice.since,
            choice.before is None or (article["moment"], id_) < choice.before,
        ]
        if all(holds):
            found.append(id_)
    return sorted(found, key=lambda id_: (articles[id_]["moment"], id_), reverse=True)


def _drives(choice: SearchFilters) -> Iterator[Drive | None]:
    """Whatever may drive the choice, and nothing weighed."""
    yield from (None, "time")
    if choice.words and not choosing.walks(choice):
        yield "words"
    if choice.concept:
        yield "concept"
    if choice.of_outlets and not choice.outlet:
        yield "outlets"


def _moments() -> st.SearchStrategy[str]:
    return st.integers(-300, 16).map(lambda days: f"{START + dt.timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}")


filters = st.fixed_dictionaries(
    {},
    optional={
        "outlet": st.sampled_from(list(OUTLETS)),
        "country": st.sampled_from(["PE", "CN"]),
        "kind": st.sampled_from(["agency", "press"]),
        "ownership": st.sampled_from(["state", "private"]),
        "language": st.sampled_from(["es", "zh"]),
        "verdict": st.sampled_from(["relevant", "borderline"]),
        "concept": st.sampled_from(list(CONCEPTS)),
        "since": _moments(),
        "before": st.tuples(_moments(), st.integers(1, 60)),
    },
)
common = st.builds(Words, st.sampled_from(["peru", "puerto", "秘鲁", "co"]), beginning=st.booleans())


@settings(deadline=None, max_examples=300)
@given(st.none() | common | trees, filters, st.integers(0, 2), st.integers(1, 70))
def test_whatever_drives_a_choice_it_lists_the_same_in_the_same_order(
    tree: Node | None, chosen: dict[str, Any], seed: int, limit: int
) -> None:
    db, articles = news(seed)
    query = tree and Query(tree, compile_tree(tree))
    choice = SearchFilters(words="x" if tree else "", query=query, **chosen)
    expected = _expected(choice, tree, articles)
    for drive in _drives(choice):
        for reach in get_args(Reach):
            sql, parameters = reading.entries(replace(choice, drive=drive, reach=reach), limit=limit)
            assert [row[0] for row in db.execute(sql, parameters)] == expected[:limit], (drive, reach)
    if search := reading.search(choice):
        row = _found(db, search)
        searched = reading.searched(choice, row)
        for drive in _drives(choice):  # whatever is known of the words
            sql, parameters = reading.entries(replace(searched, drive=drive), limit=limit)
            assert [row[0] for row in db.execute(sql, parameters)] == expected[:limit], drive
        driven = reading.weighed(searched, {"words": row["n"]})
        assert row["n"] == sum(tree is not None and means(tree, article, OUTLETS) for article in articles.values())
        assert (driven.drive, driven.may_miss) == ("words", False)
        sql, parameters = reading.entries(driven, limit=limit)
        assert [row[0] for row in db.execute(sql, parameters)] == expected[:limit]


@settings(deadline=None, max_examples=200)
@given(st.none() | common | trees, filters, st.integers(0, 2))
def test_counts_and_volume_are_of_the_same_articles(tree: Node | None, chosen: dict[str, Any], seed: int) -> None:
    db, articles = news(seed)
    query = tree and Query(tree, compile_tree(tree))
    choice = SearchFilters(words="x" if tree else "", query=query, **(chosen | {"before": None}))
    expected = _expected(choice, tree, articles)
    outlets = Counter(articles[id_]["outlet"] for id_ in expected)
    days = Counter(articles[id_]["moment"][:10] for id_ in expected if articles[id_]["moment"] >= "2026-01")
    for drive in _drives(choice):
        sql, parameters = reading.counts(replace(choice, drive=drive))
        rows = [tuple(row) for row in db.execute(sql, parameters)]
        assert ("all", "", len(expected)) in rows, drive
        assert ("more", "", 0) in rows, drive
        assert {value: n for facet, value, n in rows if facet == "outlet"} == outlets
        sql, parameters = reading.volume(replace(choice, drive=drive), since="2026-01")
        drawn = {day: n for day, n, _, _, each in db.execute(sql, parameters) if each == 1}
        assert drawn == days, drive
        after = db.execute(*reading.start(since="2025-12-30")).fetchone()[0]
        sql, parameters = reading.volume(replace(choice, drive=drive), since="2026-01", after=after)
        assert {row[0]: row[1] for row in db.execute(sql, parameters)} == days, drive


@settings(deadline=None, max_examples=100)
@given(st.one_of(common, trees), filters, st.integers(0, 2))
def test_a_walk_that_ends_early_finds_the_newest_and_one_of_all_the_rest(
    tree: Node, chosen: dict[str, Any], seed: int
) -> None:
    db, articles = news(seed)
    choice = SearchFilters(words="x", query=Query(tree, compile_tree(tree)), drive="time", **chosen)
    expected = _expected(choice, tree, articles)
    if not choice.may_miss:
        return
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(results, "MOST_WALKED", {"near": 9, "far": 20})
        early, some = (reading.entries(one, limit=60) for one in (choice, replace(choice, reach="all")))
        ended = reading.walk_ended(choice)
    first = [row[0] for row in db.execute(*early)]
    assert first == expected[: len(first)]
    assert ended is not None
    if db.execute(*ended).fetchone()[0]:
        assert first == expected
    assert [row[0] for row in db.execute(*some)] == expected


def test_what_words_found_is_read_once_and_not_for_each_article_of_a_concept() -> None:
    db, _ = news(2)
    choice = SearchFilters(words="peru", query=read_query("peru", EMPTY), concept="cosco")
    search = reading.search(choice)
    assert search is not None
    row = dict(zip(("found", "n"), db.execute(*search).fetchone(), strict=True))
    driven = replace(reading.searched(choice, row), drive="concept")
    assert driven.found
    for sql, parameters in (
        reading.entries(driven, limit=41),
        reading.counts(driven),
        reading.volume(driven, since="2026-01"),
    ):
        steps = {row[0]: (row[1], row[3]) for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)}
        lists = [parent for parent, step in steps.values() if "json_each" in step]
        assert lists
        assert not [steps[parent][1] for parent in lists if "CORRELATED" in steps[parent][1]]


def test_of_a_beginning_that_is_everywhere_the_newest_are_kept_and_the_rest_is_still_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    db, articles = news(2)
    query = read_query("peru*", EMPTY)
    choice = SearchFilters(words="peru*", query=query)
    expected = _expected(choice, query.tree, articles)
    monkeypatch.setattr(choosing, "MOST_FOUND", 5)
    search = reading.search(choice)
    assert search is not None
    row = _found(db, search)
    some = reading.weighed(reading.searched(choice, row), {"words": row["n"]})
    assert (some.drive, some.may_miss) == ("words", True)
    first = [row[0] for row in db.execute(*reading.entries(some, limit=60))]
    assert 0 < len(first) <= 6
    assert [row[0] for row in db.execute(*reading.entries(replace(some, reach="all"), limit=60))] == expected
    days = Counter(articles[id_]["moment"][:10] for id_ in expected if articles[id_]["moment"] >= "2026-10")
    assert {row[0]: row[1] for row in db.execute(*reading.volume(some, since="2026-10"))} == days


def test_a_count_that_reached_its_bound_says_so_and_a_chart_of_a_part_is_scaled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    db, articles = news(0)
    choice = SearchFilters(concept="cosco", verdict="relevant")
    n = len(_expected(choice, None, articles))
    assert n > 4
    monkeypatch.setattr(results, "MOST_COUNTED", 3)
    rows = [tuple(row) for row in db.execute(*reading.counts(choice))]
    assert ("all", "", 3) in rows
    assert ("more", "", 1) in rows
    monkeypatch.setattr(results, "MOST_COUNTED", 2_000)
    monkeypatch.setattr(results, "MOST_SAMPLED", 2)
    assert ("more", "", 1) in [tuple(row) for row in db.execute(*reading.counts(choice))]
    monkeypatch.setattr(results, "MOST_DRAWN", 5)
    drawn = db.execute(*reading.volume(choice, since="2026-10-25")).fetchall()
    assert {row[4] for row in drawn} == {1 + len([1 for one in articles.values() if "cosco" in one["concepts"]]) // 5}
    assert all(row[1] % row[4] == 0 for row in drawn)


@pytest.mark.parametrize(
    ("counted", "drive"),
    [
        ({}, "time"),
        ({"words": 7}, "words"),
        ({"words": choosing.FEW + 1}, "time"),
        ({"words": 3_000, "concept": 5}, "concept"),
        ({"words": 3_000, "concept": 1_000}, "words"),  # asking an article for words costs more than reading one
        ({"words": choosing.FEW + 1, "outlets": 90}, "outlets"),
        ({"words": choosing.FEW + 1, "concept": choosing.FEW + 1, "outlets": choosing.FEW}, "time"),
    ],
)
def test_what_is_rarest_drives(counted: dict[str, int], drive: str) -> None:
    assert reading.weighed(SearchFilters(words="x"), counted).drive == drive


def test_what_there_is_of_each_is_counted_no_further_than_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    db, articles = news(1)
    choice = SearchFilters(words="x", query=read_query("peru", EMPTY), concept="cosco", country="PE")
    tree = read_query("peru", EMPTY).tree
    hits = [id_ for id_, article in articles.items() if means(tree, article, OUTLETS)]
    search, weight = reading.search(choice), reading.weight(choice)
    assert search is not None
    assert weight is not None
    assert tuple(db.execute(*search).fetchone()) == (json.dumps(hits, separators=(",", ":")), len(hits))
    assert tuple(db.execute(*weight).fetchone()) == (
        sum("cosco" in article["concepts"] for article in articles.values()),
        sum(article["outlet"] in ("andina", "el-comercio") for article in articles.values()),
    )
    monkeypatch.setattr(choosing, "FEW", 5)
    monkeypatch.setattr(choosing, "FEW_FOUND", 5)
    monkeypatch.setattr(choosing, "_PLENTY", 2)
    search, weight, common = reading.search(choice), reading.weight(choice), reading.common(choice)
    assert search is not None
    assert weight is not None
    assert common is not None
    assert tuple(db.execute(*weight).fetchone()) == (6, 6)
    assert db.execute(*search).fetchone()[1] == 6
    assert db.execute(*common).fetchone() == (2,)
    assert (reading.is_common(2), reading.is_common(1)) == (True, False)
    assert reading.weight(SearchFilters()) is None
    for no_words in (SearchFilters(), SearchFilters(words="x", query=read_query("lang:es", EMPTY))):
        assert reading.search(no_words) is None
        assert reading.common(no_words) is None
    assert reading.common(SearchFilters(words="x", query=read_query("peru*", EMPTY))) is None


def test_of_outlets_those_articles_are_counted_that_other_filters_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    db, articles = news(1)
    choice = SearchFilters(words="x", query=read_query("peru", EMPTY), country="PE", language="zh", verdict="relevant")
    left = len(_expected(choice, None, articles))
    weight = reading.weight(choice)
    assert weight is not None
    assert db.execute(*weight).fetchone() == (left,)
    monkeypatch.setattr(choosing, "MOST_LOOKED_THROUGH", 5)  # there are more: nothing is said of them
    weight = reading.weight(choice)
    assert weight is not None
    assert db.execute(*weight).fetchone() == (choosing.FEW + 1,)


def _in_short(choice: SearchFilters) -> str:
    """The choice in short, for the name of a test."""
    default = SearchFilters()
    chosen = [
        name for name in SearchFilters.__slots__ if getattr(choice, name) != getattr(default, name) and name != "query"
    ]
    return " ".join(f"{name}={getattr(choice, name)}" for name in chosen) or "everything"


CHOICES = [
    SearchFilters(),
    SearchFilters(since="2026-11-01T00:00:00Z", language="es"),
    SearchFilters(before=("2026-11-01T00:00:00Z", 7)),
    SearchFilters(outlet="andina"),
    SearchFilters(ownership="state", kind="agency"),
    SearchFilters(verdict="borderline", country="PE"),
    SearchFilters(concept="cosco"),
    SearchFilters(concept="cosco", outlet="andina"),
    SearchFilters(words="peru", query=read_query("peru", EMPTY), kind="agency", language="zh"),
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


@pytest.mark.parametrize("choice", CHOICES, ids=_in_short)
def test_no_statement_of_the_reading_room_reads_all_articles(choice: SearchFilters) -> None:
    db, _ = news(0)
    for drive in _drives(choice):
        driven = replace(choice, drive=drive)
        statements = [
            reading.entries(driven, limit=41),
            reading.entries(replace(driven, reach="all"), limit=41),
            reading.counts(driven),
            reading.volume(driven, since="2026-05-01T00:00:00Z"),
            reading.weight(driven),
            reading.search(driven),
            reading.walk_ended(driven),
        ]
        for sql, parameters in filter(None, statements):
            plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
            for step in plan:
                first, _, table = step.partition(" ")
                assert first != "SCAN" or "INDEX" in table or table.split()[0] not in LARGE, (drive, plan)
                # Whatever is read of an article before the page is chosen stands in an index.
                assert not table.startswith("a ") or "COVERING INDEX" in table, (drive, plan)


def test_the_queries_of_this_file_are_written_as_people_write_them() -> None:
    for choice in CHOICES:
        assert choice.query is None or read_query(write_query(choice.query.tree), EMPTY).tree == choice.query.tree
