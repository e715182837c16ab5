"""Hostile texts of outlets run nothing in a browser on any page, and cause no request to another host.

Pages are found by following links, so a new page is tested as soon as another page links to it.
"""

from __future__ import annotations

import csv
import http.server
import io
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import httpx
import pytest

from db.public_copy import publish_copy
from db.site.security import CONTENT_SECURITY_POLICY
from db.site.server import SiteServer
from tests.fixtures.hostile_desk import ATTACKS, EVIL, RUN, attacked, build
from tests.fixtures.page_reporter import Reporter
from tests.fixtures.waiting import DEADLINE_SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

EACH = 1  # pages of one kind (equal paths except for numbers, equal names of arguments) beside `seeds`
MOST = 55  # pages in total
FILES = re.compile(r"\.(json|csv|atom|graphml|ris|bib|docx|html|md|zip)$|[?&]_(stream|blob_column)=")


@pytest.fixture(scope="module")
def news_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("hostile") / "news.db")


@pytest.fixture(scope="module")
def site(news_db: Path) -> Iterator[SiteServer]:
    with SiteServer(news_db, port=0, name=f"Mesa {ATTACKS[0]}", timezone="America/Lima") as server:
        yield server


@pytest.fixture(scope="module")
def reporter(browser: Browser, site: SiteServer) -> Iterator[Reporter]:
    found = Reporter(browser, site.url)
    yield found
    found.close()


def kind(path: str) -> str:
    """Return the path without numbers and argument values, which pages of one template share."""
    parts = urlsplit(path)
    names = sorted({re.sub(r"=.*", "", pair) for pair in parts.query.split("&")})
    shape = re.sub(r"(outlet|concept)-\d+|\d+", "N", parts.path)
    return f"{shape.rstrip('/')}?{'&'.join(names)}"


def seeds() -> list[str]:
    tables = ("articles", "outlets", "revisions", "edits", "rejections", "concepts", "mentions", "figures", "crawls")
    queries = ("search?words=China", "new_today", "by_outlet?outlet=outlet-1", "copies", "rejections_to_audit",
               "what_changed", "silent_outlets", "without_articles", "mentions_per_concept",
               "figures_beside_concept?concept=concept-1")  # fmt: skip
    return [
        "/", "/outlets", "/edits", "/copies", "/figures", "/?period=365&sort=rank&q=China", "/subscribe?q=China",
        "/concept/concept-1", "/framing", "/framing?concept=concept-1", "/news",
        *(f"/news/{table}" for table in tables), *(f"/news/{query}" for query in queries),
        "/news/articles?_facet=title&_facet=section&_facet_array=authors&_facet_array=tags&_size=100",
        "/news/articles?_search=China&_sort=title", "/news/articles?title__contains=script&_where=1",
        "/news/outlets?_facet=name&_facet=kind&_facet=country", "/news/articles?_labels=on&outlet=outlet-1",
        "/news/nothing", "/article/999999", "/article/abc", "/%3Cscript%3Ealert(1)%3C/script%3E", "/?lang=zh",
    ]  # fmt: skip


def test_no_page_that_a_link_leads_to_lets_an_outlet_act(reporter: Reporter) -> None:
    waiting, seen, kinds, wrong = seeds(), set(seeds()), Counter[str](), {}
    read = 0
    while waiting and read < MOST:
        path = waiting.pop(0)
        read += 1
        if found := reporter.read(path):
            wrong[path] = found
        for link in reporter.links():
            path = link.partition("#")[0]
            if path not in seen and not FILES.search(urlsplit(path).path) and "_stream" not in path:
                seen.add(path)
                kinds[kind(path)] += 1
                if kinds[kind(path)] <= EACH:
                    waiting.append(path)
    assert wrong == {}
    assert read >= 45
    assert {"/article/N?", "/outlets?", "/news/articles/N?", "?outlet", "?concept"} <= {*kinds, *map(kind, seeds())}


@pytest.mark.parametrize("number", range(len(ATTACKS)))
def test_an_article_is_shown_as_it_was_written_and_does_nothing(reporter: Reporter, number: int) -> None:
    assert reporter.read(f"/article/{number + 1}") == []
    page = reporter.page
    title = page.locator("h1").inner_text()
    words = re.findall(r"\w+", attacked(number).replace("\0", " "))
    assert words[-1] in title
    assert "49" not in title
    if len(attacked(number)) < 200:
        assert re.sub(r"\W", "", title) == re.sub(r"\W", "", attacked(number))
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "wider than the window"
    assert page.context.cookies() == [] or {it["name"] for it in page.context.cookies()} <= {
        "vigia_language",
        "vigia_list",
    }


@pytest.mark.parametrize("template", ["/?q={}", "/subscribe?q={}", "/news/search?words={}", "/news/articles?_search={}",
    "/?outlet={}", "/?concept={}", "/?language={}", "/framing?concept={}", "/article/1?q={}",
    "/news/articles?title={}"])  # fmt: skip
def test_an_address_with_an_attack_in_it_does_nothing(reporter: Reporter, template: str) -> None:
    wrong = {}
    for attack in ATTACKS[:: 4 if template == "/?q={}" else 14]:
        if found := reporter.read(template.format(quote(attack[:1500]))):
            wrong[attack] = found
    assert wrong == {}


