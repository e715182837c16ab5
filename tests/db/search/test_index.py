"""The search index and plain queries: words in three languages find their articles, and no text is an error."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db import migrations
from db.search.highlight import cut_snippet, highlight
from db.search.index import index_article, reindex, unindex_article
from db.search.locate import Term, is_plain, locate_by_pattern, locate_by_token
from db.search.plain_query import MATCHES_NOTHING, fts_query
from db.text.tokens import TOKEN, fold_token, space_out_cjk

TEXTS = {
    1: (
        "El puerto de Chancay recibe su primer buque",
        "Perú y China firmaron un acuerdo. COSCO Shipping opera el muelle.",
    ),
    2: ("钱凯港正式开港", "秘鲁与中国加强合作，中远海运COSCO运营钱凯港。"),
    3: ("Mining investment slows", "Chinese miners wait for permits in Peru; Las Bambas is idle."),
    4: ("Cusco celebra el Inti Raymi", "La fiesta reunió a miles de niños y turistas en el sur del Perú."),
    5: ("秘国矿业", "钱凯 地区的中小企业等待鲁班工坊。ＣＯＳＣＯ 未回应。"),
}


def indexed() -> Database:
    db = Database(memory=True)
    migrations.news.apply(db)
    for id_, (title, text) in TEXTS.items():
        index_article(db, id_, title, text)
    return db


@pytest.fixture
def db() -> Database:
    return indexed()


def found(db: Database, words: str) -> list[int]:
    sql = "SELECT rowid FROM articles_fts WHERE articles_fts MATCH :query ORDER BY rowid"
    return [row[0] for row in db.conn.execute(sql, {"query": fts_query(words)})]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("Peru", [1, 3, 4]),
        ("PERÚ", [1, 3, 4]),
        ("Peru\u0301", [1, 3, 4]),
        ("ninos", [4]),
        ("秘鲁", [2]),
        ("中国", [2]),
        ("钱凯港", [2]),
        ("钱凯", [2, 5]),
        ("秘", [2, 5]),
        ("鲁秘", []),
        ("COSCO 钱凯", [2, 5]),
        ("COSCO钱凯", []),
        ("cosco", [1, 2, 5]),
        ("ＣＯＳＣＯ", [1, 2, 5]),
        ('"primer buque"', [1]),
        ('"buque primer"', []),
        ("buque primer", [1]),
        ("“las bambas”", [3]),
        ("「钱凯港」", [2]),
        ("buque OR bambas", [1, 3]),
        ("peru AND china", [1]),
        ("peru -china", [3, 4]),
        ("peru NOT china", [3, 4]),
        ("peru AND NOT china", [3, 4]),
        ('peru -"las bambas"', [1, 4]),
        ("peru -(china OR bambas)", [4]),
        ("peru (china OR bambas)", [1, 3]),
        ("peru（china OR bambas）", [1, 3]),
        ("chin*", [1, 3]),
        ("chin", []),
        ("钱*", [2, 5]),
        ("錢凱港", [2]),
        ("秘魯 與", [2]),
        ("buque OR 钱凯港 OR turistas", [1, 2, 4]),
        ("peru (-china)", [3, 4]),
        ("peru NOT (-china)", [1]),
        ("peru OR -china", [1, 3, 4]),
        ("buque - chancay", [1]),
        ("Inti-Raymi", [4]),
        ("COSCO/Shipping", [1]),
    ],
)
def test_words_find_what_they_mean(db: Database, words: str, ids: list[int]) -> None:
    assert found(db, words) == ids


@pytest.mark.parametrize("words", ["", "  ", "...", "-peru", "NOT peru", "AND", "()", '""', "-a OR -b", "\0", "*", "—"])
def test_a_query_that_wants_nothing_finds_nothing(db: Database, words: str) -> None:
    assert fts_query(words) == MATCHES_NOTHING
    assert found(db, words) == []


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ('"primer buque', [1]),
        ("peru)", [1, 3, 4]),
        ("((peru", [1, 3, 4]),
        ("title:peru", []),
        ("NEAR(peru china)", []),
        ("^peru", [1, 3, 4]),
        ("{title text}:peru", []),
        ("peru\0china", [1]),
        ("peru + china", [1]),
        ("peru OR", [1, 3, 4]),
        ("OR peru AND", [1, 3, 4]),
        ("'; DROP TABLE articles; --", []),
    ],
)
def test_broken_syntax_is_read_as_words(db: Database, words: str, ids: list[int]) -> None:
    assert found(db, words) == ids


SYNTAX = st.lists(
    st.sampled_from(
        ['"', "(", ")", "AND", "OR", "NOT", "NEAR", "-", "*", "^", ":", "+", "{", "}", ",", "peru", "秘鲁", "\0", "é"]
    ),
    max_size=40,
).flatmap(lambda pieces: st.sampled_from([" ".join(pieces), "".join(pieces)]))
SHARED = indexed()


@settings(deadline=None)
@given(st.one_of(st.text(max_size=200), SYNTAX))
@example("(" * 5000)
@example('"' * 9999)
@example("(a OR " * 300)
@example("NOT " * 2500 + "peru")
@example("a NOT (" * 1000 + "b")
@example("peru " * 2000)
@example("peru OR " * 1250)
@example("-peru " * 1600 + "china")
@example("秘鲁" * 5000)
@example("\ufdfa" * 10_000)
@pytest.mark.slow
def test_no_text_is_an_error_or_reaches_the_syntax(words: str) -> None:
    query = fts_query(words)
    SHARED.conn.execute("SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?", [query]).fetchall()
    outside = "".join(query.split('"')[::2]).replace("*", "")
    assert set(outside.replace("(", " ").replace(")", " ").split()) <= {"AND", "OR", "NOT"}


@pytest.mark.slow
@settings(deadline=None)
@given(st.text(max_size=300))
def test_a_text_is_found_by_each_chinese_pair_and_leaves_no_trace_when_unindexed(text: str) -> None:
    db = Database(memory=True)
    migrations.news.apply(db)
    index_article(db, 7, "钱凯港", text)
    assert found(db, "凯港") == [7]
    unindex_article(db, 7, "钱凯港", text)
    assert found(db, "凯港") == []
    db.execute("INSERT INTO articles_fts(articles_fts) VALUES ('integrity-check')")


def test_chinese_is_indexed_by_character_and_words_are_left_whole() -> None:
    assert space_out_cjk("秘鲁COSCO港2024年").split() == ["秘", "鲁", "COSCO", "港", "2024", "年"]
    assert space_out_cjk("Perú, ﬁn") == "Perú, fin"


def test_reindexing_finds_what_the_articles_say_now(db: Database) -> None:
    db.execute("INSERT INTO outlets(id, name) VALUES ('x', 'X')")
    row = {
        "id": 9,
        "url": "https://x.test/9",
        "outlet": "x",
        "title": "Puerto",
        "text": "秘鲁",
        "words": 1,
        "relevance": 1,
    }
    row |= {"verdict": "relevant", "first_seen": "2026-11-01", "last_seen": "2026-11-01", "text_sha256": ""}
    db.table("articles").insert(row)
    assert reindex(db) == 1
    assert found(db, "秘鲁") == [9]
    assert found(db, "buque") == []


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=60))
def test_highlighting_keeps_every_character(text: str, words: str) -> None:
    assert "".join(part.text for part in highlight(text, words)) == text
    assert (
        "".join(part.text for part in cut_snippet(text, words)).strip("… ") in " ".join(text.split())
        or not text.strip()
    )


def test_a_snippet_shows_the_words_in_the_middle_of_a_long_text() -> None:
    text = "Otra cosa. " * 200 + "El Perú exporta cobre por Chancay. " + "Y más. " * 200
    parts = cut_snippet(text, "peru OR chancay -cosa")
    assert [part.text for part in parts if part.hit] == ["Perú", "Chancay"]
    assert parts[0].text == "… "
    assert parts[-1].text == " …"
    assert len("".join(part.text for part in parts)) < 280


def test_a_snippet_does_not_begin_with_the_punctuation_of_what_stands_before() -> None:
    for distance in range(60):
        text = f"{'话' * 200}。{'说' * distance}秘鲁开港{'话' * 200}"
        first, second, *_ = cut_snippet(text, "秘鲁")
        assert first.text == "… "
        assert not second.text.startswith("。")


def test_a_snippet_marks_chinese_words_and_prefixes() -> None:
    assert [part.text for part in cut_snippet("中远海运运营钱凯港。", "钱凯 海运") if part.hit] == ["海运", "钱凯"]
    assert [part.text for part in highlight("秘魯錢凱港", "钱凯港") if part.hit] == ["錢凱港"]
    assert [part.text for part in highlight("Chinese and China", "chin*") if part.hit] == ["Chinese", "China"]
    assert [part.text for part in highlight("ＣＯＳＣＯ y Perú", "cosco peru") if part.hit] == ["ＣＯＳＣＯ", "Perú"]


WRITTEN = st.text(st.sampled_from("aAáàÁbBcnñÑoOöøßıİſªＡ１1_-—. 秘魯鲁錢钱。，"), max_size=40)
SOUGHT = st.lists(st.sampled_from([*"acnñoßi1秘鲁钱", "ab", "ba", "an", "a1"]), min_size=1, max_size=3)
TERMS = st.lists(
    st.builds(lambda it, goes_on: Term(tuple(map(fold_token, it)), goes_on), SOUGHT, st.booleans()), max_size=3
)


@pytest.mark.slow
@settings(deadline=None, max_examples=500)
@given(WRITTEN, TERMS)
@example("a b a b a", [Term(("a", "b", "a"))])
@example("aña", [Term(("ana",)), Term(("an",), prefix=True)])
@example("秘魯a秘鲁", [Term(("秘", "鲁", "a"))])
def test_patterns_and_tokens_locate_the_same_in_a_plain_text(text: str, terms: list[Term]) -> None:
    assert sorted(set(locate_by_pattern(text, terms))) == sorted(set(locate_by_token(text, terms)))


@pytest.mark.slow
def test_patterns_fold_every_letter_as_the_index_does() -> None:
    """Every letter of a plain text folds as in the index."""
    plain = [letter for letter in map(chr, range(0x10000)) if is_plain(letter)]
    assert len(plain) > 28_000
    for letter in plain:
        read = [fold_token(token) for token in TOKEN.findall(letter)]
        assert len(read) <= 1
        for token in read:
            assert len(token) == 1
            assert locate_by_pattern(letter, [Term((token,))]) == [(0, 1)]


def test_the_query_works_on_a_plain_connection_too() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(a, tokenize='unicode61 remove_diacritics 2')")
    connection.execute("INSERT INTO t VALUES (?)", [space_out_cjk("秘鲁")])
    assert connection.execute("SELECT count(*) FROM t WHERE t MATCH ?", [fts_query("秘鲁")]).fetchone() == (1,)
