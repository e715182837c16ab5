"""Folding: repeated words and overlapping prefixes are looked up once, and the query finds the same."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from db.search.plain_query import count_plain_prefixes, fts_query
from db.search.query import MAX_QUERY_PREFIXES, build_vocabulary, limit_prefixes, parse_query, read_query
from db.search.query.redundancy import cut_prefixes, fold_tree, list_prefixes
from db.search.query.sql import match_of
from db.search.query.tree import Near, iter_leaves, iter_words, write_query

EMPTY = build_vocabulary((), ())
WORDS = ["chin", "china", "Chinas", "chino", "ab", "abc", "peru", "perú", "中国"]


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("chin* china* chin*", "china*"),
        ("chin* chiN* CHIN*", "chin*"),
        ("chin* OR china* OR chin*", "chin*"),
        ("chin* china", "china"),
        ("china chin* china*", "china"),
        ("chin* OR china OR peru", "chin* OR peru"),
        ("title:chin* china*", "title:chin* china*"),
        ("title:(chin* china*)", "title:china*"),
        ("china -chin*", "china -chin*"),
        ("peru -(chin* OR china OR china)", "peru -chin*"),
        ("(chin* OR china) (china* OR chin*)", "chin*"),
        ('"a b" "a b" peru', '"a b" peru'),
        ("lang:es lang:es peru", "lang:es peru"),
        ("perú* perús*", "perú* perús*"),  # FTS5 folds by tables of its own
        ("中* 中国", "中* 中国"),
    ],
)
def test_what_says_nothing_beside_others_is_left_out(written: str, folded: str) -> None:
    once = fold_tree(parse_query(written))
    again = fold_tree(once)
    assert write_query(again).lower() == folded.lower()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a* ab* a*", '"ab" *'),  # one letter is no query of the language: read as plain words
        ("a* OR ab* OR a*", '"a" *'),
        ("a* (a* OR ab*)", '"a" *'),
        ("a* -b* -b*", '("a" * NOT "b" *)'),
        ("a* a* a* a", '"a"'),
    ],
)
def test_plain_words_are_folded_too(words: str, expected: str) -> None:
    assert fts_query(words) == expected


@pytest.fixture(scope="module")
def texts() -> Database:
    db = Database(memory=True)
    db.execute("CREATE VIRTUAL TABLE t USING fts5(title, text, tokenize='unicode61 remove_diacritics 2')")
    rows = [(a, f"{b} {c}") for a in WORDS for b in ("", *WORDS) for c in ("", "abcd", "chin")]
    db.conn.executemany("INSERT INTO t VALUES (?, ?)", rows)
    return db


def find(db: Database, match: str | None) -> list[int]:
    assert match is not None
    return [row[0] for row in db.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rowid", [match]).fetchall()]


terms = st.sampled_from(WORDS).flatmap(lambda word: st.sampled_from([word, f"{word}*", f"title:{word}*"]))
queries = st.recursive(
    terms,
    lambda inner: st.tuples(st.sampled_from([" ", " OR ", " -"]), st.lists(inner, min_size=2, max_size=4)).map(
        lambda pair: "(" + pair[0].join(pair[1]) + ")"
    ),
    max_leaves=10,
)


@given(queries)
def test_a_folded_query_finds_the_same(texts: Database, written: str) -> None:
    tree = parse_query(written)
    match = match_of(tree)
    if match is None:  # NOT inside: its parts
        return
    assert find(texts, match) == find(texts, match_of(fold_tree(tree)))


def test_folding_costs_no_more_than_its_letters() -> None:
    def seconds(count: int) -> float:
        tree = parse_query(" OR ".join(f"{'ab' * (1 + n % 20)}{n}*" for n in range(count)))
        best = 60.0
        for _ in range(5):
            began = time.process_time()
            fold_tree(tree)
            best = min(best, time.process_time() - began)
        return best

    assert seconds(1_800) < 5 * seconds(900) + 0.02


def test_a_page_looks_up_a_number_of_prefixes_and_an_alert_all() -> None:
    many = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}*" for n in range(MAX_QUERY_PREFIXES + 10)]
    for joined in (" ", " OR ", " -"):
        query = read_query("peru " + joined.join(many), EMPTY)
        assert query.compiled.prefix_count == len(many)
        page, count = limit_prefixes(query)
        assert count == len(many)
        assert page.compiled.prefix_count == MAX_QUERY_PREFIXES
        assert page.tree == query.tree
    few = read_query("chin* " * 100, EMPTY)
    assert limit_prefixes(few) == (few, 1)
    assert count_plain_prefixes("a* " * 100) == 1
    plain = fts_query("a* " + " ".join(many))
    assert plain.count("*") <= MAX_QUERY_PREFIXES
    assert count_plain_prefixes("a* " + " ".join(many)) == len(many) + 1


def test_what_is_cut_leaves_no_query_that_finds_nearly_everything() -> None:
    tree = parse_query("(peru aa* -zz*) OR (bb* -cc) OR (dd* -ee)")
    assert list_prefixes(tree) == [("aa", False), ("bb", False), ("dd", False), ("zz", False)]
    assert write_query(cut_prefixes(tree, 1)) == "peru aa*"
    assert write_query(cut_prefixes(tree, 2)) == "peru aa* OR bb* -cc"
    assert cut_prefixes(tree, 4) == tree
    for written in ("aa* NEAR/5 bb*", "-(aa* bb*) cc*"):
        left = cut_prefixes(parse_query(written), 1)
        assert list(iter_words(left))


@pytest.mark.parametrize("written", ["peru NEAR/5 ({})", "({}) NEAR/5 lim*", "({}) NEAR/5 peru -china"])
def test_prefixes_in_near_are_cut_too(written: str) -> None:
    many = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}*" for n in range(150)]
    query = read_query(written.format(" OR ".join(many)), EMPTY)
    page, count = limit_prefixes(query)
    assert count >= len(many)
    assert page.compiled.prefix_count == MAX_QUERY_PREFIXES
    assert page.compiled.tree is not None
    assert [leaf.distance for leaf, _ in iter_leaves(page.compiled.tree) if isinstance(leaf, Near)] == [5]