def test_files_are_what_they_say_and_hold_no_markup_and_no_formula(site: SiteServer) -> None:
    with httpx.Client(base_url=site.url, timeout=DEADLINE_SECONDS) as client:
        answers = {
            path: client.get(path)
            for path in (
                "/search.json?q=China", "/search.csv", "/search.atom", "/news/articles.json?_size=max",
                "/story/1/coverage.csv", "/concept/concept-1/coverage.csv", "/framing.csv?concept=concept-1",
                "/news/articles.csv?_size=max", "/news/search.json?words=China", "/news/outlets.json",
                *(f"/article/{id_ + 1}.{form}" for id_ in range(len(ATTACKS)) for form in ("ris", "bib", "csl.json")),
            )
        }  # fmt: skip
    for path, answer in answers.items():
        assert answer.status_code == 200, path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert "html" not in answer.headers["content-type"], path
        assert "taken" not in answer.headers.get("set-cookie", ""), path
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY, path
        if "json" in path:
            json.loads(answer.text)
        name = answer.headers.get("content-disposition", "")
        assert re.fullmatch(r'(attachment; filename="[\w.-]+")?', name), path
    feed = ElementTree.fromstring(answers["/search.atom"].content)
    for link in feed.iter("{http://www.w3.org/2005/Atom}link"):
        assert link.attrib["href"].startswith(("http://", "https://")), link.attrib
    assert not [it for it in feed.iter() if it.get("type") in ("html", "xhtml")]
    for row in csv.reader(io.StringIO(answers["/search.csv"].text)):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


def test_a_public_copy_lets_no_outlet_act_either(
    browser: Browser, news_db: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    public = tmp_path_factory.mktemp("public") / "public.db"
    assert publish_copy(news_db, public).articles >= 10
    with SiteServer(public, port=0) as server:
        reporter = Reporter(browser, server.url)
        wrong = {}
        ids = [
            int(path.rpartition("/")[2]) for path in (reporter.read("/"), reporter.links())[1] if "/article/" in path
        ]
        for path in (
            "/",
            "/outlets",
            "/news",
            "/news/articles",
            "/news/outlets",
            *(f"/article/{id_}" for id_ in ids[:6]),
        ):
            if found := reporter.read(path):
                wrong[path] = found
        reporter.close()
    assert ids
    assert wrong == {}


def test_pages_need_no_pictures(reporter: Reporter, site: SiteServer) -> None:
    asked: list[str] = []
    reporter.page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/article/1", "/outlets", "/news/articles"):
        reporter.read(path)
    assert asked
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(site.url).netloc}
    assert "pixel.gif" not in httpx.get(f"{site.url}/article/1").text


# This shows that the tests can fail: the same texts on unprotected pages.


class Unsafe(http.server.BaseHTTPRequestHandler):
    policy: str | None = None
    body = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        if self.policy:
            self.send_header("content-security-policy", self.policy)
        self.end_headers()
        self.wfile.write(f"<!DOCTYPE html><title>x</title><body>{self.body}</body>".encode())

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def unsafe() -> Iterator[tuple[type[Unsafe], str]]:
    careless = type("Careless", (Unsafe,), {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), careless)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield careless, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("policy", "body", "speaks"),
    [
        (CONTENT_SECURITY_POLICY, ATTACKS[0], "CSP script-src"),
        (CONTENT_SECURITY_POLICY, ATTACKS[8], "CSP script-src"),
        (CONTENT_SECURITY_POLICY, f'<img src="{EVIL}/pixel.gif">', "CSP img-src"),
        (CONTENT_SECURITY_POLICY, ATTACKS[19], "CSP style-src"),
        (CONTENT_SECURITY_POLICY, f'<form action="{EVIL}">', "leads to evil.test"),
        (None, ATTACKS[0], "a script of an outlet ran"),
        (None, ATTACKS[0], "a dialog opened"),
        (None, ATTACKS[13], "<svg onload>"),
        (None, f'<img src="{EVIL}/pixel.gif">', f"asked {EVIL}/pixel.gif"),
        (None, f'<a href="javascript:{RUN}">x</a>', "<a href="),
        (None, f'<a href="{EVIL}">x</a>', "no rel: evil.test"),
        (None, "<p>China <i>\u202eupside</i> down</p>", "unbounded direction"),
        (None, "x", "no content-security-policy"),
        (None, f'<meta http-equiv="refresh" content="9;url={EVIL}/">', "http-equiv"),
        (None, "<script>console.error('what')</script>", "console: what"),
        (None, f"<script>open('{EVIL}')</script>", f"asked {EVIL}/"),
    ],
)
def test_the_reporter_notices_an_attack_on_an_unprotected_page(
    browser: Browser, unsafe: tuple[type[Unsafe], str], policy: str | None, body: str, speaks: str
) -> None:
    server, address = unsafe
    server.policy, server.body = policy, body
    reporter = Reporter(browser, address)
    found = reporter.read("/")
    reporter.page.wait_for_timeout(50)
    found += reporter.said
    reporter.close()
    assert any(speaks in it for it in found), found
