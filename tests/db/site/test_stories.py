"""`/story/ID`, and who else tells the story of an article, in three languages."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from db.connection import open_news
from db.news.stories.corrections import join_stories
from tests.fixtures.invented_desk import reader
from tests.fixtures.story_desk import NOON, make_article, store


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.fixture
def news_db(tmp_path: Path) -> Path:
    """Three articles of one event, in Spanish, Chinese and Spanish, and the story of another that was merged."""
    db = open_news(tmp_path / "news.db")
    store(db, make_article("diario", "crane"))
    store(db, replace(make_article("xinwen", "crane", hours=3), title="码头<b>起重机</b>倒塌", language="zh"))
    store(db, make_article("radio", "crane", hours=5))
    join_stories(db, 1, store(db, make_article("chasqui", "strike", hours=9)), now=NOON)
    db.conn.close()
    return tmp_path / "news.db"


@pytest.mark.parametrize(
    ("language", "headline", "also", "outlets"),
    [
        ("en", "diario sobre crane", "Also told by", "4 outlets"),
        ("es", "diario sobre crane", "También lo cuentan", "4 medios"),
        ("zh", "码头<b>起重机</b>倒塌", "同一事件的其他报道", "4家媒体"),
    ],
)
async def test_a_story_reads_well_in_three_languages(
    news_db: Path, language: str, headline: str, also: str, outlets: str
) -> None:
    async with reader(news_db, language=language) as client:
        text = (await client.get("/story/1")).text
        assert f"<bdi>{html.escape(headline)}</bdi></h1>" in text
        assert outlets in plain(text)
        assert "<b>起重机" not in text
        places = [text.index(f'href="/article/{id_}"') for id_ in (1, 2, 3, 4)]
        assert places == sorted(places)
        beside = (await client.get("/article/1")).text.partition(also)[2]
        assert beside.index('href="/article/2"') < beside.index('href="/article/3"')  # other languages first
        assert 'href="/story/1"' in beside


async def test_a_merged_story_leads_to_the_one_that_stands_and_an_unknown_one_is_not_found(news_db: Path) -> None:
    async with reader(news_db) as client:
        merged = await client.get("/story/4")
        assert (merged.status_code, merged.headers["location"]) == (301, "/story/1")
        assert (await client.get("/story/99")).status_code == 404


async def test_an_article_that_nobody_else_tells_has_no_such_list(tmp_path: Path) -> None:
    db = open_news(tmp_path / "news.db")
    store(db, make_article("diario", "crane"))
    db.conn.close()
    async with reader(tmp_path / "news.db") as client:
        assert "/story/" not in (await client.get("/article/1")).text
