"""A page says which arguments of its address it did not read."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from db.site.page_arguments import MAX_NOTES, MAX_SHOWN_CHARACTERS, describe_unread
from db.site.wording import SiteWording
from tests.fixtures.invented_desk import reader

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room

EN = SiteWording("en")
EVERY_PAGE = (
    "/", "/?q=chancay", "/article/1", "/story/1", "/outlets", "/outlet/faro", "/concepts", "/concept/cosco", "/edits",
    "/copies", "/figures", "/framing", "/framing?concept=cosco", "/help", "/subscribe?q=chancay", "/story/1/copies",
)  # fmt: skip


@pytest.fixture
async def client(news_db: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with reader(news_db) as client:
        yield client


def notes(page: str) -> list[str]:
    """Return the sentences on arguments of a page."""
    _, _, found = page.partition('<div class="unread" role="note">')
    return [html.unescape(note) for note in re.findall(r"<p>(.*?)</p>", found.partition("</div>")[0])]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/?from=2026-11-01", []),
        ("/?from=1.11.2026", [EN("arguments.no_date", argument="from=1.11.2026")]),
        ("/?from=2026-11-30&to=2026-11-01", [EN("arguments.reversed", first="2026-11-30", last="2026-11-01")]),
        ("/?to=2026-11-30&period=7", [EN("arguments.period_and_days", argument="period=7")]),
        ("/?desde=2026-11-01", [EN("arguments.unknown", argument="desde"), EN("arguments.period")]),
        ("/?outlet=faro&outlet=agencia-costa&language=ja&country=PE&concept=cosco&verdict=borderline", []),
        ("/?outlet=faro&outlet=nosuch", [EN("arguments.no_such", argument="outlet=nosuch")]),
        ("/?country=Peru&kind=x", [EN("arguments.no_such", argument=one) for one in ("country=Peru", "kind=x")]),
        ("/?concept=x&language=xx", [EN("arguments.no_such", argument=one) for one in ("concept=x", "language=xx")]),
        (
            "/?" + "&".join(f"outlet={n}" for n in range(21)),
            [
                EN("arguments.too_many", argument="outlet", most=20),
                *(EN("arguments.no_such", argument=f"outlet={n}") for n in range(MAX_NOTES - 1)),
            ],
        ),
        ("/?period=2026-11-01", [EN("arguments.refused", argument="period=2026-11-01"), EN("arguments.period")]),
        ("/?q=port&sort=best", [EN("arguments.refused", argument="sort=best")]),
        ("/?sort=rank", [EN("arguments.refused", argument="sort=rank")]),
        ("/?q=port&before=yesterday", [EN("arguments.refused", argument="before=yesterday")]),
        ("/?q=port&q=mine", [EN("arguments.repeated", argument="q", value="port")]),
        ("/?lang=xx", [EN("arguments.refused", argument="lang=xx")]),
        ("/subscribe?q=port&to=2026", [EN("arguments.no_date", argument="to=2026")]),
        ("/edits?kind=colour", [EN("arguments.refused", argument="kind=colour")]),
        ("/figures?before=x", [EN("arguments.refused", argument="before=x")]),
        ("/outlets?sort=-name&country=PE", []),
        ("/outlets?sort=colour", [EN("arguments.refused", argument="sort=colour")]),
        ("/?x=<script>", [EN("arguments.unknown", argument="x")]),
        ("/?q=port&sort=time&by=story&chart=stories&period=30&lang=en&verdict=", []),
    ],
)
async def test_what_was_not_understood_is_said(client: httpx.AsyncClient, address: str, said: list[str]) -> None:
    assert notes((await client.get(address)).text) == said


@pytest.mark.parametrize("language", ["en", "es", "zh"])
async def test_every_page_answers_in_the_readers_language_and_its_own_links_are_understood(
    client: httpx.AsyncClient, language: str
) -> None:
    followed: set[str] = set()
    for address in EVERY_PAGE:
        page = (await client.get(address, headers={"accept-language": language})).text
        assert notes(page) == [], address
        asked = f"{address}{'&' if '?' in address else '?'}whatever=1"
        said = SiteWording(language)("arguments.unknown", argument="whatever")
        assert notes((await client.get(asked, headers={"accept-language": language})).text) == [said], address
        if language == "en":
            links = {html.unescape(link).partition("#")[0] for link in re.findall(r'href="(/[^"]*\?[^"]*)"', page)}
            kinds = {
                re.sub(r"\d+|=[^&]*", "", link): link
                for link in links
                if not link.startswith(("/news", "/site", "/-/"))
            }
            for kind, link in kinds.items():
                if kind not in followed and "." not in link.partition("?")[0]:
                    followed.add(kind)
                    assert notes((await client.get(link)).text) == [], link


async def test_a_file_of_a_search_says_it_too(client: httpx.AsyncClient) -> None:
    found = (await client.get("/search.json?q=chancay&desde=2026-11-01")).json()
    assert EN("arguments.unknown", argument="desde") in found["mistake"]


@pytest.mark.parametrize("name", ["search", "edits", "figures"])
async def test_every_file_tells_in_a_header_which_arguments_it_did_not_read(
    client: httpx.AsyncClient, name: str
) -> None:
    told = EN("arguments.unknown", argument="desde")
    csv = await client.get(f"/{name}.csv?desde=2026-11-01&to=2026-11-31%0d%0aX-Other:1")
    assert csv.headers["vigia-mistake"].startswith(told.replace("“", '"').replace("”", '"'))
    assert "to=2026-11-31 X-Other:1" in csv.headers["vigia-mistake"]
    assert "x-other" not in csv.headers
    found = (await client.get(f"/{name}.json?desde=2026-11-01")).json()
    assert told in found["mistake"]
    assert "vigia-mistake" not in (await client.get(f"/{name}.csv?from=2026-11-01")).headers


def test_only_some_are_said_and_each_is_short() -> None:
    told = describe_unread({f"{n}{'x' * 999}": ["1"] for n in range(99)}, wording=EN)
    assert len(told) == MAX_NOTES
    assert max(map(len, told)) < MAX_SHOWN_CHARACTERS + 80
