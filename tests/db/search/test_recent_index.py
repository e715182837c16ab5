"""An index of the newest articles finds what the whole index finds, and skips queries that can't match."""

from __future__ import annotations

import itertools
import sqlite3
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db.search import recent_index
from db.search.query import Query, find_ids, parse_query
from db.search.query.sql import compile_tree
from db.search.query.tree import Node
from db.text.tokens import TOKEN, space_out_cjk, split_tokens
from tests.fixtures.query_corpus import corpus, trees

pytestmark = pytest.mark.slow


@settings(deadline=None, max_examples=150)
@given(st.lists(trees, min_size=1, max_size=8), st.integers(0, 3), st.integers(0, 60), st.integers(0, 60))
def test_the_recent_index_finds_what_the_whole_index_finds(trees: list[Node], seed: int, after: int, upto: int) -> None:
    db, _ = corpus(seed)
    queries = [Query(tree, compile_tree(tree)) for tree in trees]
    expected = [find_ids(db, query, after=after, upto=upto) for query in queries]
    with recent_index.open_recent_index(db, after=after, upto=upto) as terms:
        answers = [find_ids(db, query, after=after, upto=upto) for query in queries]
        possible = [terms.may_match(query.tree) for query in queries]
    assert answers == expected
    assert all(may for may, ids in zip(possible, expected, strict=True) if ids)
    assert [find_ids(db, query, after=after, upto=upto) for query in queries] == expected, "the real index is back"


def test_the_real_index_is_back_after_a_failure() -> None:
    db, _ = corpus(0)
    query = Query(parse_query("peru"), compile_tree(parse_query("peru")))
    expected = find_ids(db, query)
    with pytest.raises(sqlite3.OperationalError), recent_index.open_recent_index(db, after=58, upto=60):
        db.execute("SELECT nonsense")
    assert find_ids(db, query) == expected


@pytest.mark.parametrize(
    ("query", "may"),
    [
        ("peru", True),
        ("PERÚ", True),
        ("zzz", False),
        ("peru zzz", False),
        ("peru OR zzz", True),
        ("zz*", False),
        ("pe*", True),
        ("peru -zzz", True),
        ("outlet:nobody", True),
        ("zzz outlet:blog", False),
        ("peru NEAR/3 zzz", False),
        ('"zzz peru"', False),
        ("钱凯", True),
        ("錢凱", True),
        ("钢", False),
        ("zzǡ", True),  # not sure: it is asked
    ],
)
def test_a_query_whose_words_are_in_no_article_is_skipped(query: str, may: bool) -> None:
    db, _ = corpus(0)
    with recent_index.open_recent_index(db, after=0, upto=60) as terms:
        assert terms.may_match(parse_query(query)) is may


def test_fts5_folds_the_characters_as_folds_alike_says() -> None:
    db = Database(memory=True)
    db.execute("CREATE VIRTUAL TABLE t USING fts5(a, tokenize='unicode61 remove_diacritics 2')")
    db.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(t, instance)")
    ours: dict[int, list[str]] = {}
    for code in itertools.chain(range(0x3000), range(0x3000, sys.maxunicode, 7)):
        text = unicodedata.normalize("NFKC", f"x{chr(code)}y")
        if unicodedata.category(chr(code))[0] in "LN" and all(map(recent_index.folds_alike, TOKEN.findall(text))):
            ours[code] = split_tokens(text)
            db.execute("INSERT INTO t(rowid, a) VALUES (:id, :text)", {"id": code + 1, "text": space_out_cjk(text)})
    theirs: dict[int, list[str]] = {}
    for term, doc in db.execute("SELECT term, doc FROM terms ORDER BY doc, offset").fetchall():
        theirs.setdefault(doc - 1, []).append(term)
    assert len(ours) > 3_000
    assert {code: (found, theirs[code]) for code, found in ours.items() if found != theirs[code]} == {}


def test_an_index_is_built_if_it_saves_more_than_it_costs() -> None:
    plain, beginning = (Query(parse_query(text), compile_tree(parse_query(text))) for text in ("peru", "chin*"))
    assert recent_index.is_worth_building([plain] * 10_000, articles=1_000)
    assert not recent_index.is_worth_building([plain] * 10, articles=1_000)
    assert recent_index.is_worth_building([beginning] * 10, articles=1_000)
    assert not recent_index.is_worth_building([beginning] * 10_000, articles=recent_index.MAX_RECENT_ARTICLES + 1)
