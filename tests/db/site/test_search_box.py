"""The search box reads the query language and says what it did not understand."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from db.connection import open_news
from db.news.stories.pending import begin_stories_anew
from db.search.index import index_article
from db.site.server import make_application

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room

ARTICLES = (
    # title, text, outlet, language, verdict, original, concepts
    ("Puerto de Chancay crece", "El puerto recibe buques.", "andina", "es", "relevant", None, ("chancay-port",)),
    ("钱凯港开港", "秘鲁与中国。", "xinhua", "zh", "relevant", None, ("chancay-port",)),
    ("Chancay port grows", "Ships call at Chancay.", "blog", "en", "borderline", None, ("chancay-port",)),
    ("Puerto de Chancay crece", "El puerto recibe buques.", "blog", "es", "relevant", 1, ("chancay-port",)),
    ("Cobre", "China compra cobre.", "andina", "es", "relevant", None, ()),
)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    news = open_news(tmp_path / "news.db")
    for id_, country in (("andina", "PE"), ("xinhua", "CN"), ("blog", None)):
        news["outlets"].insert({"id": id_, "name": id_.title(), "country": country})
    news["concepts"].insert(
        {"id": "chancay-port", "name_en": "Chancay port", "name_es": "Puerto de Chancay", "name_zh": "钱凯港"}
    )
    for id_, (title, text, outlet, language, verdict, original, concepts) in enumerate(ARTICLES, start=1):
        row = {"id": id_, "url": f"https://{outlet}.example/{id_}", "title": title, "text": text, "outlet": outlet}
        row |= {"language": language, "verdict": verdict, "original": original, "words": 5, "relevance": 1}
        seen = f"2026-11-2{id_}T10:00:00Z"
        news["articles"].insert(row | {"first_seen": seen, "last_seen": seen, "text_sha256": str(id_)})
        index_article(news, id_, title, text)
        for concept in concepts:
            news["mentions"].insert({"article": id_, "concept": concept, "count": 1})
    begin_stories_anew(news)
    news.close()
    site = make_application(tmp_path / "news.db", name="Desk", timezone="UTC")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=site), base_url="http://127.0.0.1") as client:
        yield client


def listed(page: str) -> list[int]:
    """Return the ids of the listed articles, without the copies under an original."""
    return sorted(int(id_) for id_ in re.findall(r'<h3><a href="/article/(\d+)', page))


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("concept:chancay-port", [1, 2, 3]),
        ("concept:钱凯港 lang:en", [3]),
        ("title:puerto", [1]),
        ("country:PE -cobre", [1]),
        ("china NEAR/1 cobre", [5]),
        ("(cobre OR 钱凯) verdict:relevant", [2, 5]),
        ("is:copy", [4]),
        ("outlet:blog", [3, 4]),
    ],
)
@pytest.mark.parametrize("sort", ["", "rank"])
async def test_the_search_box_reads_the_query_language(
    client: httpx.AsyncClient, words: str, ids: list[int], sort: str
) -> None:
    answer = await client.get("/", params={"q": words, "sort": sort})
    assert listed(answer.text) == ids
    assert "Not understood" not in answer.text


async def test_an_invalid_query_shows_the_place_of_the_mistake_and_is_searched_as_words(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get("/", params={"q": "cobre tittle:china"})).text
    assert "there is no field &#34;tittle&#34;; did you mean title:?" in page
    assert '<pre>cobre tittle:china\n<span class="room-for">cobre </span>^</pre>' in page
    assert "Searched for the words instead" in page
    assert listed((await client.get("/", params={"q": "(cobre"})).text) == [5]


async def test_an_unknown_concept_is_reported_with_the_nearest(client: httpx.AsyncClient) -> None:
    page = (await client.get("/", params={"q": "concept:chancay-prot"})).text
    assert "did you mean concept:chancay-port?" in page


@pytest.mark.parametrize(
    ("words", "mended"),
    [
        ("cobre tittle:china", "cobre title:china"),
        ("concept:chancay-prot lang:es", "concept:chancay-port lang:es"),
        ('(kind:"presss" OR cobre) -litio', "(kind:press OR cobre) -litio"),
        ("outlet:(andinna OR xinhua)", "outlet:(andina OR xinhua)"),
    ],
)
async def test_a_mistake_with_a_correction_links_to_the_corrected_query(
    client: httpx.AsyncClient, words: str, mended: str
) -> None:
    text = (await client.get("/", params={"q": words, "period": "30"})).text
    (link,) = re.findall(r'<a href="([^"]+)">use <code>', text)
    asked = parse_qs(urlsplit(html.unescape(link)).query)
    assert asked == {"q": [mended], "period": ["30"]}
    assert "Not understood" not in (await client.get(html.unescape(link))).text


async def test_where_no_article_has_all_words_any_of_them_is_a_link(client: httpx.AsyncClient) -> None:
    text = (await client.get("/", params={"q": "cobre ajedrez", "language": "es"})).text
    (link,) = re.findall(r'<a href="([^"]+)">Any of the words: <code>cobre OR ajedrez</code>', text)
    assert listed((await client.get(html.unescape(link))).text) == [5]
    for other in ('"cobre ajedrez"', "cobre -chancay ajedrez", "ajedrez", "title:cobre ajedrez", "cobre"):
        assert "Any of the words" not in (await client.get("/", params={"q": other})).text


async def test_a_mistake_without_a_proposal_has_no_link(client: httpx.AsyncClient) -> None:
    text = (await client.get("/", params={"q": "(cobre"})).text
    assert "<a " not in text.partition('class="mistake"')[2].partition("</div>")[0]


async def test_a_word_that_names_a_concept_offers_it_and_keeps_the_rest_of_the_query(client: httpx.AsyncClient) -> None:
    page = (await client.get("/", params={"q": "puerto de chancay lang:es", "period": "30"})).text
    assert 'href="/?q=concept%3Achancay-port+lang%3Aes&amp;period=30">use concept:chancay-port' in page


async def test_a_query_s_markup_is_text(client: httpx.AsyncClient) -> None:
    page = (await client.get("/", params={"q": 'x:<script>alert(1)</script> "'})).text
    assert "<script>alert" not in page


async def test_the_names_of_a_concept_are_marked_in_what_it_finds(client: httpx.AsyncClient) -> None:
    page = (await client.get("/", params={"q": "concept:chancay-port -lang:fr"})).text
    assert "<mark>Puerto de Chancay</mark>" in page
    assert "<mark>钱凯港</mark>" in page
    assert "<mark>lang" not in page


@pytest.mark.parametrize("language", ["en", "es", "zh"])
async def test_the_example_in_the_search_box_finds_something_as_it_is_shown(
    client: httpx.AsyncClient, language: str
) -> None:
    page = (await client.get("/", headers={"accept-language": language})).text
    shown = re.search(r'<input id="q"[^>]*placeholder="([^"]+)"', page)
    assert shown
    found = (await client.get("/", params={"q": html.unescape(shown[1])})).text
    assert {1, 2} <= set(listed(found))
