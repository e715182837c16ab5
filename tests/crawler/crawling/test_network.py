"""Hostile networks: private addresses, bombs, bad certificates, redirects."""

from __future__ import annotations

import datetime as dt
import gzip
import http.server
import ipaddress
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator
from scrapy.resolver import dnscache
from twisted.internet import defer
from twisted.internet.error import DNSLookupError

from crawler.crawling.networks import GuardedResolver, parse_networks
from tests.fixtures import pdf_files
from tests.fixtures.demo_desk import rows
from tests.fixtures.forked_commands import run_command, run_vigia
from tests.fixtures.own_certificate import load_server_tls, write_certificate
from tests.fixtures.paths import FIXTURES
from tests.fixtures.waiting import DEADLINE_SECONDS

Answer = tuple[int, dict[str, str], bytes]
ARTICLE = "<html><title>Chancay</title><p>" + "COSCO amplia el puerto de Chancay en el Peru. " * 40 + "</p></html>"


class Site:
    """A web server on loopback whose pages are functions of the test. It records the requested paths."""

    def __init__(self, address: str = "127.0.0.1", context: ssl.SSLContext | None = None) -> None:
        self.pages: dict[str, Callable[[], Answer]] = {}
        self.asked: list[str] = []
        site = self

        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                status, headers, body = site.pages.get(self.path, lambda: (404, {}, b""))()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer((address, 0), Page)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http{'s' if context else ''}://{address}:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def lists(self, *addresses: str) -> None:
        items = "".join(f"<item><title>Chancay</title><link>{address}</link></item>" for address in addresses)
        feed = f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'.encode()
        self.pages["/feed.xml"] = lambda: (200, {"Content-Type": "application/rss+xml"}, feed)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    one = Site()
    yield one
    one.close()


def crawl(folder: Path, site: Site, **settings: object) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    crawl_keys = {"delay": 0.0, "workers": 1, "allow_networks": ["127.0.0.1/32"], **settings}
    (folder / "vigia.toml").write_text(
        "\n".join(
            [
                '[desk]\ndirectory = "none"',
                "[crawl]",
                *(f"{key} = {json.dumps(value)}" for key, value in crawl_keys.items()),
                "[[outlet]]",
                f'id = "site"\nname = "Site"\nhome = "{site.url}/"\nlanguages = ["es"]\nkind = "press"',
                f'feeds = ["{site.url}/feed.xml"]',
            ]
        ),
        encoding="utf-8",
    )
    return run_vigia("--desk", str(folder), "crawl")


def crawl_later(folder: Path, *, minutes: float) -> subprocess.CompletedProcess[str]:
    """Crawl again as if so much time had gone by."""
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)
    return run_command(str(FIXTURES / "crawl_at.py"), str(folder), later.isoformat())


def reasons(folder: Path) -> dict[str, str]:
    found = rows(folder / "news.db", "SELECT url, reason FROM rejections")
    return {url.rpartition("/")[2]: reason for url, reason in found}


def html(body: bytes, **headers: str) -> Answer:
    return 200, {"Content-Type": "text/html; charset=utf-8", **headers}, body


def test_a_private_address_is_refused_unless_the_desk_allows_its_network(tmp_path: Path, site: Site) -> None:
    site.lists(f"{site.url}/a")
    ended = crawl(tmp_path / "desk", site, allow_networks=[])
    assert ended.returncode == 1
    assert "not a public address" in ended.stderr
    assert site.asked == []


def test_a_redirect_into_a_private_network_or_away_from_the_outlet_is_not_followed(tmp_path: Path, site: Site) -> None:
    inside = Site("127.0.0.2")
    site.lists(*(f"{site.url}/{name}" for name in ("metadata", "inside", "away", "file")))
    for name, target in {
        "metadata": "http://169.254.169.254/latest/meta-data/",
        "inside": f"{inside.url}/secret",
        "away": "https://example.org/",
        "file": "file:///etc/passwd",
    }.items():
        site.pages[f"/{name}"] = lambda target=target: (302, {"Location": target}, b"")
    try:
        assert crawl(tmp_path / "desk", site).returncode == 0
    finally:
        inside.close()
    found = reasons(tmp_path / "desk")
    assert {name: found[name] for name in ("metadata", "inside", "away")} == dict.fromkeys(
        ("metadata", "inside", "away"), "off-site"
    )
    assert found["file"] == "not-found"
    assert inside.asked == []


