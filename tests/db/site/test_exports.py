"""Files of a result have the same articles in the same order as the page."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import feedparser
import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from db.connection import open_news
from db.site.exports.citations import CITATION_FORMATS, Citation
from db.site.exports.file_format import FileFormat
from db.site.exports.result_files import (
    COLUMNS,
    FORMATS,
    ExportedArticle,
    ResultFile,
    write_atom,
    write_csv,
    write_json,
)
from tests.fixtures.invented_desk import NOW, ORIGINALS, reader
from tests.fixtures.paths import ROOT

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room

ATOM = "{http://www.w3.org/2005/Atom}"
QUERIES = [
    "",
    "q=chancay",
    "ownership=state&language=es",
    "q=钱凯港",
    "outlet=faro",
    "concept=cosco&period=30",
    "q=chancay+(",
]


async def on_the_page(client: httpx.AsyncClient, query: str) -> list[int]:
    found: list[int] = []
    path = f"/?{query}"
    while path:
        text = (await client.get(path)).text
        found += [int(id_) for id_ in re.findall(r'<article class="entry[^>]* id="a(\d+)"', text)]
        match = re.search(r'href="([^"]+)" rel="next"', text)
        path = match[1].replace("&amp;", "&") if match else ""
    return found


@pytest.mark.parametrize("query", QUERIES)
async def test_every_file_has_the_articles_of_the_page(client: httpx.AsyncClient, query: str) -> None:
    shown = set(await on_the_page(client, query))
    assert shown
    document = (await client.get(f"/search.json?{query}")).json()
    assert {article["id"] for article in document["articles"]} == shown
    assert document["count"] == len(shown)
    assert document["next"] is None
    rows = list(csv.DictReader(io.StringIO((await client.get(f"/search.csv?{query}")).text)))
    assert [int(row["id"]) for row in rows] == [article["id"] for article in document["articles"]]
    moments = [article["published"] or article["first_seen"] for article in document["articles"]]
    assert moments == sorted(moments, reverse=True)
    feed = feedparser.parse((await client.get(f"/search.atom?{query}")).content)
    assert not feed.bozo
    assert len(feed.entries) == min(100, len(shown))


async def test_files_have_their_media_type_name_and_security_headers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/search.csv?q=chancay")
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert re.fullmatch(r'attachment; filename="vigia-\d{4}-\d\d-\d\d\.csv"', answer.headers["content-disposition"])
    assert not answer.content.startswith(b"\xef\xbb\xbf")
    assert tuple(answer.text.splitlines()[0].split(",")) == COLUMNS
    for path in ("/search.csv", "/search.json", "/search.atom", "/article/1.ris"):
        headers = (await client.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


async def test_citations_are_saved_under_an_ascii_file_name(client: httpx.AsyncClient) -> None:
    for suffix, begin in (("ris", "TY  - NEWS"), ("bib", "@online{faro-"), ("csl.json", "[")):
        answer = await client.get(f"/article/1.{suffix}")
        assert answer.text.startswith(begin)
        assert re.fullmatch(
            rf'attachment; filename="faro-[\d-]+-1\.{re.escape(suffix)}"', answer.headers["content-disposition"]
        )
    assert (await client.get("/article/99999.ris")).status_code == 404
    assert (await client.get("/article/1.pdf")).status_code == 404


async def test_zotero_finds_the_outlets_article_in_our_page(client: httpx.AsyncClient) -> None:
    text = (await client.get("/article/1")).text
    assert '<meta name="citation_title" content="El puerto de Chancay' in text
    assert re.search(r'<span class="Z3988" title="[^"]*rft\.identifier=https%3A%2F%2Ffaro\.test%2F0-nota', text)
    for form in ("ris", "bib", "csl.json"):
        assert f'href="/article/1.{form}"' in text


async def test_a_feed_is_valid_and_its_ids_do_not_depend_on_the_address(
    client: httpx.AsyncClient, news_db: Path
) -> None:
    text = (await client.get("/search.atom?q=chancay")).content
    feed = etree.fromstring(text)
    assert [child.tag for child in feed][:3] == [f"{ATOM}id", f"{ATOM}title", f"{ATOM}updated"]
    stamp = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
    ids = []
    for entry in feed.iter(f"{ATOM}entry"):
        assert stamp.fullmatch(entry.findtext(f"{ATOM}updated") or "")
        assert entry.findtext(f"{ATOM}author/{ATOM}name")
        assert entry.findtext(f"{ATOM}title") is not None
        ids.append(entry.findtext(f"{ATOM}id") or "")
    assert len(set(ids)) == len(ids)
    assert all(id_.startswith("urn:uuid:") for id_ in ids)
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == "http://127.0.0.1/search.atom?q=chancay"
    assert links["alternate"] == "http://127.0.0.1/?q=chancay"
    # At another address of the desk, a feed reader recognises the same entries.
    async with reader(news_db, at="https://desk.test") as other:
        again = etree.fromstring((await other.get("/search.atom?q=chancay")).content)
    assert [entry.findtext(f"{ATOM}id") for entry in again.iter(f"{ATOM}entry")] == ids
    assert again.findtext(f"{ATOM}id") == feed.findtext(f"{ATOM}id")


async def test_a_feed_that_did_not_change_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get("/search.atom?q=chancay")
    again = await client.get("/search.atom?q=chancay", headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert (await client.get("/search.atom", headers={"if-none-match": first.headers["etag"]})).status_code == 200


async def test_a_revision_changes_when_an_article_was_updated(client: httpx.AsyncClient) -> None:
    document = (await client.get("/search.json?q=corredor")).json()
    changed = next(article for article in document["articles"] if article["id"] == 5)
    assert changed["updated"] == f"{NOW - dt.timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    assert changed["first_seen"] < changed["updated"]


async def test_a_date_that_is_only_claimed_is_told_beside_the_empty_one(
    client: httpx.AsyncClient, news_db: Path
) -> None:
    article = (await on_the_page(client, ""))[0]
    news = open_news(news_db)
    claim = {
        "published": None,
        "published_precision": None,
        "claimed": "1994-02-01T00:00:00Z",
        "claimed_precision": "day",
    }
    news["articles"].update(article, claim)
    news.close()
    rows = (await client.get("/search.json")).json()["articles"]
    told = next(row for row in rows if row["id"] == article)
    assert {name: told[name] for name in claim} == claim


async def test_long_results_link_to_their_next_file(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for suffix, most in {"atom": 10, "csv": 30, "json": 30}.items():
        monkeypatch.setitem(FORMATS, suffix, replace(FORMATS[suffix], max_entries=most))
    path, seen = "/search.json?country=PE", list[int]()
    while path:
        document = (await client.get(path)).json()
        assert document["count"] <= 30
        seen += [article["id"] for article in document["articles"]]
        path = document["next"]
    assert len(seen) == len(set(seen)) > 30
    assert set(seen) == set(await on_the_page(client, "country=PE"))
    assert 'rel="next"' in (await client.get("/search.csv?country=PE")).headers["link"]
    assert b'rel="next"' in (await client.get("/search.atom?country=PE")).content


async def test_a_new_format_needs_only_a_line_in_the_table_of_formats(
    news_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles: FileFormat[ResultFile] = FileFormat(
        label="Titles",
        media_type="text/plain; charset=utf-8",
        write=lambda result: "\n".join(article.title for article in result.articles),
        max_entries=2,
        is_attachment=True,
    )
    monkeypatch.setitem(FORMATS, "titles.txt", titles)
    async with reader(news_db) as client:
        answer = await client.get("/search.titles.txt?q=chancay")
        page = (await client.get("/?q=chancay")).text
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert len(answer.text.splitlines()) == 2
    assert answer.headers["content-disposition"].endswith('.titles.txt"')
    assert 'rel="next"' in answer.headers["link"]
    assert '<a href="/search.titles.txt?q=chancay">Titles</a>' in page


async def test_an_article_links_to_every_format_of_its_citation(news_db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys: FileFormat[Citation] = FileFormat(
        label="Key", media_type="text/plain; charset=utf-8", write=lambda citation: citation.key
    )
    monkeypatch.setitem(CITATION_FORMATS, "key", keys)
    async with reader(news_db) as client:
        for suffix, form in CITATION_FORMATS.items():
            assert (await client.get(f"/article/1.{suffix}")).headers["content-type"] == form.media_type
            assert f'<a href="/article/1.{suffix}" download>{form.label}</a>' in (await client.get("/article/1")).text


async def test_a_query_that_is_not_understood_says_so_in_the_file(client: httpx.AsyncClient) -> None:
    assert "parenthesis" in (await client.get("/search.json?q=(chancay")).json()["mistake"]
    assert (await client.get("/search.json?q=chancay")).json()["mistake"] is None


async def test_no_full_text_and_no_address_that_runs_is_in_a_file(client: httpx.AsyncClient) -> None:
    for suffix in FORMATS:
        text = (await client.get(f"/search.{suffix}")).text
        assert "alert(1)" in text, "the article whose address runs is there"
        assert "javascript:alert" not in text
        assert ORIGINALS[0]["title"] in text
        assert "licitará en enero" in ORIGINALS[0]["text"]
        assert "licitará en enero" not in text


@settings(deadline=None)
@given(title=st.text(max_size=40), name=st.text(max_size=20))
@example(title="=HYPERLINK(1)", name="@SUM(1)")
@example(title="\t=1+1", name="\r\n-2")
@example(title="＝1", name="+1")
@example(title="\ud800 \x00 \x07 \uffff", name="\u202e")
def test_no_cell_is_a_formula_and_every_feed_is_xml(title: str, name: str) -> None:
    it = article(title=title, outlet_name=name, authors=(title,), first_sentence=title)
    result = ResultFile(
        articles=[it], desk=name, title=title, identity="", given={}, mistake="", address="https://desk.test/search.atom",
        page="https://desk.test/", following="", concept_names={}, now=NOW,
    )  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(write_csv(result)))
    assert all(not value.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")) for value in row.values())
    feed = write_atom(result)
    assert etree.fromstring(feed.encode()).findtext(f"{ATOM}entry/{ATOM}id")
    assert json.loads(write_json(result))["count"] == 1


def article(**changed: object) -> ExportedArticle:
    fields = dict.fromkeys(ExportedArticle.__dataclass_fields__, "x") | {
        "id": 1, "authors": (), "concepts": (), "original": None, "copies": 0, "paywalled": False, "sponsored": False,
        "first_seen": "2026-11-22T00:00:00Z", "updated": "2026-11-22T00:00:00Z", "published": "2026-11-22T00:00:00Z",
    }  # fmt: skip
    return ExportedArticle(**(fields | changed))  # type: ignore[arg-type]


def test_columns_are_the_documented_ones() -> None:
    page = (ROOT / "docs" / "reading-room.md").read_text("utf-8")
    part = page.partition("## Files of a result")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) == COLUMNS
