"""A damaged search index is noticed, and is built anew from the articles."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.connection import open_news
from db.search import integrity
from db.search.index import unindex_article
from db.search.integrity import find_search_damage, rebuild_search
from tests.fixtures.invented_desk import build


@pytest.fixture
def news(tmp_path: Path) -> Database:
    return open_news(build(tmp_path))


def find(db: Database, words: str) -> list[int]:
    rows = db.execute("SELECT rowid FROM articles_fts WHERE articles_fts MATCH :words ORDER BY rowid", {"words": words})
    return [id_ for (id_,) in rows.fetchall()]


DAMAGES = {
    "blocks of zeros": "UPDATE articles_fts_data SET block = zeroblob(length(block)) WHERE id > 10",
    "blocks cut off": "UPDATE articles_fts_data SET block = substr(block, 1, length(block) / 2) WHERE id > 10",
    "blocks that went": "DELETE FROM articles_fts_data WHERE id > 10",
    "a structure that is none": "UPDATE articles_fts_data SET block = x'ffffffffffffffff' WHERE id = 10",
}


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_is_found_and_mended(
    news: Database, damage: str, is_large: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if is_large:
        monkeypatch.setattr(integrity, "MAX_CHECKED_BLOCKS", 0)
    assert find_search_damage(news) is None
    before = find(news, "chancay")
    news.execute("INSERT INTO articles_fts(articles_fts) VALUES ('optimize')")
    news.conn.execute(damage)
    news.conn.commit()
    news.conn.close()
    again = open_news(tmp_path / "news.db")
    assert find_search_damage(again)
    again.conn.rollback()
    told: list[tuple[int, int]] = []
    count = rebuild_search(again, lambda done, total: told.append((done, total)))
    assert told[-1] == (count, again.execute("SELECT count(*) FROM articles").fetchone()[0])
    assert find_search_damage(again) is None
    assert find(again, "chancay") == before


def test_articles_that_the_index_lost_are_noticed(news: Database) -> None:
    with news.atomic():
        for id_, title, text in news.execute("SELECT id, title, text FROM articles WHERE id % 2").fetchall():
            unindex_article(news, id_, title, text)
    assert "not found by their headlines" in str(find_search_damage(news))


def test_an_index_that_is_built_anew_is_like_that_of_the_migrations(news: Database) -> None:
    def shape() -> str:
        rows = news.execute("SELECT sql FROM sqlite_schema WHERE name = 'articles_fts'")
        return "".join(rows.fetchone()[0].replace('"', "").split())

    before = shape()
    rebuild_search(news, lambda done, total: None)
    assert shape() == before


def test_an_interrupted_rebuild_leaves_the_old_index(news: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "PIECE_ARTICLES", 10)
    before = find(news, "chancay")

    def interrupt(done: int, total: int) -> None:
        if done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild_search(news, interrupt)
    assert find(news, "chancay") == before
    rebuild_search(news, lambda done, total: None)
    assert find(news, "chancay") == before
    with pytest.raises(sqlite3.OperationalError):
        news.execute("SELECT * FROM search_draft")
