"""Readers that attack the reading room: name → what one connection of them sends.

Floods of costly questions to a large database are measured by query_flood.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PATIENCE_SECONDS = 5  # for one answer
ADDRESSES = 10  # from which is attacked, 127.0.1.n
PAUSE_SECONDS = 0.01  # between two connections, so that the attack itself leaves the processor to the others

Send = Callable[[str], AsyncIterator[bytes]]


@dataclass(frozen=True)
class ReaderAttack:
    """What each connection sends, given the host's name, and how many are open at the same time."""

    send: Send
    connections: int = 20
    reads: bool = True  # what is answered; else the connection stays open


def whole(request: Callable[[], bytes]) -> Send:
    """Send a request at once."""

    async def send(host: str) -> AsyncIterator[bytes]:
        yield request().replace(b"HOST", host.encode())

    return send


def repeated(head: bytes, piece: bytes, seconds: float) -> Send:
    """Send a head, then a piece again and again."""

    async def send(host: str) -> AsyncIterator[bytes]:
        yield head.replace(b"HOST", host.encode())
        while True:
            await asyncio.sleep(seconds)
            yield piece

    return send


def get(target: str, *headers: str) -> Send:
    """Send a GET."""
    lines = "".join(f"{line}\r\n" for line in headers)
    return whole(f"GET {target} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n{lines}\r\n".encode)


GET = b"GET / HTTP/1.1\r\nHost: HOST\r\n"
POST = b"POST /subscribe HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/x-www-form-urlencoded\r\n"
PARAMETERS = "&".join(f"outlet=a{number}" for number in range(5_000))
LARGE = 65_536

READER_ATTACKS: dict[str, ReaderAttack] = {
    "request: an address of 60 kB": ReaderAttack(get(f"/?q={'a' * 60_000}")),
    "request: an address of 60 kB, a file": ReaderAttack(get(f"/article/{'1' * 60_000}")),
    "request: an address without end": ReaderAttack(repeated(b"GET /", b"a" * LARGE, 0)),
    "request: brackets": ReaderAttack(get(f"/?q={'(' * 30_000}")),
    "request: quotes": ReaderAttack(get("/?q=" + "%22a" * 10_000)),
    "request: many parameters": ReaderAttack(get(f"/?{PARAMETERS}")),
    "request: many words": ReaderAttack(get(f"/?q={'+OR+'.join(f'a{number}' for number in range(6_000))}")),
    "request: thousands of headers": ReaderAttack(get("/", *(f"X-A{number}: b" for number in range(4_000)))),
    "request: one header of 60 kB": ReaderAttack(get("/", f"X-A: {'b' * 60_000}")),
    "request: headers without end": ReaderAttack(repeated(GET, b"X-A: b\r\n" * 8_000, 0)),
    "request: languages": ReaderAttack(get("/", f"Accept-Language: {','.join(['a-b;q=0.1'] * 6_000)}")),
    "request: cookies": ReaderAttack(get("/", f"Cookie: {';'.join(f'a{number}=b' for number in range(6_000))}")),
    "request: a header, one byte a second": ReaderAttack(repeated(GET, b"X", 1), connections=1_500),
    "request: nothing, connections stay open": ReaderAttack(repeated(b"", b"", 60), connections=1_500),
    "request: open after an answer": ReaderAttack(repeated(GET + b"\r\n", b"", 60), connections=1_500, reads=False),
    "request: a form, one byte a second": ReaderAttack(
        repeated(POST + b"Content-Length: 1000000\r\n\r\n", b"a", 1), connections=300
    ),
    "request: a form without end": ReaderAttack(
        repeated(POST + b"Content-Length: 100000000000\r\n\r\n", b"a=" + b"b" * LARGE, 0)
    ),
    "request: a form of many fields": ReaderAttack(
        whole(lambda: POST + b"Connection: close\r\nContent-Length: 4000000\r\n\r\n" + b"a=&" * 1_333_333 + b"a")
    ),
    "request: a form in chunks of a byte": ReaderAttack(
        repeated(POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 8_000, 0)
    ),
    "request: thousands in one connection": ReaderAttack(whole(lambda: (GET + b"\r\n") * 5_000)),
    "request: answers that nobody reads": ReaderAttack(
        whole(lambda: (GET.replace(b"GET /", b"GET /help") + b"\r\n") * 500), connections=100, reads=False
    ),
}


async def _attack_once(one: ReaderAttack, host: str, port: int, source: str) -> None:
    reader, writer = await asyncio.wait_for(
        asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0)), PATIENCE_SECONDS
    )
    try:
        async for piece in one.send(f"{host}:{port}"):
            writer.write(piece)
            await writer.drain()
        if one.reads:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await reader.read(LARGE):
                    pass
        else:
            await asyncio.sleep(PATIENCE_SECONDS)
    finally:
        writer.transport.abort()


async def _attack_again(one: ReaderAttack, host: str, port: int, source: str) -> None:
    while True:
        with contextlib.suppress(OSError, TimeoutError):  # the room may refuse, and end a connection at any time
            await _attack_once(one, host, port, source)
        await asyncio.sleep(PAUSE_SECONDS)


async def attack(one: ReaderAttack, url: str) -> None:
    """Attack from ten addresses, without end."""
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 0
    sources = [f"127.0.1.{number % ADDRESSES + 1}" for number in range(one.connections)]
    await asyncio.gather(*(_attack_again(one, host, port, source) for source in sources))


def start_attack(name: str, url: str) -> subprocess.Popen[bytes]:
    """Attack a reading room from a process of its own, until that is killed."""
    command = [sys.executable, "-m", "tests.benchmarks.hostile_readers", name, url]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2])


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    asyncio.run(attack(READER_ATTACKS[sys.argv[1]], sys.argv[2]))
