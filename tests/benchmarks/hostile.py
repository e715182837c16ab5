"""What a hostile outlet costs, and what an honest outlet beside it waits: one line for each attack.

    .venv/bin/python -m tests.benchmarks.hostile [--cap 60] [--only WORD] [--size 10000000]

Each attack is served on loopback to a real `vigia crawl` of a fresh desk together with an honest outlet of ten
articles. Printed: CPU seconds and peak memory of the crawl with its processes, how long it took, and when the honest
outlet's last article was asked for. A crawl that is over the cap is ended, and its line says so.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fixtures.hostile_sources import FAMILIES, fill
from tests.fixtures.hostile_web import Chunks, HostileWeb, answer, hostile_web, write_desk

VIGIA = Path(sys.executable).with_name("vigia")
HONEST_ARTICLES = 10
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
    """An outlet whose robots.txt is the attack."""

    def prepare(web: HostileWeb) -> dict[str, object]:
        web.pages["/robots.txt"] = lambda: answer(body(), kind="text/plain")
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


def packed(body: bytes, coding: str, kind: str = "application/xml") -> Chunks:
    """A response with a Content-Encoding."""
    return answer(body, kind=kind, Content_Encoding=coding)


STATUS = b"HTTP/1.1 200 OK\r\n"
HTML = STATUS + b"Content-Type: text/html\r\n\r\n"
CHUNKED = STATUS + b"Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
MEMBER = gzip.compress(b"", mtime=0)


def attacks(size: int) -> dict[str, Serve]:
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
        "sitemap: a loop": sitemap_loop,
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


def honest(web: HostileWeb) -> dict[str, object]:
    """An outlet of ten articles."""
    links = [f"{web.url}/honest/{number}" for number in range(HONEST_ARTICLES)]
    items = "".join(f"<item><title>Chancay {link}</title><link>{link}</link></item>" for link in links)
    web.pages["/feed"] = lambda: answer(f"<rss><channel>{items}</channel></rss>".encode(), kind="application/rss+xml")
    web.any_page = lambda path: answer(html(TEXT + path)) if "/honest/" in path else answer(b"", status="404 Not Found")
    return {"home": f"{web.url}/", "feeds": [f"{web.url}/feed"]}


@dataclass(frozen=True)
class Cost:
    """What one attack cost."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    honest_s: float | None
    was_ended: bool


def measure(prepare: Serve, *, cap: float, vigia: Path) -> Cost:
    """Crawl a desk with one hostile and one honest outlet."""
    with hostile_web() as bad, hostile_web("127.0.0.2") as good, tempfile.TemporaryDirectory() as folder:
        hostile = {"home": f"{bad.url}/", **prepare(bad)}
        # On another address, because two outlets of one site would wait for each other.
        desk = write_desk({"hostile": hostile, "honest": honest(good)}, timeout=15, allow_networks=["127.0.0.0/8"])
        Path(folder, "vigia.toml").write_text(desk, encoding="utf-8")
        began = time.monotonic()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        crawl = subprocess.Popen(
            [str(vigia), "--desk", folder, "crawl"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        peak, was_ended = 0.0, False
        while crawl.poll() is None:
            peak = max(peak, resident_mb(crawl.pid))
            if time.monotonic() - began > cap:
                was_ended = True
                os.killpg(crawl.pid, signal.SIGKILL)
            time.sleep(0.1)
        wall = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        asked = [at - began for at, path in good.asked if "/honest/" in path]
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Cost(cpu, wall, peak, max(asked) if len(asked) >= HONEST_ARTICLES else None, was_ended)


def resident_mb(group: int) -> float:
    """Resident memory of all processes of a group, in MB."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == group:
                total += int((folder / "statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            continue  # it ended meanwhile
    return total * resource.getpagesize() / 1e6


def main() -> None:
    """Print a line for each attack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cap", type=float, default=60, help="seconds after which a crawl is ended")
    parser.add_argument("--only", default="", help="attacks whose name has this word")
    parser.add_argument("--size", type=int, default=10_000_000, help="bytes of large bodies")
    parser.add_argument("--vigia", type=Path, default=VIGIA, help="the command, also of another checkout")
    options = parser.parse_args()
    print(f"{'attack':38} {'CPU s':>7} {'wall s':>7} {'peak MB':>8} {'honest s':>9}", flush=True)
    quiet: Serve = page(lambda: answer(html(TEXT)))
    for name, prepare in {"none": quiet, **attacks(options.size)}.items():
        if options.only in name:
            cost = measure(prepare, cap=options.cap, vigia=options.vigia)
            waited = "never" if cost.honest_s is None else f"{cost.honest_s:.1f}"
            note = "  ended at the cap" if cost.was_ended else ""
            print(f"{name:38} {cost.cpu_s:7.1f} {cost.wall_s:7.1f} {cost.peak_mb:8.0f} {waited:>9}{note}", flush=True)


if __name__ == "__main__":
    main()
