"""Pages of a desk with very many articles: partial counts and charts say so, and pages share them in a cache."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.connection import open_news
from db.search import counts, results
from db.search import plan as planning
from db.site import query_cache
from db.site.page_context import PageContext
from tests.fixtures.invented_desk import NOW, build, save


@pytest.fixture
def news_db(tmp_path: Path) -> Path:
    return build(tmp_path)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the statements of pages from now on."""
    statements: list[str] = []
    rows = PageContext.rows

    async def listening(room: PageContext, sql: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        statements.append(sql)
        return await rows(room, sql, parameters)

    monkeypatch.setattr(PageContext, "rows", listening)
    return statements


async def test_the_page_says_when_counts_and_chart_cover_only_a_part(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = (await client.get("/?q=peru")).text
    assert "the newest" not in whole
    assert "estimated" not in whole
    query_cache.clear_cache()
    monkeypatch.setattr(counts, "MAX_SAMPLED_HITS", 60)
    monkeypatch.setattr(counts, "MAX_CHARTED_ARTICLES", 20)
    monkeypatch.setattr(planning, "MAX_SORTED_ARTICLES", 5)
    monkeypatch.setattr(planning, "MAX_TEXT_HITS", 5)
    monkeypatch.setattr(planning, "_COMMON_HITS", 3)
    part = (await client.get("/?q=peru")).text
    assert "Counts cover the newest" in part
    assert "(estimated from one story in" in part
    listed = [text.split('href="/article/')[1].split('"')[0].split("?")[0] for text in whole.split("<h3>")[1:]]
    assert listed == [text.split('href="/article/')[1].split('"')[0].split("?")[0] for text in part.split("<h3>")[1:]]


def headlines(page: str) -> list[str]:
    """Return the addresses of a list's headlines in order."""
    return re.findall(r'<h3><a href="([^"]+)"', page)


async def test_no_total_is_shown_if_it_is_smaller_than_the_list(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "MAX_SAMPLED_HITS", 2)
    monkeypatch.setattr(planning, "MAX_SORTED_ARTICLES", 5)
    monkeypatch.setattr(planning, "MAX_TEXT_HITS", 5)
    monkeypatch.setattr(planning, "_COMMON_HITS", 3)
    page = (await client.get("/?q=peru&outlet=faro")).text
    assert page.count("<h3>") > 2
    assert '<p class="total"></p>' in page


async def test_the_rest_of_a_list_is_read_where_the_walk_ended_early(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    whole = (await client.get("/?q=cobre")).text
    assert not any("FROM walked" in sql for sql in asked)
    monkeypatch.setattr(results, "WALKED_ARTICLES", {"near": 4, "far": 8})
    monkeypatch.setattr(planning, "MAX_SORTED_ARTICLES", 0)
    monkeypatch.setattr(planning, "MAX_TEXT_HITS", 0)
    assert headlines((await client.get("/?q=cobre")).text) == headlines(whole)
    assert len(headlines(whole)) > 8
    assert any("FROM walked" in sql for sql in asked)


async def test_rare_hits_of_a_filter_are_listed_in_order_and_ranked(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [f"/?q=cobre{more}" for more in ("&language=zh", "&outlet=faro", "&language=es&sort=rank")]
    whole = [headlines((await client.get(address)).text) for address in addresses]
    assert list(map(bool, whole)) == [False, True, True]
    monkeypatch.setattr(results, "WALKED_ARTICLES", {"near": 1, "far": 2})
    monkeypatch.setattr(planning, "MAX_SORTED_ARTICLES", 0)
    monkeypatch.setattr(planning, "MAX_TEXT_HITS", 0)
    assert [headlines((await client.get(address)).text) for address in addresses] == whole


async def test_the_next_page_of_a_result_takes_counts_and_chart_from_the_cache(
    client: httpx.AsyncClient, news_db: Path, asked: list[str]
) -> None:
    def dear() -> int:
        return sum("AS facet" in sql or "AS day" in sql for sql in asked)

    query_cache.clear_cache()
    first = (await client.get("/?period=365")).text
    assert dear() == 2
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert (await client.get(following)).status_code == 200
    assert dear() == 2
    await client.get("/?period=365&language=zh")
    assert dear() == 4
    db = open_news(news_db)
    save(db, NOW, 0.1, "faro", "es", "Última hora en Chancay", "Llega otra grúa al Perú.", ["chancay"])
    db.close()
    await client.get("/?period=365")
    assert dear() == 6  # there is news
