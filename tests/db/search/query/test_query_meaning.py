"""The SQL of any query tree finds what a simple evaluator finds, in three languages."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from db.search.query import Query, QueryError, build_vocabulary, find_ids, parse_query, read_query
from db.search.query.sql import compile_tree
from db.search.query.syntax import MAX_NESTED_PARENTHESES, MAX_QUERY_TERMS
from db.search.query.tree import Node, Words, all_of, iter_leaves, write_query
from tests.fixtures.paths import ROOT
from tests.fixtures.query_corpus import ASKED, OUTLETS, VALUES, corpus, trees
from tests.fixtures.query_oracle import means

pytestmark = pytest.mark.slow

DOCS = ROOT / "docs" / "queries.md"
EMPTY = build_vocabulary((), ())


@settings(deadline=None, max_examples=400)
@given(trees, st.integers(0, 3), st.integers(0, 60), st.integers(0, 60))
def test_the_sql_of_a_tree_finds_what_the_evaluator_finds(tree: Node, seed: int, after: int, upto: int) -> None:
    db, articles = corpus(seed)
    query = Query(tree, compile_tree(tree))
    expected = [id_ for id_, article in articles.items() if means(tree, article, OUTLETS)]
    assert find_ids(db, query) == expected
    assert find_ids(db, query, after=after, upto=upto) == [id_ for id_ in expected if after < id_ <= upto]


@settings(deadline=None, max_examples=400)
@given(trees)
def test_a_query_that_is_written_down_and_read_again_is_the_same(tree: Node) -> None:
    bounded = all_of([Words("peru"), tree])
    assert parse_query(write_query(bounded)) == bounded


SYNTAX = ["AND", "OR", "NOT", "NEAR/2", "(", ")", "-", '"', "*", "is:copy", "outlet:blog", "title:", "concept:cosco"]
TEXTS = st.lists(st.sampled_from([*ASKED, *SYNTAX]), max_size=25).map(" ".join)
NESTED = (
    "".join(("(a OR ", "(b -", "(c ", "(is:copy OR ")[at % 4] for at in range(MAX_NESTED_PARENTHESES))
    + "x"
    + ")" * MAX_NESTED_PARENTHESES
)


@settings(deadline=None, max_examples=300)
@given(st.one_of(TEXTS, st.text(max_size=80)))
@example(NESTED)
@example("3\ud7fc")
@example("(a OR " * MAX_NESTED_PARENTHESES + "b" + ")" * MAX_NESTED_PARENTHESES)
@example("x -(a -(" * (MAX_NESTED_PARENTHESES // 2) + "b" + "))" * (MAX_NESTED_PARENTHESES // 2))
@example(" ".join(f"w{number}" for number in range(MAX_QUERY_TERMS)))
@example(" OR ".join(f"w{number}" for number in range(MAX_QUERY_TERMS)))
@example("x -" + " -".join(f"w{number}" for number in range(MAX_QUERY_TERMS - 1)))
@example(" OR ".join(f"outlet:o{number}" for number in range(MAX_QUERY_TERMS)))
@example(" ".join(f"concept:c{number}" for number in range(MAX_QUERY_TERMS)))
@example(" OR ".join(f"(concept:c{number} is:copy)" for number in range(MAX_QUERY_TERMS // 2)))
@example(" ".join(f"(is:copy OR w{number})" for number in range(MAX_QUERY_TERMS // 2)))
@example(" OR ".join(f"(is:copy w{number}*)" for number in range(MAX_QUERY_TERMS // 2)))
def test_any_valid_query_is_answered_in_bounded_time(text: str) -> None:
    db, articles = corpus(0)
    began = time.process_time()
    try:
        query = read_query(text, EMPTY)
    except QueryError:
        return
    answer = find_ids(db, query)
    assert time.process_time() - began < 20
    if sum(1 for _ in iter_leaves(query.tree)) < 50:
        assert answer == [id_ for id_, article in articles.items() if means(query.tree, article, OUTLETS)]


@pytest.mark.parametrize(
    ("text", "touched"),
    [
        ("peru", {"articles_fts"}),
        ("peru -(china OR niño) NEAR/3 x", {"articles_fts"}),
        ("peru lang:es -is:copy", {"articles_fts", "a USING COVERING INDEX articles_facets (id=?)"}),
        ("concept:cosco", {"m USING COVERING INDEX mentions_concept_article"}),
        (
            "concept:cosco lang:es",
            {"m USING COVERING INDEX mentions_concept", "a USING COVERING INDEX articles_facets (id"},
        ),
        ("peru OR concept:cosco", {"articles_fts", "m USING COVERING INDEX mentions_concept_article"}),
        ("outlet:andina paywalled:yes", {"a USING COVERING INDEX articles_facets (id>? AND id<?)"}),
        (
            "is:revision",
            {"a USING COVERING INDEX articles_facets (id>? AND id<?)", "r USING COVERING INDEX revisions_article"},
        ),
        ("is:copy (peru OR lang:es)", {"a USING COVERING INDEX articles_facets (id>? AND id<?)", "articles_fts"}),
    ],
)
def test_no_query_reads_the_texts_of_articles(text: str, touched: set[str]) -> None:
    db, _ = corpus(0)
    query = read_query(text, EMPTY)
    sql = f"EXPLAIN QUERY PLAN SELECT id FROM ({query.compiled.sql}) ORDER BY id DESC LIMIT 20000"
    plan = [row[3] for row in db.execute(sql, query.compiled.parameters | {"after": 0, "upto": 9})]
    for table in touched:
        assert any(table in step for step in plan), plan
    assert not [step for step in plan if step in ("SCAN a", "SCAN articles", "SCAN mentions", "SCAN m", "SCAN r")]
    assert not [step for step in plan if "articles" in step and "COVERING" not in step and "articles_fts" not in step]


def test_every_query_of_the_documentation_can_be_read() -> None:
    known = build_vocabulary(
        (
            ("andina", "Andina", "PE", "[]"),
            ("el-comercio", "El Comercio", "PE", "[]"),
            ("xinhua", "Xinhua", "CN", "[]"),
        ),
        (("chancay-port", "Chancay port", "Puerto de Chancay", "钱凯港"), ("las-bambas", "Las Bambas", None, None)),
    )
    text = DOCS.read_text("utf-8")
    before, after = text.split("## When something is wrong")
    shown = [part for part in before.split("`")[1::2] if " = " not in part and "…" not in part]
    queries = [
        part
        for part in shown
        if part.rstrip(":") not in (*VALUES, "title") and part not in ("AND", "OR", "NEAR", "NEAR/10")
    ]
    assert len(queries) > 25
    for query in queries:
        read_query(query, known)
    with pytest.raises(QueryError) as caught:
        read_query("concept:chancay-prot lang:es", known)
    assert f'subscription "Puerto": {caught.value}\n  {caught.value.caret()[0]}\n  {caught.value.caret()[1]}\n' in after
