"""A response's header and the chunks of its body are limited, over a real connection."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport

from crawler.crawling import response_limits
from crawler.crawling.exceptions import TooManyChunks
from crawler.crawling.response_limits import (
    MAX_HEADER_BYTES,
    MAX_HEADER_LINES,
    MAX_SMALL_CHUNKS,
    BoundedChunks,
    LimitedHTTP11,
)
from crawler.settings import DOWNLOAD_HANDLERS
from tests.fixtures.demo_desk import rows
from tests.fixtures.forked_commands import run_vigia
from tests.fixtures.hostile_web import Chunks, HostileWeb, answer, hostile_web, write_desk
from tests.fixtures.waiting import DEADLINE_SECONDS

ARTICLE = "<html><title>Chancay</title><p>" + "COSCO amplia el puerto de Chancay en el Peru. " * 40 + "</p></html>"
STATUS = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def web() -> Iterator[HostileWeb]:
    with hostile_web() as one:
        yield one


def crawl(folder: Path, web: HostileWeb, *paths: str) -> dict[str, str]:
    """Crawl a feed of these paths; returns path → the reason of its rejection, or "article"."""
    items = "".join(f"<item><title>Chancay</title><link>{web.url}{path}</link></item>" for path in paths)
    feed = f"<rss version='2.0'><channel>{items}</channel></rss>".encode()
    web.pages["/feed.xml"] = lambda: answer(feed, kind="application/rss+xml")
    outlet: dict[str, object] = {"home": f"{web.url}/", "feeds": [f"{web.url}/feed.xml"]}
    (folder / "vigia.toml").write_text(write_desk({"one": outlet}, attempts=1, timeout=20), encoding="utf-8")
    ended = run_vigia("--desk", str(folder), "crawl")
    assert ended.returncode == 0, ended.stderr
    found = rows(folder / "news.db", "SELECT url, reason FROM rejections")
    found += rows(folder / "news.db", "SELECT url, 'article' FROM articles")
    return {re.sub("^https?://[^/]+", "", url): reason for url, reason in found}


def endless(line: bytes) -> Iterator[bytes]:
    yield STATUS
    yield from itertools.repeat(line * (65_536 // len(line)))


CHUNKED = STATUS + b"Content-Type: text/html\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"


def chunked(body: bytes, size: int) -> Chunks:
    """A body in chunks of so many bytes."""
    parts = (body[start : start + size] for start in range(0, len(body), size))
    yield CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def test_a_response_without_end_is_broken_off_and_the_outlet_goes_on(tmp_path: Path, web: HostileWeb) -> None:
    floods: dict[str, bytes] = {
        "/lines": b"X-A: b\r\n",
        "/long": b"X-A: " + b"b" * 8_000 + b"\r\n",
        "/folded": b"X-A: b\r\n b\r\n b\r\n b\r\n",
        "/no-colon": b"b\r\n",
        "/no-line-end": b"b" * 1_000,
    }
    for path, line in floods.items():
        web.pages[path] = lambda line=line: endless(line)  # type: ignore[misc]
    web.pages["/interim"] = lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000)
    web.pages["/well"] = lambda: answer(ARTICLE.encode())
    web.pages["/chunks"] = lambda: itertools.chain([CHUNKED], itertools.repeat(b"1\r\na\r\n" * 10_000))
    web.pages["/short-chunks"] = lambda: chunked(ARTICLE.encode(), 2)
    found = crawl(tmp_path, web, *floods, "/interim", "/chunks", "/well", "/short-chunks")
    assert {found["/well"], found["/short-chunks"]} <= {"article", "copy"}
    refused = ("/lines", "/long", "/folded", "/no-colon", "/interim", "/chunks")
    assert {path: found[path] for path in refused} == dict.fromkeys(refused, "too-large")
    assert "/no-line-end" in found  # a single line is Twisted's to limit


def test_a_header_just_under_the_limit_is_read(tmp_path: Path, web: HostileWeb) -> None:
    many = b"".join(b"X-%d: b\r\n" % number for number in range(MAX_HEADER_LINES - 10))
    long = b"".join(b"X-%d: %s\r\n" % (number, b"b" * 10_000) for number in range(MAX_HEADER_BYTES // 10_000 - 1))

    def page(lines: bytes) -> Chunks:
        head = STATUS + lines + b"Content-Type: text/html\r\nConnection: close\r\n"
        return [head + b"Content-Length: %d\r\n\r\n" % len(ARTICLE), ARTICLE.encode()]

    web.pages["/many"] = lambda: page(many)
    web.pages["/long"] = lambda: page(long)
    found = crawl(tmp_path, web, "/many", "/long")
    assert {found["/many"], found["/long"]} <= {"article", "copy"}


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=20), st.data())
@settings(max_examples=30, deadline=None)
def test_chunks_give_the_body_whole_however_they_arrive(parts: list[bytes], data: st.DataObject) -> None:
    taken: list[bytes] = []
    ended: list[bytes] = []
    decoder = BoundedChunks(taken.append, ended.append)
    sent = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\nrest"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=5)))
    for start, end in itertools.pairwise([0, *cuts, len(sent)]):
        if ended:
            break
        decoder.dataReceived(sent[start:end])
    assert b"".join(taken) == b"".join(parts)
    assert len(taken) <= len(cuts) + 2
    assert ended


def test_so_many_chunks_end_in_an_error_that_their_bytes_do_not_explain() -> None:
    decoder = BoundedChunks(lambda _: None, lambda _: None)
    decoder.dataReceived(b"1\r\na\r\n" * MAX_SMALL_CHUNKS)
    with pytest.raises(TooManyChunks):
        decoder.dataReceived(b"1\r\na\r\n" * (MAX_SMALL_CHUNKS // 8))
    decoder = BoundedChunks(lambda _: None, lambda _: None)
    decoder.dataReceived((b"1e\r\n" + b"a" * 30 + b"\r\n") * 5 * MAX_SMALL_CHUNKS)  # lines of a long page


def test_both_schemes_use_the_handler_with_the_limit() -> None:
    path = f"{LimitedHTTP11.__module__}.{LimitedHTTP11.__qualname__}"
    assert {DOWNLOAD_HANDLERS["http"], DOWNLOAD_HANDLERS["https"]} == {path}


@pytest.mark.parametrize("is_closed", [True, False])
@pytest.mark.slow
async def test_a_close_ends_once_in_a_bounded_time(is_closed: bool) -> None:
    handler, closed = LimitedHTTP11.__new__(LimitedHTTP11), Deferred[None]()
    handler._disconnect_timeout = 0.05
    handler._pool = SimpleNamespace(closeCachedConnections=lambda: closed)  # type: ignore[assignment]
    if is_closed:
        asyncio.get_running_loop().call_soon(closed.callback, None)
    await asyncio.wait_for(handler.close(), DEADLINE_SECONDS)
    assert closed.called == is_closed, "nobody else has ended what the connections end"


def test_a_response_ends_on_a_connection_that_is_kept_for_the_next_request() -> None:
    bodies: list[bytes] = []
    parser = response_limits._BoundedParser(
        SimpleNamespace(method=b"GET", absoluteURI=b"http://one.test/"), bodies.append
    )
    parser.makeConnection(StringTransport())
    parser.dataReceived(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    parser.connectionLost(ConnectionDone("kept"))  # Twisted gives a bare exception there
    assert bodies == [b""]
