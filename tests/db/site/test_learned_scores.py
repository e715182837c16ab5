"""What a learned score is the sum of, on an article's page, and the pages that are worth a mark."""

from __future__ import annotations

import html
import re
import sqlite3
from pathlib import Path

import pytest

from db.connection import open_news
from db.model.verdict import Mark
from db.news.marks import put_mark
from tests.fixtures.invented_desk import NOW, build, reader


def visible_words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Names and places +2.2", "+0.5", "−0.4", "Reads like “Otra nota del puerto” (irrelevant)"]),
        ("es", ["Nombres y lugares +2.2", "+0.5", "−0.4", "Se parece a «Otra nota del puerto» (no pertinente)"]),
        ("zh", ["名称与地点 +2.2", "+0.5", "−0.4", "与“Otra nota del puerto”（不相关）相近"]),
    ],
)
async def test_a_learned_score_is_shown_as_the_sum_that_it_is(news_db: Path, language: str, said: list[str]) -> None:
    with sqlite3.connect(news_db) as db:
        (id_,) = db.execute("SELECT id FROM articles WHERE score_parts IS NOT NULL").fetchone()
        (rule,) = db.execute("SELECT id FROM articles WHERE score_parts IS NULL").fetchone()
    async with reader(news_db, language=language) as client:
        article = visible_words((await client.get(f"/article/{id_}")).text)
        assert all(words in article for words in said), article
        assert said[0][:5] not in visible_words((await client.get(f"/article/{rule}")).text)


async def test_pages_worth_a_mark_are_of_both_kinds_and_not_marked(tmp_path: Path) -> None:
    path = build(tmp_path)
    db = open_news(path)
    db.execute("UPDATE articles SET verdict = 'borderline' WHERE id IN (SELECT max(id) FROM articles)")
    ((marked_key, left_out),) = db.execute(
        "SELECT key, url FROM rejections WHERE reason = 'off-topic' ORDER BY relevance DESC LIMIT 1"
    ).fetchall()
    db.conn.commit()
    async with reader(path) as client:
        before = (await client.get("/news/worth_a_mark.json?_shape=array")).json()
        assert {row["judged"] for row in before} == {"let in", "left out"}
        assert left_out in {row["url"] for row in before}
        put_mark(db, key=marked_key, url=left_out, verdict=Mark.IRRELEVANT, note=None, at=NOW)
        after = (await client.get("/news/worth_a_mark.json?_shape=array")).json()
        assert left_out not in {row["url"] for row in after}
        assert sum(row["judged"] == "left out" for row in after) <= 5
