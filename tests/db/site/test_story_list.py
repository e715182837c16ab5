"""The front page and a search list stories; the old list of articles is a click away."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from db.connection import open_news
from db.public_copy import publish_copy
from tests.fixtures.invented_desk import reader
from tests.fixtures.story_desk import NOON, make_article, store

MORNING = NOON.replace(hour=23)  # 18:00 in Lima


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def headlines(page: str) -> list[str]:
    """Return the addresses of a list's headlines in order."""
    return re.findall(r'<h3><a href="([^"]+)"', page)


@pytest.fixture(scope="module")
def news_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A story of three articles, one of them in Chinese, with a copy; and an article of its own that came between."""
    folder = tmp_path_factory.mktemp("desk")
    db = open_news(folder / "news.db")
    store(db, make_article("diario", "crane", hours=-20))
    store(db, replace(make_article("xinwen", "crane", hours=3), title="码头<b>起重机</b>倒塌", language="zh"))
    store(db, make_article("chasqui", "strike", hours=1))
    store(db, make_article("radio", "crane", hours=4))
    text = "Una grúa cayó sobre el muelle de Quilca y hundió dos lanchas, según contó el capitán del puerto. " * 9
    store(db, replace(make_article("faro", "crane", hours=2, text=text), title="Cae una grúa"))
    store(db, replace(make_article("eco", "crane", hours=5, text=text), title="Cae una grúa en Quilca"))
    db.conn.close()
    return folder / "news.db"


@pytest.mark.parametrize(
    ("language", "headline", "told_by"),
    [
        ("en", "diario sobre crane", "5 outlets · 4 independent voices · 2 languages · first: diario 19 Nov 11:00"),
        ("es", "diario sobre crane", "5 medios · 4 voces independientes · 2 idiomas · primero: diario, 19 nov. 11:00"),
        ("zh", "码头<b>起重机</b>倒塌", "5家媒体 · 4家独立报道 · 2种语言 · 最早：diario 11月19日 11:00"),
    ],
)
async def test_a_story_is_one_entry_that_unfolds_its_articles(
    news_db: Path, language: str, headline: str, told_by: str
) -> None:
    async with reader(news_db, language=language, now=MORNING) as client:
        page = (await client.get("/")).text
    assert headlines(page) == ["/story/1", "/article/3"]
    entry = page.partition('id="s1"')[2].partition("</article>")[0]
    assert f"<bdi>{html.escape(headline)}</bdi></a></h3>" in entry
    assert told_by in plain(entry)
    assert "<b>起重机" not in page
    folded = re.findall(r'<a class="to headline" href="/article/(\d+)"', entry)
    assert folded == ["1", "5", "2", "4", "6"]


async def test_a_search_finds_a_story_by_any_of_its_articles_and_shows_where(news_db: Path) -> None:
    async with reader(news_db, now=MORNING) as client:
        page = (await client.get("/?q=lanchas")).text
        assert headlines(page) == ["/story/1"]
        assert '<a class="headline" href="/article/5?q=lanchas"' in page
        assert "<mark>lanchas</mark>" in page
        assert '<li class="found"' in page
        assert "1 story · 1 article" in plain(page)
        chinese = (await client.get("/?language=zh")).text
        assert headlines(chinese) == ["/story/1"]
        assert chinese.index('href="/article/2"') < chinese.index("<details")


async def test_the_list_of_articles_and_the_other_chart_are_a_click_away(news_db: Path) -> None:
    async with reader(news_db, now=MORNING) as client:
        page = (await client.get("/?q=muelle")).text
        assert "New stories by day over" in page
        assert re.search(r"[1-9] new stor(y|ies) ", page)
        by_article, articles = re.findall(r'href="(/\?q=muelle&amp;(?:by|chart)=[^"]+)"', page)[::-1]
        assert (by_article, articles) == ("/?q=muelle&amp;by=article", "/?q=muelle&amp;chart=articles")
        assert "Articles by day over" in (await client.get(html.unescape(articles))).text
        old = (await client.get(html.unescape(by_article))).text
        assert headlines(old)[0] == "/article/4?q=muelle"
        assert all(address.startswith("/article/") for address in headlines(old))
        assert 'href="/?q=muelle&amp;by=article&amp;period=7"' in old
        assert 'href="/search.csv?q=muelle"' in old
        assert "Articles of this result as" in plain(old)


async def test_a_public_copy_lists_stories_too(news_db: Path, tmp_path: Path) -> None:
    publish_copy(news_db, tmp_path / "public.db")
    async with reader(tmp_path / "public.db", now=MORNING) as client:
        assert headlines((await client.get("/")).text) == ["/story/1", "/article/3"]
