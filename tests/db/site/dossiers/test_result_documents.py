"""The result of a search as citations and as a briefing."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import bibtexparser
import docx
import httpx
import pytest
import rispy

from tests.fixtures.briefing_desk import NOW, write_briefing_desk
from tests.fixtures.invented_desk import reader


@pytest.fixture(scope="module")
def told_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The news.db of a desk with stories that several outlets tell."""
    return write_briefing_desk(tmp_path_factory.mktemp("told")).news_db


@pytest.fixture
async def told(told_desk: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with reader(told_desk, now=NOW) as client:
        yield client


async def test_citations_are_of_the_articles_of_the_result_in_its_order(client: httpx.AsyncClient) -> None:
    articles = (await client.get("/search.json?q=chancay")).json()["articles"]
    ris = rispy.loads((await client.get("/search.ris?q=chancay")).text)
    bib = bibtexparser.parse_string((await client.get("/search.bib?q=chancay")).text)
    csl = json.loads((await client.get("/search.csl.json?q=chancay")).text)
    assert len(articles) > 3
    urls = [article["url"] for article in articles]  # "" of an address that may be no link
    assert ["".join(record.get("urls", [])) for record in ris] == urls
    assert [entry.fields_dict["url"].value if "url" in entry.fields_dict else "" for entry in bib.entries] == urls
    assert [item.get("URL", "") for item in csl] == urls
    assert not bib.failed_blocks


async def test_a_result_without_articles_gives_files_without_entries(client: httpx.AsyncClient) -> None:
    assert (await client.get("/search.ris?q=zzzz")).text == ""
    assert (await client.get("/search.csl.json?q=zzzz")).json() == []
    assert "No stories match." in (await client.get("/search.md?q=zzzz")).text


@pytest.mark.parametrize("ending", ["ris", "bib", "csl.json", "md", "html", "docx"])
async def test_every_file_tells_in_a_header_what_it_did_not_read(client: httpx.AsyncClient, ending: str) -> None:
    as_file = await client.get(f"/search.{ending}?q=zzzz&desde=2026-11-01", headers={"accept-language": "es"})
    told = (await client.get("/search.csv?q=zzzz&desde=2026-11-01")).headers["vigia-mistake"]
    assert "desde" in told
    assert as_file.headers["vigia-mistake"] == told
    assert "vigia-mistake" not in (await client.get(f"/search.{ending}?q=zzzz&from=2026-11-01")).headers


async def test_a_briefing_has_the_stories_of_the_result_in_its_order(told: httpx.AsyncClient) -> None:
    page = (await told.get("/?q=chancay")).text
    headlines = [re.sub("<[^>]+>", "", text) for text in re.findall(r"<h3><a [^>]*><bdi>(.+?)</bdi>", page)]
    answer = await told.get("/search.docx?q=chancay")
    document = docx.Document(io.BytesIO(answer.content))
    written = [one.text.partition(". ")[2] for one in document.paragraphs if one.style.name == "Heading 1"]
    assert len(headlines) > 1
    assert written[: len(headlines)] == headlines
    assert answer.headers["content-disposition"] == 'attachment; filename="vigia-2026-11-23.docx"'
    text = (await told.get("/search.md?q=chancay")).text
    assert "Search: chancay" in text
    assert "**Outlets give different figures**" in text
    assert "## How well" not in text  # that is of a period


async def test_a_briefing_of_a_result_is_in_the_reader_s_language(told: httpx.AsyncClient) -> None:
    page = (await told.get("/search.html?q=chancay&lang=es")).text
    assert '<html lang="es">' in page
    assert "Búsqueda: chancay" in page


@pytest.mark.parametrize("ending", ["docx", "html", "md"])
async def test_the_same_result_at_the_same_moment_makes_the_same_bytes(told: httpx.AsyncClient, ending: str) -> None:
    assert (await told.get(f"/search.{ending}")).content == (await told.get(f"/search.{ending}")).content
