"""The public copy has headlines, first sentences and links, and no other sentence anywhere in the file."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import public_copy as published
from db.connection import StoreError, open_news
from db.news.stories.corrections import join_stories, split_story
from db.public_copy import PublishError, is_published, make_lead, publish_copy
from db.search.plain_query import fts_query
from db.text.excerpt import split_paragraphs
from db.text.sentences import split_sentences
from db.text.tokens import space_out_cjk
from tests.fixtures.invented_desk import build
from tests.fixtures.story_desk import make_article, store

NOW = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC)
COLUMNS_AT_HOME = ("image", "archive_file", "archive_offset")


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("desk"), now=NOW)


@pytest.fixture(scope="module")
def public(news: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("public") / "public.db"
    assert publish_copy(news, target).articles == asked(target, "SELECT count(*) FROM articles")[0][0]
    return target


def asked(path: Path, sql: str, *parameters: Any) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql, parameters).fetchall()
    finally:
        connection.close()


def test_no_sentence_of_a_text_beyond_its_lead_is_anywhere_in_the_file(news: Path, public: Path) -> None:
    body = public.read_bytes()
    shown = " ".join(text for row in asked(public, "SELECT title, text FROM articles") for text in row)
    texts = asked(news, "SELECT text FROM articles UNION SELECT text FROM revisions")
    beyond = {
        sentence.strip()
        for (text,) in texts
        for paragraph in split_paragraphs(text)
        for sentence in split_sentences(paragraph, keep_spaces=True)
        if len(sentence.strip()) > 12 and sentence.strip() not in shown
    }
    assert len(beyond) > 100
    found = [
        sentence
        for sentence in beyond
        for said in (sentence, space_out_cjk(sentence), json.dumps(sentence)[1:-1])
        if said.encode() in body or said.encode("utf-16-le") in body
    ]
    assert found == []


def test_words_beyond_the_lead_are_not_in_the_index(news: Path, public: Path) -> None:
    source = open_news(news)
    title, text = next(iter(source.conn.execute("SELECT title, text FROM articles WHERE language = 'es' ORDER BY id")))
    source.close()
    begun = f"{title} {make_lead(text, 'es')}".casefold()
    word = next(word for word in text.split() if len(word) > 6 and word.isalpha() and word.casefold() not in begun)
    found = "SELECT count(*) FROM articles_fts WHERE articles_fts MATCH ?"
    assert asked(news, found, fts_query(word))[0][0] >= 1
    everywhere = " ".join(f"{t} {x}" for t, x in asked(public, "SELECT title, text FROM articles")).casefold()
    assert word.casefold() not in everywhere
    assert asked(public, found, fts_query(word))[0][0] == 0
    assert asked(public, found, fts_query("钱凯港"))[0][0] >= 1


def test_the_file_has_only_the_public_tables_and_nothing_of_the_desk(public: Path) -> None:
    tables = {name for (name,) in asked(public, "SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert {name for name in tables if not name.startswith(("sqlite_", "articles_fts", "_"))} == set(
        published.PUBLIC_TABLES
    )
    for column in COLUMNS_AT_HOME:
        assert asked(public, f"SELECT count(*) FROM articles WHERE {column} IS NOT NULL") == [(0,)]
    assert asked(public, "SELECT DISTINCT text_sha256 FROM articles") == [("",)]
    assert set(asked(public, "SELECT title, text, text_sha256, changes FROM revisions")) == {("", "", "", "{}")}
    assert asked(public, "SELECT count(*) FROM revisions WHERE seen_at LIKE '2026-11-22T%Z'")[0][0] >= 1
    assert asked(public, "SELECT count(*) FROM crawls") == [(0,)]
    assert asked(public, "PRAGMA integrity_check") == [("ok",)]
    assert asked(public, "PRAGMA foreign_key_check") == []
    assert asked(public, "PRAGMA freelist_count") == [(0,)]
    assert asked(public, "PRAGMA journal_mode") == [("delete",)]


def test_a_table_or_column_that_a_later_version_adds_is_not_published(news: Path, tmp_path: Path) -> None:
    copy = tmp_path / "news.db"
    copy.write_bytes(news.read_bytes())
    with sqlite3.connect(copy) as connection:
        connection.executescript("""
            CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('what an analyst thinks');
            ALTER TABLE articles ADD COLUMN remark TEXT; UPDATE articles SET remark = 'what an analyst thinks';
        """)
    connection.close()
    publish_copy(copy, tmp_path / "public.db")
    assert b"what an analyst thinks" not in (tmp_path / "public.db").read_bytes()


def test_copies_keep_their_original_and_reasons_only_sentences_of_the_lead(news: Path, public: Path) -> None:
    related = "SELECT id, original, copy_kind, similarity FROM articles WHERE original IS NOT NULL ORDER BY id"
    assert asked(public, related) == asked(news, related) != []
    kept = 0
    for title, text, reasons in asked(public, "SELECT title, text, reasons FROM articles"):
        assert all(reason["sentence"] in title or reason["sentence"] in text for reason in json.loads(reasons))
        kept += len(json.loads(reasons))
    assert kept > 0
    mentions = "SELECT article, concept, count, in_title FROM mentions ORDER BY article, concept"
    of_those = f"SELECT * FROM ({mentions}) WHERE article IN (SELECT value FROM json_each(?))"
    ids = json.dumps([id_ for (id_,) in asked(public, "SELECT id FROM articles")])
    assert asked(public, mentions) == asked(news, of_those, ids)


def test_an_article_whose_address_no_browser_should_open_is_not_published(news: Path, public: Path) -> None:
    assert asked(news, "SELECT count(*) FROM articles WHERE url LIKE 'javascript:%'") == [(1,)]
    assert asked(public, "SELECT count(*) FROM articles WHERE url NOT LIKE 'https://%'") == [(0,)]


def test_only_relevant_articles_since_a_day_are_published_with_originals_of_copies(news: Path, tmp_path: Path) -> None:
    target = tmp_path / "public.db"
    publish_copy(news, target, relevant_only=True)
    borderline = "SELECT count(*) FROM articles AS a WHERE verdict <> 'relevant'"
    assert asked(news, borderline)[0][0] > 0
    assert asked(target, f"{borderline} AND id NOT IN (SELECT original FROM articles WHERE original IS NOT NULL)") == [
        (0,)
    ]

    copy, original, moment = asked(
        news,
        "SELECT c.id, c.original, c.published FROM articles AS c JOIN articles AS a ON a.id = c.original"
        " WHERE c.published > a.published ORDER BY c.published DESC LIMIT 1",
    )[0]
    publish_copy(news, target, since=moment)
    assert asked(target, "SELECT original FROM articles WHERE id = ?", copy) == [(original,)]
    early = "SELECT id FROM articles WHERE coalesce(published, first_seen) < ?"
    originals = {id_ for (id_,) in asked(target, "SELECT original FROM articles WHERE original IS NOT NULL")}
    assert original in {id_ for (id_,) in asked(target, early, moment)} <= originals
    assert asked(target, "SELECT since, verdict FROM publication") == [(moment, None)]
    named = "SELECT count(*) FROM concepts WHERE id NOT IN (SELECT concept FROM mentions)"
    assert asked(target, named) == [(0,)]


def test_a_publication_replaces_its_own_file_in_one_step_and_no_other_file(news: Path, tmp_path: Path) -> None:
    target = tmp_path / "public.db"
    publish_copy(news, target)
    with sqlite3.connect(target) as reader:  # a program that has the old file open can still read it
        before = reader.execute("SELECT count(*) FROM articles").fetchone()
        publish_copy(news, target, relevant_only=True)
        assert reader.execute("SELECT count(*) FROM articles").fetchone() == before
    reader.close()
    assert asked(target, "SELECT verdict FROM publication") == [("relevant",)]
    assert stat.S_IMODE(target.stat().st_mode) & 0o044
    assert [path.name for path in tmp_path.iterdir()] == ["public.db"]

    for name, body in (("notes.txt", b"mine"), ("empty.db", b""), ("short.db", b"SQLite format 3\0")):
        (tmp_path / name).write_bytes(body)
        with pytest.raises(PublishError, match="was not published by Vigía"):
            publish_copy(news, tmp_path / name)
        assert (tmp_path / name).read_bytes() == body
    with pytest.raises(PublishError, match="was not published by Vigía"):
        publish_copy(news, news)
    assert not is_published(news)


def test_a_file_that_can_not_be_written_gives_one_line_and_leaves_nothing(
    news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PublishError, match="no such folder"):
        publish_copy(news, tmp_path / "nowhere" / "public.db")
    with pytest.raises(PublishError, match="was not published"):
        publish_copy(news, tmp_path)
    with pytest.raises(StoreError, match="there is no such database"):
        publish_copy(tmp_path / "news.db", tmp_path / "public.db")
    (tmp_path / "public.db-wal").write_bytes(b"of another")
    with pytest.raises(PublishError, match="another program writes"):
        publish_copy(news, tmp_path / "public.db")
    (tmp_path / "public.db-wal").unlink()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(published, "index_article", full)
    with pytest.raises(StoreError, match="disk is full"):
        publish_copy(news, tmp_path / "public.db")
    assert list(tmp_path.iterdir()) == []


@given(st.text(max_size=900), st.sampled_from(["es", "en", "zh", None]))
def test_a_lead_is_never_more_than_half_of_the_text_and_never_long(text: str, language: str | None) -> None:
    found = make_lead(text, language)
    most = min(120 if language == "zh" else 300, len(text) // 2)
    assert len(found.removesuffix(" …")) <= most
    assert not text.strip() or found != text


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Dos frases aquí. Y otra más larga que la primera.", "es", "Dos frases aquí. Y otra …"),
        ("La primera frase tiene más de cuarenta letras. La segunda también las tiene, y algo más.", "es",
         "La primera frase tiene más de cuarenta …"),
        ("一批自动化装卸设备运抵秘鲁钱凯港。预计三周内完成安装，届时吞吐能力将提高两成。", "zh",
         "一批自动化装卸设备运抵秘鲁钱凯港。"),
        ("", "es", ""),
    ],
)  # fmt: skip
def test_the_lead_of_a_text(text: str, language: str, expected: str) -> None:
    assert make_lead(text, language) == expected


def test_stories_are_published_without_what_articles_are_compared_by(tmp_path: Path) -> None:
    db = open_news(tmp_path / "news.db")
    one, other = store(db, make_article("diario", "crane")), store(db, make_article("radio", "strike", hours=1))
    late = store(db, make_article("chasqui", "strike", hours=2))
    first_published = store(db, make_article("vocero", "crane", hours=0.8))
    join_stories(db, one, other, now=NOW)
    split_story(db, late, now=NOW)
    db.conn.close()
    publish_copy(tmp_path / "news.db", tmp_path / "public.db")
    tables = {name for (name,) in asked(tmp_path / "public.db", "SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert {name for name in tables if name.startswith("stor")} == {"stories", "story_articles"}
    for table in ("stories", "story_articles"):
        every = f"SELECT * FROM {table} ORDER BY 1"
        assert asked(tmp_path / "public.db", every) == asked(tmp_path / "news.db", every)
    publish_copy(tmp_path / "news.db", tmp_path / "public.db", since="2026-11-20T12:30:00Z")
    rows = asked(tmp_path / "public.db", "SELECT id, began, first_article, merged_into FROM stories ORDER BY id")
    assert rows[0] == (one, "2026-11-20T12:48:00Z", first_published, None)
    assert [row[3] for row in rows if row[0] == other] == [one]
