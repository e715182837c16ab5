"""Readers that open connections and send little, too much or nothing take no room from the others."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from uvicorn.protocols.http.h11_impl import H11Protocol

from db.site.readers import connections
from db.site.server import SiteServer

PATIENCE_SECONDS = 20


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with SiteServer(Path(tmp_path_factory.mktemp("room"), "news.db"), port=0) as server:
        yield server.url


@contextlib.contextmanager
def connected(url: str, *sent: bytes, source: str = "127.0.1.1") -> Iterator[socket.socket]:
    """Connect from an address of loopback and send something."""
    place = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
    with socket.create_connection(place, PATIENCE_SECONDS, source_address=(source, 0)) as connection:
        for piece in sent:
            connection.sendall(piece)
        yield connection


def is_ended(connection: socket.socket) -> bool:
    """Wait until the room has ended a connection; what it answers before is not looked at."""
    with contextlib.suppress(ConnectionResetError):
        while connection.recv(65_536):
            pass
    return True


FORM = b"POST /subscribe HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\na=b"


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nX-A", FORM], ids=["nothing", "half a header", "half a form"])
def test_a_request_that_does_not_arrive_is_ended(url: str, sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_ARRIVAL_SECONDS", 0.2)
    with connected(url, sent) as connection:
        assert is_ended(connection)


def test_a_flood_of_connections_leaves_descriptors_for_others(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 20)
    opened = 300
    before = len(list(Path("/proc/self/fd").iterdir()))
    with contextlib.ExitStack() as stack:
        for _ in range(opened):
            stack.enter_context(connected(url))
        with urllib.request.urlopen(f"{url}/help", timeout=PATIENCE_SECONDS) as answer:
            assert answer.status == 200
        held = len(list(Path("/proc/self/fd").iterdir())) - before - opened
        assert held <= connections.MAX_CONNECTIONS + 3 * connections.MAX_ACCEPTED_AT_ONCE


def test_what_follows_an_answered_form_is_not_read(url: str) -> None:
    head = FORM.replace(b"Content-Length: 1000", b"Transfer-Encoding: chunked").removesuffix(b"a=b")
    with connected(url, head) as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 4")
        with contextlib.suppress(ConnectionError):
            while True:  # without end, until the room closes
                connection.sendall(b"1\r\na\r\n" * 1_000)
        assert is_ended(connection)


def test_a_request_that_arrives_in_pieces_is_answered(url: str) -> None:
    with connected(url, b"GET /help HTTP/1.1\r\n", b"Host: localhost\r\n", b"\r\n") as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"


def test_a_head_that_is_too_long_is_refused(url: str) -> None:
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"a=b;" * connections.MAX_HEAD_BYTES
    with connected(url, head) as connection:
        assert connection.recv(12) == b"HTTP/1.1 400"


def test_who_holds_most_connections_loses_the_oldest_and_others_are_answered(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 6)
    with contextlib.ExitStack() as stack:
        other = stack.enter_context(connected(url, source="127.0.1.2"))
        many = [stack.enter_context(connected(url)) for _ in range(12)]
        assert all(is_ended(connection) for connection in many[:7])
        with urllib.request.urlopen(f"{url}/help", timeout=PATIENCE_SECONDS) as answer:
            assert answer.status == 200
        other.sendall(b"GET /help HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert other.recv(12) == b"HTTP/1.1 200"


CHUNKED = FORM.replace(b"Content-Length: 1000", b"Transfer-Encoding: chunked").removesuffix(b"a=b")


def test_a_form_in_small_chunks_is_refused_before_it_is_parsed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []
    read = H11Protocol.data_received

    def count(self: H11Protocol, data: bytes) -> None:
        parsed.append(data.count(b"1\r\na\r\n"))
        read(self, data)

    monkeypatch.setattr(H11Protocol, "data_received", count)
    with connected(url) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(CHUNKED + b"1\r\na\r\n" * 100_000)
        assert is_ended(connection)
    at_once = connections.PARSED_AT_ONCE_BYTES // len(b"1\r\na\r\n")
    assert 0 < sum(parsed) <= connections.MAX_FORM_CHUNKS + 2 * at_once


def test_a_form_in_large_chunks_is_read(url: str) -> None:
    chunk = b"200\r\n" + b"a" * 512 + b"\r\n"
    with connected(url, CHUNKED + chunk * 8 + b"0\r\n\r\n") as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 405")


def test_an_answer_is_sent_without_waiting_for_the_acknowledgement_of_its_head(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With Nagle's algorithm each page of a connection but the first comes 40 ms late."""
    delays: list[int] = []
    accept = connections.ReaderConnection.connection_made

    def note_delay(connection: connections.ReaderConnection, transport: asyncio.Transport) -> None:
        accept(connection, transport)
        delays.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(connections.ReaderConnection, "connection_made", note_delay)
    with urllib.request.urlopen(url) as answer:
        answer.read()
    assert delays
    assert all(delays)
