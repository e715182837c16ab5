"""A query finds the same as an alert, among many alerts, and with every plan of the search page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db.news import alert_articles
from db.search import recent_index
from db.search.filters import SearchFilters, Statement
from db.search.plan import Index, Plan, choose_index, select_candidate_counts
from db.search.query import Query, QueryError, build_vocabulary, collect_notes, read_query, words_to_mark
from db.search.query.sql import compile_tree
from db.search.query.tree import Node
from db.search.results import select_page
from tests.fixtures.query_corpus import OUTLETS, corpus, trees
from tests.fixtures.query_oracle import means

pytestmark = pytest.mark.slow

EMPTY = build_vocabulary((), ())
FACETS: dict[Index, dict[str, tuple[str, ...]]] = {"concept": {"concept": ("cosco",)}, "outlet": {"country": ("PE",)}}


def on_the_page(db: Database, plan: Plan, *, limit: int) -> list[int]:
    """Return the ids on a page of the search page's list, by db.search.results."""

    def rows(statement: Statement) -> list[int]:
        return [row["id"] for row in db.query(*statement)]

    found = rows(select_page(plan, limit=limit))
    if plan.may_miss and len(found) < limit:
        found = rows(select_page(replace(plan, window="all"), limit=limit))
    return found


def indexes(filters: SearchFilters) -> list[Index]:
    """Return the indexes that a plan of the filters may start from."""
    text: list[Index] = ["text"] if filters.has_indexed_words else []
    return ["time", *text, *(index for index, facet in FACETS.items() if all(getattr(filters, name) for name in facet))]


def planned(db: Database, filters: SearchFilters) -> Plan:
    """Make the plan of a page without counts of what the words find."""
    plan = Plan(filters=filters)
    counts = select_candidate_counts(plan)
    return choose_index(plan, next(db.query(*counts)) if counts else {})  # type: ignore[arg-type]


def assert_one_meaning(db: Database, query: Query, expected: list[int], after: int, upto: int) -> None:
    """Check that alerts and the page find exactly the expected articles."""
    ranged = [id_ for id_ in expected if after < id_ <= upto]
    found = alert_articles.find_matches(db, query, after=after, upto=upto, borderline=True)
    assert [match.id for match in found] == ranged
    among = alert_articles.find_alertable(db, after=after, upto=upto)
    with recent_index.open_recent_index(db, after=after, upto=upto) as terms:
        quick = alert_articles.find_matches(db, query, after=after, upto=upto, borderline=True)
        assert quick == found
        assert [among[match.id][0] for match in quick] == found
        assert terms.may_match(query.tree) or not found
    some = set(range(after, upto, 3))
    with recent_index.open_recent_index(db, articles=some) as terms:
        picked = [match.id for match in alert_articles.find_matches(db, query, after=0, upto=60, borderline=True)]
        assert [id_ for id_ in picked if id_ in some] == [id_ for id_ in expected if id_ in some]
        assert terms.may_match(query.tree) or not some.intersection(expected)
    copies = {row["id"] for row in db.query("SELECT id FROM articles WHERE original IS NOT NULL")}
    named = {row["article"] for row in db.query("SELECT article FROM mentions WHERE concept = 'cosco'")}
    peruvian = {row["id"] for row in db.query("SELECT id FROM articles WHERE outlet IN ('andina', 'el-comercio')")}
    for ranked in (False, True):
        asked = Query(query.tree, compile_tree(query.tree, ranked=ranked))
        for facet, those in (({}, set(expected)), (FACETS["concept"], named), (FACETS["outlet"], peruvian)):
            filters = SearchFilters(words="x", query=asked, sort="rank" if ranked else "time", **facet)  # type: ignore[arg-type]
            shown = {id_ for id_ in expected if id_ in those and (filters.has_copies or id_ not in copies)}
            for index in {*indexes(filters), planned(db, filters).index}:
                plan = Plan(filters=filters, index=index)
                ids = on_the_page(db, plan, limit=100)
                assert len(ids) == len(set(ids))
                assert set(ids) == shown, plan
                assert len(on_the_page(db, plan, limit=5)) == min(5, len(shown))


@settings(deadline=None, max_examples=150)
@given(trees, st.integers(0, 3), st.integers(0, 60), st.integers(0, 60))
def test_any_query_means_the_same_to_alerts_and_to_the_search_page(
    tree: Node, seed: int, after: int, upto: int
) -> None:
    db, articles = corpus(seed)
    expected = [id_ for id_, article in articles.items() if means(tree, article, OUTLETS)]
    assert_one_meaning(db, Query(tree, compile_tree(tree)), expected, after, upto)


