"""`/framing`: the words and concepts by which groups of outlets differ."""

from __future__ import annotations

import csv
import datetime as dt
import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from db.connection import open_news
from db.model.times import stamp
from db.search.index import index_article
from db.search.plan import TooSlowError
from db.search.statement import Parameters, Row
from db.site.page_context import PageContext
from db.site.queries.concept_rows import CONCEPT_ARTICLES
from tests.fixtures.invented_desk import reader

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
OUTLETS = [
    ("agencia", "PE", "agency", "state", "es"),
    ("ministerio", "PE", "government", "public", "es"),
    ("faro", "PE", "press", "private", "es"),
    ("puertos", "PE", "press", "private", "es"),
    ("haibo", "CN", "state-media", "state", "zh"),
    ("nanhai", "CN", "press", "state", "zh"),
    ("nanfeng", "CN", "press", "private", "zh"),
    ("andes", "GB", "press", "private", "zh"),
]
TEXTS = {
    "agencia": "El puerto traerá empleo y una oportunidad <b>histórica</b>.",
    "ministerio": "El puerto abre una oportunidad para la región.",
    "faro": "El puerto preocupa a los pescadores por la contaminación.",
    "puertos": "Los pescadores del puerto piden una indemnización.",
    "haibo": "港口带来合作共赢的机遇。",
    "nanhai": "港口是合作的典范。",
    "nanfeng": "港口的渔民担心污染。",
    "andes": "港口附近的渔民要求赔偿。",
}


@pytest.fixture(scope="module")
def news_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with twelve articles on the port of each outlet, of which the private ones name fishing too."""
    path = tmp_path_factory.mktemp("framing") / "news.db"
    db = open_news(path)
    with db.atomic():
        for id_, name in (
            ("chancay", "puerto de Chancay"),
            ("fishing", "pesca"),
            ("rare", "rareza"),
            ("unread", "lectura"),
        ):
            db.table("concepts").insert({"id": id_, "kind": "port", "name_es": name, "names": "[]"})
        number = 0
        for outlet, country, kind, ownership, language in OUTLETS:
            row = {"id": outlet, "name": outlet, "country": country, "kind": kind, "ownership": ownership}
            db.table("outlets").insert(row | {"languages": language})
            for _ in range(12):
                number += 1
                at = stamp(NOW - dt.timedelta(hours=number))
                title = f"Nota {number}"
                db.table("articles").insert(
                    {"id": number, "url": f"https://{outlet}.test/{number}", "outlet": outlet, "title": title}
                    | {"text": TEXTS[outlet], "words": 9, "relevance": 0.9, "verdict": "relevant", "published": at}
                    | {"published_precision": "time", "first_seen": at, "last_seen": at, "language": language}
                    | {"text_sha256": str(number)}
                )
                index_article(db, number, title, TEXTS[outlet])
                concepts = ["chancay", *(["fishing"] if ownership == "private" else [])]
                db.table("mentions").insert_all({"article": number, "concept": one, "count": 1} for one in concepts)
        db.table("mentions").insert({"article": 1, "concept": "rare", "count": 1})
    db.conn.close()
    return path


@pytest.fixture
async def client(news_db: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with reader(news_db, now=NOW) as found:
        yield found


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.mark.parametrize(
    ("language", "heading", "group", "share"),
    [
        ("en", "puerto de Chancay: words by which outlets differ", "State outlets (Peru)", "24 of 24 0 of 24"),
        ("es", "puerto de Chancay: palabras que distinguen", "Medios estatales (Perú)", "24 de 24 0 de 24"),
        ("zh", "puerto de Chancay：各类媒体的用词差异", "官方或国有媒体（秘鲁）", "24/24 0/24"),
    ],
)
async def test_each_group_s_words_are_listed(
    client: httpx.AsyncClient, language: str, heading: str, group: str, share: str
) -> None:
    answer = await client.get("/framing?concept=chancay", headers={"accept-language": language})
    found = plain(answer.text)
    assert answer.status_code == 200
    assert heading in found
    table = found.partition(group)[2]
    assert f"oportunidad {share}" in table
    assert "pescadores" in found.partition(group)[0]
    assert "<b>hist" not in answer.text
    for words in ("puerto 24", "港口 24"):  # all have them
        assert words not in found


@pytest.mark.slow
async def test_a_word_leads_to_the_articles_of_the_group_that_have_it(client: httpx.AsyncClient) -> None:
    page = (await client.get("/framing?concept=chancay")).text
    found = {
        plain(name): html.unescape(href) for href, name in re.findall(r'<a href="([^"]+)" lang[^>]*>(.*?)</a>', page)
    }
    for word, outlets in (
        ("oportunidad", {"agencia", "ministerio"}),
        ("合作", {"haibo", "nanhai"}),
        ("pesca", {"faro", "puertos"}),
    ):
        listed = (await client.get(found[word])).text
        assert set(re.findall(r'class="outlet" href="/outlet/(\w+)"', listed)) == outlets


async def test_a_comparison_that_takes_too_long_is_not_kept_as_one_of_no_articles(
    news_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = PageContext.rows

    async def read_slowly(self: PageContext, sql: str, parameters: Parameters | None = None) -> list[Row]:
        if sql == CONCEPT_ARTICLES:
            raise TooSlowError(sql)
        return await read(self, sql, parameters)

    async with reader(news_db, now=NOW) as client:
        with monkeypatch.context() as slow:
            slow.setattr(PageContext, "rows", read_slowly)
            assert (await client.get("/framing?concept=chancay")).status_code == 503
        assert "Counted in the newest 96 articles" in (await client.get("/framing?concept=chancay")).text
        empty = (await client.get("/framing?concept=unread")).text
    assert "No two groups of outlets" in empty
    assert "Counted in" not in empty


async def test_the_tables_are_a_file(client: httpx.AsyncClient) -> None:
    answer = await client.get("/framing.csv?concept=chancay")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = {
        (row["kind"], row["ownership"], row["country"], row["term"]): row
        for row in csv.DictReader(answer.text.splitlines())
    }
    row = rows["word", "state", "PE", "oportunidad"]
    assert (row["language"], row["articles"], row["articles_of"], row["others"], row["others_of"]) == (
        *("es", "24", "24", "0", "24"),
    )
    assert float(row["z"]) >= 2.5
    assert rows["concept", "private", "PE", "fishing"]["articles"] == "24"
    assert not any(
        kind == "word" and country in {"CN", "GB"} and ownership == "private" for kind, ownership, country, _ in rows
    )


async def test_small_groups_and_rare_concepts_are_not_compared(client: httpx.AsyncClient) -> None:
    found = plain((await client.get("/framing?concept=chancay")).text)
    assert (
        "Fewer than 20 articles, so only among the others: Private outlets (China), Private outlets (United Kingdom)"
        in found
    )
    rare = await client.get("/framing?concept=rare")
    assert "No two groups of outlets have 20 articles" in plain(rare.text)
    assert (await client.get("/framing?concept=nothing")).status_code == 404
    assert (await client.get("/framing.csv")).status_code == 404


async def test_pages_of_concepts_lead_there(client: httpx.AsyncClient) -> None:
    assert 'href="/framing?concept=chancay"' in (await client.get("/concept/chancay")).text
    assert 'href="/framing"' in (await client.get("/concepts")).text
    assert 'href="/framing?concept=chancay"' in (await client.get("/framing")).text
