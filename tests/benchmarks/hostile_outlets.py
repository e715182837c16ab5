"""Outlets that attack the crawl: name → what prepares one on a web server of its own."""

from __future__ import annotations

import gzip
import itertools
import os
import time
import zlib
from collections.abc import Callable, Iterator

from tests.fixtures.hostile_sources import FAMILIES, fill
from tests.fixtures.hostile_web import Chunks, HostileWeb, answer

TEXT = "COSCO amplia el puerto de Chancay en el Peru. " * 40
KEYS = {"feed": "feeds", "sitemap": "sitemaps", "listing": "listings"}

Serve = Callable[[HostileWeb], dict[str, object]]


def source(kind: str, serve: Callable[[], Chunks]) -> Serve:
    """An outlet whose only source is the attack."""

    def prepare(web: HostileWeb) -> dict[str, object]:
        web.pages["/source"] = serve
        return {KEYS[kind]: [f"{web.url}/source"]}

    return prepare


def page(serve: Callable[[], Chunks]) -> Serve:
    """An outlet whose feed names one page, which is the attack."""

    def prepare(web: HostileWeb) -> dict[str, object]:
        item = f"<item><title>Chancay</title><link>{web.url}/page</link></item>"
        feed = f"<rss version='2.0'><channel>{item}</channel></rss>".encode()
        web.pages["/feed"] = lambda: answer(feed, kind="application/rss+xml")
        web.pages["/page"] = serve
        return {"feeds": [f"{web.url}/feed"]}

    return prepare


def robots(body: Callable[[], bytes]) -> Serve:
    """An outlet whose robots.txt has this body."""
    return robots_from(lambda: answer(body(), kind="text/plain"))


def robots_from(serve: Callable[[], Chunks]) -> Serve:
    """An outlet whose robots.txt is the attack."""

    def prepare(web: HostileWeb) -> dict[str, object]:
        web.pages["/robots.txt"] = serve
        return page(lambda: answer(html(TEXT)))(web)

    return prepare


def sitemap_loop(web: HostileWeb) -> dict[str, object]:
    """Each sitemap names twenty more, without end."""
    count = itertools.count()

    def index() -> Chunks:
        names = "".join(f"<sitemap><loc>{web.url}/s{next(count)}.xml</loc></sitemap>" for _ in range(20))
        return answer(f"<sitemapindex>{names}</sitemapindex>".encode(), kind="application/xml")

    web.any_page = lambda path: index() if path.endswith(".xml") else answer(b"", status="404 Not Found")
    return {"sitemaps": [f"{web.url}/s.xml"]}


def long_links(web: HostileWeb) -> dict[str, object]:
    """A listing of addresses of 2,000 characters, each of which leads to the next."""
    links = "".join(f"<a href='/2026/11/{'a-' * 900}{number}'>Chancay {number}</a>" for number in range(2_000))
    web.any_page = lambda _: answer(html(links))
    return {"listings": [f"{web.url}/"]}


def sitemap_of_itself(web: HostileWeb) -> dict[str, object]:
    """A sitemap index that names itself, also by other spellings of its address."""
    names = [f"{web.url}/s.xml{suffix}" for suffix in ("", "?", "#a", "?a=1", "?a=2&b=1", "?b=1&a=2")]
    index = "".join(f"<sitemap><loc>{name.replace('&', '&amp;')}</loc></sitemap>" for name in names)
    body = f"<sitemapindex>{index}</sitemapindex>".encode()
    web.any_page = lambda path: (
        answer(body, kind="application/xml") if path.startswith("/s.xml") else answer(b"", status="404 Not Found")
    )
    return {"sitemaps": [f"{web.url}/s.xml"]}


def redirect(target: Callable[[HostileWeb], str]) -> Serve:
    """An outlet whose page redirects there, and whatever is there redirects again."""

    def prepare(web: HostileWeb) -> dict[str, object]:
        keys = page(list)(web)
        web.pages.pop("/page")
        web.any_page = lambda path: (
            answer(b"", status="404 Not Found")
            if path == "/robots.txt"
            else answer(b"", status="302 Found", Location=target(web))
        )
        return keys

    return prepare


def listing_without_end(web: HostileWeb) -> dict[str, object]:
    """A calendar: each listing page leads to hundreds of articles and to the next page."""
    count = itertools.count()

    def month() -> Chunks:
        links = "".join(f"<a href='/2026/11/chancay-{next(count)}'>Chancay {next(count)}</a>" for _ in range(300))
        return answer(html(links + f"<a rel=next href='/?page={next(count)}'>next</a>"))

    web.any_page = lambda _: month()
    return {"listings": [f"{web.url}/"]}


def archive_in_archive(size: int) -> Chunks:
    """A sitemap as a .gz file, packed four times over."""
    body = b"<urlset>" + fill(b"<url><loc>https://diario.test/a</loc></url>", size) + b"</urlset>"
    for _ in range(4):
        body = gzip.compress(body)
    return answer(body, kind="application/gzip")


def html(body: str | bytes) -> bytes:
    """A page with this body."""
    text = body.encode() if isinstance(body, str) else body
    return b"<html><title>Chancay</title><body><p>" + text + b"</p></body></html>"


def drip(head: bytes, piece: bytes, seconds: float) -> Iterator[bytes]:
    """A piece at a time, without end."""
    yield head
    while True:
        time.sleep(seconds)
        yield piece


def endless(head: bytes, piece: bytes) -> Iterator[bytes]:
    """The same without a pause."""
    yield head
    yield from itertools.repeat(fill(piece, 65_536))