def test_the_proxy_of_the_environment_is_not_used(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Site("127.0.0.2")
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, other.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    site.lists()
    try:
        assert crawl(tmp_path / "desk", site).returncode == 0
    finally:
        other.close()
    assert site.asked == ["/robots.txt", "/feed.xml"]
    assert other.asked == []


@pytest.mark.parametrize(
    "proxy", ["user:hush@proxy.example:3128", "http://user:hush@proxy.example:hush", "http://[hush"]
)
def test_an_error_about_an_invalid_proxy_does_not_show_its_password(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("VIGIA_PROXY", proxy)
    ended = crawl(tmp_path / "desk", site, proxy="env:VIGIA_PROXY")
    assert ended.returncode == 1
    assert "[crawl] proxy: not an address of a proxy" in ended.stderr
    assert "hush" not in ended.stderr + ended.stdout


def test_redirects_in_a_circle_end(tmp_path: Path, site: Site) -> None:
    site.lists(f"{site.url}/circle")
    site.pages["/circle"] = lambda: (302, {"Location": f"{site.url}/circle"}, b"")
    assert crawl(tmp_path / "desk", site).returncode == 0
    assert reasons(tmp_path / "desk") == {"circle": "not-found"}
    assert site.asked.count("/circle") == 6


def test_a_page_that_unpacks_to_more_than_the_limit_is_rejected(tmp_path: Path, site: Site) -> None:
    site.lists(f"{site.url}/bomb", f"{site.url}/well")
    bomb = gzip.compress(b"<p>" + b"0" * 30_000_000)
    site.pages["/bomb"] = lambda: html(bomb, **{"Content-Encoding": "gzip"})
    site.pages["/well"] = lambda: html(ARTICLE.encode())
    assert crawl(tmp_path / "desk", site, max_page_bytes=1_000_000).returncode == 0
    assert reasons(tmp_path / "desk")["bomb"] == "too-large"


def test_a_response_that_hangs_ends_at_the_time_limit_and_is_retried(tmp_path: Path, site: Site) -> None:
    released = threading.Event()
    site.lists(f"{site.url}/slow")
    site.pages["/slow"] = lambda: (released.wait(DEADLINE_SECONDS), html(b""))[1]
    assert crawl(tmp_path / "desk", site, timeout=4).returncode == 0  # for the feed, on a busy machine
    released.set()
    assert rows(tmp_path / "desk" / "desk.db", "SELECT attempts, last_error FROM candidates") == [
        (1, "no answer in time")
    ]


def test_a_page_that_always_answers_503_is_postponed_and_never_given_up(tmp_path: Path, site: Site) -> None:
    site.lists(f"{site.url}/poison", f"{site.url}/well")
    site.pages["/poison"] = lambda: (503, {"Retry-After": "0"}, b"")
    site.pages["/well"] = lambda: html(ARTICLE.encode())
    assert crawl(tmp_path / "desk", site, attempts=1).returncode == 0
    assert crawl_later(tmp_path / "desk", minutes=1).returncode == 0  # the host waits for a second
    assert rows(tmp_path / "desk" / "desk.db", "SELECT url, attempts FROM candidates") == [(f"{site.url}/poison", 1)]
    assert site.asked.count("/well") == 1


def test_an_article_whose_visit_fails_is_visited_again(tmp_path: Path, site: Site) -> None:
    site.lists(f"{site.url}/well")
    site.pages["/well"] = lambda: html(ARTICLE.encode())
    settings = {"revisit": ["1s", "400d"]}
    assert crawl(tmp_path / "desk", site, **settings).returncode == 0
    site.pages["/well"] = lambda: (500, {}, b"")
    earliest = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(minutes=1)
    ended = crawl_later(tmp_path / "desk", minutes=1)
    assert ended.returncode == 0, ended.stderr
    assert site.asked.count("/well") == 2
    ((visited, next_visit),) = rows(tmp_path / "desk" / "desk.db", "SELECT visited, next_visit FROM visits")
    assert visited == 0
    waits = dt.datetime.fromisoformat(next_visit) - earliest
    assert dt.timedelta(hours=1) <= waits < dt.timedelta(hours=2)  # an hour, and what the crawl took


def test_two_outlets_of_one_site_keep_its_crawl_delay_between_them(tmp_path: Path, site: Site) -> None:
    times: list[float] = []

    def noted() -> Answer:
        times.append(time.monotonic())
        return 200, {"Content-Type": "application/rss+xml"}, b"<rss><channel></channel></rss>"

    site.pages["/robots.txt"] = lambda: (200, {}, b"User-agent: *\nCrawl-delay: 1.5\n")
    site.pages["/one.xml"] = site.pages["/two.xml"] = noted
    blocks = (
        f'[[outlet]]\nid = "{id_}"\nname = "{id_}"\nhome = "{site.url}/"\nlanguages = ["es"]\nkind = "press"\n'
        f'feeds = ["{site.url}/{id_}.xml"]\n'
        for id_ in ("one", "two")
    )
    (tmp_path / "vigia.toml").write_text(
        '[desk]\ndirectory = "none"\n[crawl]\ndelay = 0.0\nworkers = 1\nallow_networks = ["127.0.0.1/32"]\n'
        + "".join(blocks),
        encoding="utf-8",
    )
    ended = run_vigia("--desk", str(tmp_path), "crawl")
    assert ended.returncode == 0, ended.stderr
    assert site.asked.count("/robots.txt") == 1
    assert times[1] - times[0] > 0.75  # a busy machine may note the first request late


@pytest.mark.slow
def test_a_pdf_is_an_article_archived_as_received_and_read_again_from_there(tmp_path: Path, site: Site) -> None:
    desk = tmp_path / "desk"
    site.lists(f"{site.url}/nota.pdf", f"{site.url}/plano.pdf", f"{site.url}/report")
    site.pages["/report"] = lambda: (200, {"Content-Type": "application/pdf"}, b"%PDF-1.7 ...")
    site.pages["/nota.pdf"] = lambda: (200, {"Content-Type": "text/html"}, pdf_files.press_release())
    site.pages["/plano.pdf"] = lambda: (200, {"Content-Type": "application/pdf"}, pdf_files.write_scan())
    assert crawl(desk, site).returncode == 0
    assert reasons(desk) == {"plano.pdf": "scan", "report": "unreadable"}
    stored = "SELECT title, text, published, format, archive_file, archive_offset FROM articles"
    (article,) = rows(desk / "news.db", stored)
    assert (article[0], article[3]) == (pdf_files.SPANISH_TITLE, "pdf")
    with (desk / "archive" / article[4]).open("rb") as file:
        file.seek(article[5])
        assert next(iter(ArchiveIterator(file))).reader.read() == pdf_files.press_release()
    rebuilt = run_vigia("--desk", str(desk), "rebuild")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert rows(desk / "news.db", stored) == [article]
    why = run_vigia("--desk", str(desk), "why", f"{site.url}/plano.pdf")
    assert "2 pages without text: a scan, or pictures" in " ".join(why.stdout.split())


def test_a_self_signed_certificate_is_refused(tmp_path: Path) -> None:
    site = Site(context=load_server_tls(write_certificate(tmp_path / "both.pem", "127.0.0.1")))
    try:
        ended = crawl(tmp_path / "desk", site)
    finally:
        site.close()
    assert ended.returncode == 1
    assert site.asked == []
    assert "certificate" in ended.stderr + ended.stdout


def test_a_public_name_that_resolves_into_a_private_network_is_refused() -> None:
    def resolved(name: str, address: str, *allowed: str, proxy: str | None = None) -> object:
        dnscache[name] = address
        resolver = GuardedResolver(None, allowed=parse_networks(allowed), proxy=proxy, timeout=1)  # type: ignore[arg-type]
        seen: list[object] = []
        answer: defer.Deferred[str] = resolver.getHostByName(name)
        answer.addCallbacks(seen.append, lambda failure: seen.append(failure.type))
        return seen[0]

    assert resolved("rebound.example", "10.0.0.7") is DNSLookupError
    assert resolved("rebound.example", "10.0.0.7", "10.0.0.0/8") == "10.0.0.7"
    assert resolved("public.example", "93.184.216.34") == "93.184.216.34"
    assert resolved("proxy.example", "10.0.0.8", proxy="http://proxy.example:3128") == "10.0.0.8"
    assert ipaddress.ip_address("10.0.0.7").is_private