PIECES = (
    "peru", "Perú", "chin*", '"puerto de Chancay"', "钱凯港", "錢凱港", "co*", "AND", "OR", "NOT", "-", "(", ")",
    "NEAR/3", "title:", "is:copy", "is:revision", "paywalled:yes", "lang:es", "title:(", "-is:original", ".", "\u202e",
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map(" ".join), st.integers(0, 3))
def test_any_text_that_parses_means_the_same_to_alerts_and_to_the_search_page(text: str, seed: int) -> None:
    db, articles = corpus(seed)
    try:
        query = read_query(text, EMPTY)
    except QueryError:
        return
    expected = [id_ for id_, article in articles.items() if means(query.tree, article, OUTLETS)]
    assert_one_meaning(db, query, expected, 10, 50)


@pytest.mark.parametrize(
    "text", ["peru OR is:copy", "co* -chin*", "lang:es is:copy", "puerto NEAR/9 (chancay OR 钱凯港) OR cobre"]
)
def test_pages_one_after_another_show_each_article_once(text: str) -> None:
    db, _ = corpus(2)
    query = read_query(text, EMPTY)
    for index in indexes(SearchFilters(words=text, query=query)):
        plan = Plan(filters=SearchFilters(words=text, query=query), index=index)
        whole = on_the_page(db, plan, limit=100)
        assert len(whole) > 2
        paged: list[int] = []
        while True:
            rows = list(db.query(*select_page(replace(plan, window="all"), limit=2)))
            if not rows:
                break
            paged += [row["id"] for row in rows]
            filters = replace(plan.filters, before=(rows[-1]["moment"], rows[-1]["id"]))
            plan = replace(plan, filters=filters)
        assert paged == whole


KNOWN = build_vocabulary(
    (("andina", "Andina", "PE", "[]"), ("xinhua", "新华社", "CN", "[]")),
    (("chancay-port", "Chancay port", "Puerto de Chancay", "钱凯港"), ("cosco", "COSCO Shipping", None, "中远海运")),
)
SCRIPTS = "peru Perú秘鲁 ペルー 페루 بيرو Перу перу𝓹𝓮𝓻𝓾 PERU̲ ＰＥＲＵ 🇵🇪 \u202eurep\u202c"


@settings(deadline=None, max_examples=300)
@given(
    st.text(max_size=120)
    | st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join)
    | st.text('()-"*:ANDORT /1', max_size=60)
)
@example(" ".join(f"w{n}" for n in range(10_000)))
@example(" OR ".join(f"title:w{n}*" for n in range(10_000)))
@example(" OR ".join(f"concept:chancay-port w{n}" for n in range(900)))
@example("(" * 1_000 + "peru" + ")" * 1_000)
@example("(peru OR " * 19 + "x" + ")" * 19)
@example("NOT " * 1_000)
@example("NOT NOT NOT peru")
@example("-" * 1_000)
@example("AND OR NOT NEAR/3 AND")
@example("!?.,;:…¿¡«»()[]{}" * 500)
@example("".join(map(chr, range(32))) + "".join(map(chr, range(127, 160))))
@example("\ud800\udfff peru")
@example("\x00peru\x00")
@example(SCRIPTS)
@example('"' + SCRIPTS + '" OR ' + " OR ".join(SCRIPTS.split()))
@example("concept:钱凯港 outlet:新华社 -concept:cosco")
def test_any_text_is_answered_or_gives_one_query_error(text: str) -> None:
    db, _ = corpus(0)
    marked = words_to_mark(text, KNOWN)
    assert isinstance(marked, str)
    try:
        query = read_query(text, KNOWN)
    except QueryError:
        return
    assert all("\n" not in note.text and 0 <= note.at <= len(text) for note in collect_notes(query.tree, KNOWN))
    found = [match.id for match in alert_articles.find_matches(db, query, after=0, upto=60, borderline=True)]
    with recent_index.open_recent_index(db, after=0, upto=60) as terms:
        assert terms.may_match(query.tree) or not found
        assert [
            match.id for match in alert_articles.find_matches(db, query, after=0, upto=60, borderline=True)
        ] == found
    assert len(on_the_page(db, planned(db, SearchFilters(words=text, query=query)), limit=100)) <= len(found)
