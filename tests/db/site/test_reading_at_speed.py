"""Lists for quick reading: compact, with bars that are links, usual concepts left off, addresses for paper."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest

from db.site.components import volume_chart
from db.site.components.volume_chart import ChartSpan
from db.site.wording import SiteWording
from tests.fixtures.invented_desk import reader

EN = SiteWording("en")


@pytest.fixture
async def client(news_db: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with reader(news_db) as client:
        yield client


def bars(page: str) -> list[str]:
    """Return the addresses of the bars of a page's chart."""
    _, _, rest = page.partition('<svg class="volume"')
    found = re.findall(r'<a href="([^"]*)" aria-label="[^"]+"', rest.partition("</svg>")[0])
    return [html.unescape(href) for href in found]


async def test_a_compact_list_is_kept_in_a_cookie_until_the_full_one_is_asked_for(client: httpx.AsyncClient) -> None:
    assert "front compact" not in (await client.get("/")).text
    asked = await client.get("/?list=compact&outlet=faro")
    assert "front compact" in asked.text
    assert "HttpOnly" in asked.headers["set-cookie"]
    assert "front compact" in (await client.get("/?q=chancay")).text
    assert "front compact" not in (await client.get("/?list=full")).text
    assert "front compact" not in (await client.get("/")).text
    assert EN("arguments.refused", argument="list=tiny") in html.unescape((await client.get("/?list=tiny")).text)


async def test_a_bar_leads_to_its_days_and_these_are_drawn_by_day(client: httpx.AsyncClient) -> None:
    week = bars((await client.get("/?by=article&chart=articles&language=es")).text)[-1]
    assert week == "/?language=es&by=article&from=2026-11-16&to=2026-11-22"
    page = (await client.get(week)).text
    days = bars(page)
    assert days[-1] == "/?from=2026-11-22&to=2026-11-22&language=es&by=article"
    listed = len(re.findall(r'<article class="entry', page))
    one_by_one = [len(re.findall(r'<article class="entry', (await client.get(day)).text)) for day in days]
    within = [n for day, n in zip(days, one_by_one, strict=True) if day[2:17] >= "from=2026-11-16"]
    assert sum(within) == listed
    assert all(one_by_one)


def test_bars_outside_the_chosen_days_are_faint_and_empty_ones_are_no_links() -> None:
    spans = [ChartSpan(start=dt.date(2026, 11, day), days=1, other=day % 2) for day in (1, 2, 3)]
    chosen = (dt.date(2026, 11, 2), dt.date(2026, 11, 3))
    drawn = ET.fromstring(
        str(volume_chart.draw_volume_chart(spans, EN, link=lambda span: f"/?on={span.start}&b", chosen=chosen))
    )
    assert drawn.attrib["role"] == "group"
    assert [(bar.tag, bar.attrib.get("href"), bar.attrib.get("class")) for bar in drawn] == [
        ("a", "/?on=2026-11-01&b", "faint"),
        ("g", None, None),
        ("a", "/?on=2026-11-03&b", None),
    ]


async def test_concepts_that_most_articles_name_are_left_off_however_few_entries_there_are(news_db: Path) -> None:
    async with reader(news_db) as client:
        page = (await client.get("/?q=chancay&outlet=faro")).text
    named = set(re.findall(r'<li><a href="/concept/([^"]+)">', page.partition("<aside")[0]))
    assert "cosco" in named
    assert named.isdisjoint({"china", "peru"})
    assert 'concept=china"' in page  # the filters have it


async def test_a_printed_list_has_the_query_the_number_and_the_addresses(client: httpx.AsyncClient) -> None:
    page = (await client.get("/?q=chancay&from=2026-11-01&outlet=faro")).text
    head, *addresses = re.findall(r'<p class="printed-address">(.*?)</p>', page)
    assert "chancay · since 1 Nov 2026 · El Faro del Callao · 22 Nov 2026" in head
    assert "https://faro.test/0-nota" in addresses
