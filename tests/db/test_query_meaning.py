"""A query means to SQL what its tree says, whatever its shape: against a plain evaluator, in three languages."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from query_corpus import OUTLETS, corpus, trees
from query_oracle import means

from db.query import Query, found, parse
from db.query.sql import compiled
from db.query.tree import Node, Words, all_of, written


@settings(deadline=None, max_examples=400)
@given(trees, st.integers(0, 3), st.integers(0, 60), st.integers(0, 60))
def test_a_tree_finds_what_it_says(tree: Node, seed: int, after: int, upto: int) -> None:
    db, articles = corpus(seed)
    query = Query(tree, compiled(tree))
    expected = [id_ for id_, article in articles.items() if means(tree, article, OUTLETS)]
    assert found(db, query) == expected
    assert found(db, query, after=after, upto=upto) == [id_ for id_ in expected if after < id_ <= upto]


@settings(deadline=None, max_examples=400)
@given(trees)
def test_a_query_that_is_written_down_and_read_again_is_the_same(tree: Node) -> None:
    bounded = all_of([Words("peru"), tree])
    assert parse(written(bounded)) == bounded
