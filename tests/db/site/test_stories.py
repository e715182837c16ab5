"""`/story/ID`, and who else tells the story of an article, in three languages."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

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
        ("en", "diario sobre crane", "Also reported by", "4 outlets"),
        ("es", "diario sobre crane", "También lo publicaron", "4 medios"),
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


async def test_the_headline_of_a_story_is_no_copy_s_where_an_original_speaks_the_language(news_db: Path) -> None:
    db = open_news(news_db)
    db.execute("UPDATE articles SET original = 2 WHERE id = 1")
    db.conn.commit()
    db.conn.close()
    async with reader(news_db, language="es") as client:
        page, listed = (await client.get("/story/1")).text, (await client.get("/")).text
    assert "<bdi>radio sobre crane</bdi></h1>" in page
    assert "<bdi>radio sobre crane</bdi></a></h3>" in listed


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


DIRECTORY = [
    ("diario", "Diario del Sur", "press", "private", "PE"),
    ("radio", "Radio Pativilca", "press", "private", "PE"),
    ("xinwen", "海港新闻", "state-media", "state", "CN"),
    ("chasqui", "Agencia Chasqui", "agency", "state", "PE"),
]


def direct(news_db: Path) -> None:
    """Name the outlets of the story, and make the article of `radio` a copy."""
    db = open_news(news_db)
    columns = ("id", "name", "kind", "ownership", "country")
    for row in DIRECTORY:
        db.table("outlets").upsert(dict(zip(columns, row, strict=True)), pk="id")
    db.execute("UPDATE articles SET original = 1 WHERE outlet = 'radio'")
    db.conn.close()


@pytest.mark.parametrize(
    ("language", "title", "first", "later"),
    [
        ("en", "Who has it", "Private outlets (Peru) 2 outlets Diario del Sur first, 20", "State outlets"),
        (
            "es",
            "Qué medios la publicaron",
            "Medios privados (Perú) 2 medios Diario del Sur primero, 20",
            "Medios estatales",
        ),
        ("zh", "哪些媒体报道了", "民营媒体（秘鲁） 2家媒体 Diario del Sur 最早，2026年", "官方或国有媒体"),
    ],
)
async def test_a_story_says_which_groups_have_it_and_how_much_later(
    news_db: Path, language: str, title: str, first: str, later: str
) -> None:
    direct(news_db)
    async with reader(news_db, language=language) as client:
        text = plain((await client.get("/story/1")).text).partition(f" {title} ")[2]
    assert first in text
    lag = {"en": "3 h later 1 0", "es": "3 h después 1 0", "zh": "晚 3 小时 1 0"}[language]
    assert lag in text.partition(later)[2]


async def test_the_groups_of_a_story_are_a_file(news_db: Path) -> None:
    direct(news_db)
    async with reader(news_db, language="zh") as client:
        answer = await client.get("/story/4/coverage.csv")  # merged into 1
        assert (await client.get("/story/99/coverage.csv")).status_code == 404
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert [(row["ownership"], row["country"], row["originals"], row["copies"]) for row in rows] == [
        ("private", "PE", "1", "1"),
        ("state", "CN", "1", "0"),
        ("state", "PE", "1", "0"),
    ]
    assert [(row["first_outlet"], row["is_first"], row["lag_seconds"]) for row in rows] == [
        ("diario", "1", ""),
        ("xinwen", "0", "10800"),
        ("chasqui", "0", "32400"),
    ]


async def test_a_story_is_given_as_files(news_db: Path) -> None:
    async with reader(news_db) as client:
        page = (await client.get("/story/1")).text
        for suffix in ("atom", "csv", "json", "ris"):
            assert f'href="/story/1.{suffix}"' in page
            assert (await client.get(f"/story/1.{suffix}")).status_code == 200
        told = json.loads((await client.get("/story/1.json")).text)
        assert [it["id"] for it in told["articles"]] == [1, 2, 3, 4]
        assert told["filters"] == {"story": "1"}
        assert [row["id"] for row in csv.DictReader(io.StringIO((await client.get("/story/4.csv")).text))] == list(
            "1234"
        )
        feed = ElementTree.fromstring((await client.get("/story/1.atom")).text)
        assert [entry.findtext("{*}title") for entry in feed.iter("{http://www.w3.org/2005/Atom}entry")][-1] == (
            "diario sobre crane"
        )
        assert feed.findtext("{*}id") != ElementTree.fromstring((await client.get("/search.atom")).text).findtext(
            "{*}id"
        )
        assert (await client.get("/story/1.ris")).text.count("ER  - ") == 4
        assert (await client.get("/story/99.ris")).status_code == 404