def long_entity(size: int) -> bytes:
    """A feed that says one entity of a hundredth of its size as often as fits: quadratic when it is replaced."""
    items = fill(b"<item><title>&a;</title></item>", size // 2)
    return b"<!DOCTYPE r [<!ENTITY a '" + fill(b"a", size // 100) + b"'>]><rss><channel>" + items + b"</channel></rss>"


def packed(body: bytes, coding: str, kind: str = "application/xml") -> Chunks:
    """A response with a Content-Encoding."""
    return answer(body, kind=kind, Content_Encoding=coding)


STATUS = b"HTTP/1.1 200 OK\r\n"
HTML = STATUS + b"Content-Type: text/html\r\n\r\n"
CHUNKED = STATUS + b"Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
COOKIE = b"Set-Cookie: a%d=b; Path=/\r\n"
MEMBER = gzip.compress(b"", mtime=0)


def make_attacks(size: int) -> dict[str, Serve]:
    """Name → what prepares the hostile outlet. `size` is that of large bodies, in bytes."""
    found: dict[str, Serve] = {}
    for name, (kind, make) in FAMILIES.items():
        if kind in KEYS:
            found[name] = source(kind, lambda make=make: answer(make(size), kind="application/xml"))  # type: ignore[misc]
    entity = b"<!DOCTYPE r [<!ENTITY a 'aaaaaaaaaa'>" + b"".join(
        b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    )
    nested = gzip.compress(b"0" * size)
    for _ in range(20):
        nested = gzip.compress(nested)
    return found | {
        "gzip: two million empty members": source("sitemap", lambda: answer(gzip.compress(MEMBER * 2_000_000))),
        "gzip: the same as a coding": source(
            "sitemap", lambda: packed(gzip.compress(MEMBER * 2_000_000), "gzip, gzip")
        ),
        "gzip: twenty layers": source("sitemap", lambda: packed(nested, ", ".join(["gzip"] * 21))),
        "gzip: a bomb": source("sitemap", lambda: answer(gzip.compress(b" " * 50 * size))),
        "gzip: a bomb as page": page(lambda: packed(gzip.compress(b"0" * 50 * size), "gzip", "text/html")),
        "deflate: what can't be packed": source(
            "sitemap", lambda: packed(zlib.compress(os.urandom(4 * size), 0), "deflate")
        ),
        "xml: a billion laughs": source("feed", lambda: answer(entity + b"]><rss>&j;</rss>", kind="application/xml")),
        "xml: an outside entity": source(
            "feed",
            lambda: answer(b"<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///dev/zero'>]><rss>&a;</rss>", kind="text/xml"),
        ),
        "xml: one long entity, many times": source("feed", lambda: answer(long_entity(size), kind="text/xml")),
        "sitemap: a loop": sitemap_loop,
        "sitemap: names itself": sitemap_of_itself,
        "sitemap: an archive in an archive": source("sitemap", lambda: archive_in_archive(size)),
        "sitemap: one byte a second": source("sitemap", lambda: drip(HTML, b"a", 1)),
        "listing: without end": listing_without_end,
        "redirect: to itself": redirect(lambda web: f"{web.url}/page"),
        "redirect: longer and longer": redirect(lambda web: f"{web.url}/{'a' * (2_000 * len(web.asked))}"),
        "redirect: to a long address": redirect(lambda web: f"{web.url}/{'a' * 500_000}"),
        "cookies: ten thousand": page(lambda: [STATUS, b"".join(COOKIE % n for n in range(10_000)), b"\r\n"]),
        "header: one of 10 MB": page(lambda: [STATUS, b"X-A: ", fill(b"b", size), b"\r\n\r\n"]),
        "robots: one byte a second": robots_from(lambda: drip(HTML, b"a", 1)),
        "listing: long addresses": long_links,
        "robots: 20 MB of rules": robots(lambda: b"User-agent: *\n" + fill(b"Disallow: /a\n", 2 * size)),
        "robots: wildcards": robots(lambda: b"User-agent: *\nDisallow: /" + fill(b"*a", 400_000) + b"b$\n"),
        "robots: many agents": robots(lambda: fill(b"User-agent: a\nDisallow: /\n", size)),
        "header: lines without end": page(lambda: endless(STATUS, b"X-A: b\r\n")),
        "header: a folded line without end": page(lambda: endless(STATUS + b"X-A: b\r\n", b" b\r\n")),
        "header: interim answers without end": page(lambda: endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n")),
        "header: one byte a second": page(lambda: drip(STATUS, b"X", 1)),
        "body: one byte a second": page(lambda: drip(HTML, b"a", 1)),
        "body: without end": page(lambda: endless(HTML, b"a")),
        "body: chunks of one byte": page(lambda: endless(CHUNKED, b"1\r\na\r\n")),
        "body: trailers without end": page(lambda: endless(CHUNKED + b"0\r\n", b"X-A: b\r\n")),
        "page: deep": page(lambda: answer(html(fill(b"<div>", size // 2)))),
        "page: attributes": page(
            lambda: answer(html(b"<a " + b" ".join(b"a%d=1" % n for n in range(size // 50)) + b">"))
        ),
        "page: open tables": page(lambda: answer(html(fill(b"<table><tr><td>", size // 2)))),
        "page: one long word": page(lambda: answer(html(fill(b"a", size // 2)))),
        "page: many short paragraphs": page(lambda: answer(html(fill(b"<p>Chancay.</p>", size // 2)))),
        "page: deep JSON-LD": page(
            lambda: answer(html(b"<script type='application/ld+json'>" + fill(b"[", size // 2) + b"</script>"))
        ),
    }
