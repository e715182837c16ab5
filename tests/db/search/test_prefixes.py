"""A prefix that is expanded to words of the index finds what FTS5 finds for the prefix."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db.search import prefixes
from db.search.query import Query, build_vocabulary, find_ids, read_query
from db.search.query.sql import compile_tree
from db.search.query.tree import Node, iter_words
from tests.fixtures.query_corpus import corpus, trees

EMPTY = build_vocabulary((), ())


def written_out(db: Database, query: Query) -> Query:
    """The query as a page writes it out."""
    prefixes.attach_terms_table(db.conn)
    words = {}
    for one in prefixes.find_prefixes(query):
        parameters = {"prefix": one, "most": prefixes.MAX_EXPANDED_WORDS + 1}
        words[one] = [row[0] for row in db.execute(prefixes.WORDS_WITH_PREFIX, parameters)]
    return prefixes.expand_prefixes(query, words)


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(trees, st.integers(0, 3))
def test_any_query_finds_the_same_when_its_prefixes_are_expanded(tree: Node, seed: int) -> None:
    db, _ = corpus(seed)
    query = Query(tree, compile_tree(tree))
    other = written_out(db, query)
    assert find_ids(db, other) == find_ids(db, query)
    assert other.tree == query.tree
    assert other.compiled.prefix_count == query.compiled.prefix_count


@pytest.mark.parametrize(
    "text",
    ["pe*", "Chin*", "ca*", "título*", "title:pe*", "pe* -chin*", "pe* OR (co* lang:es)", "zzz*", "秘*"],
)
@pytest.mark.parametrize("seed", range(4))
def test_every_word_with_the_prefix_is_found(text: str, seed: int) -> None:
    db, _ = corpus(seed)
    query = read_query(text, EMPTY)
    assert find_ids(db, written_out(db, query)) == find_ids(db, query)


def test_the_words_of_a_prefix_are_those_of_the_index() -> None:
    db, _ = corpus(1)
    prefixes.attach_terms_table(db.conn)
    db.execute("CREATE VIRTUAL TABLE temp.by_word USING fts5vocab('main', 'articles_fts', 'row')")
    all_of_them = [row[0] for row in db.execute("SELECT term FROM temp.by_word ORDER BY term")]
    for beginning in ("p", "pe", "chin", "zzz"):
        parameters = {"prefix": beginning, "most": 1_000}
        words = [row[0] for row in db.execute(prefixes.WORDS_WITH_PREFIX, parameters)]
        assert words == [word for word in all_of_them if word.startswith(beginning)]
    db.execute("DROP TABLE temp.by_word")
    two = db.execute(prefixes.WORDS_WITH_PREFIX, {"prefix": "p", "most": 2}).fetchall()
    assert len(two) <= 2


def test_a_prefix_of_very_many_words_or_in_a_phrase_or_in_near_is_not_expanded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    db, _ = corpus(1)
    left = read_query('"puerto de cha*" OR pe* NEAR/3 chin*', EMPTY)
    assert sum(word.is_prefix for word in iter_words(left.tree)) >= 2
    assert prefixes.find_prefixes(left) == ()
    monkeypatch.setattr(prefixes, "MAX_EXPANDED_WORDS", 0)
    query = read_query("pe*", EMPTY)
    assert written_out(db, query) == query
