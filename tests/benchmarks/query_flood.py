"""Measure what an honest reader waits while other readers flood the reading room with costly questions.

    --news news.db      a large database, see many_articles.py; read in place, or one of an older schema from a copy
    --clients 10        flooding readers, each with an address of its own (127.0.1.n)
    --requests 4        requests of each that are under way at the same time
    --seconds 30        of each flood
    --checkout DIR      another checkout to measure, with its own .venv

The server runs in a process of its own. The floods: long queries of beginnings (`ab* ac* …`), the same with one letter,
all joined by OR, Datasette's facets and searches of tables, files that are streamed. Prints for each flood the median
and the longest time of the honest reader's pages, how his requests and those of the flood ended, and CPU and memory.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import random
import shutil
import statistics
import string
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus

import httpx

from db.connection import StoreError, open_news

ROOT = Path(__file__).parents[2]
HONEST_PAGES = ("/outlets", "/", "/help", "/?q=chancay")
PATIENCE_SECONDS = 120
# It serves the file as it is, because a checkout of an older schema would refuse it. Before its rooms had nouns,
# server.py was serve.py.
SERVER = """
import importlib, sys
try: site = importlib.import_module("db.site.server")
except ImportError: site = importlib.import_module("db.site.serve")
site.open_news = lambda path: open(path, "rb")
from pathlib import Path
with site.SiteServer(Path(sys.argv[1]), port=0, name="Benchmark", timezone="America/Lima") as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


def beginnings(joined: str = " ", letters: int = 2, most: int = 300) -> str:
    """Return a long query of beginnings in an order of its own, so that no cache answers it."""
    alphabet = string.ascii_lowercase
    words = ["".join(one) + "*" for one in itertools.product(alphabet, repeat=letters)]
    random.shuffle(words)
    return quote_plus(joined.join(words[:most]))


FLOODS: dict[str, Callable[[], str]] = {
    "beginnings": lambda: f"/?q={beginnings()}",
    "beginnings of one letter": lambda: f"/?q={beginnings(letters=1)}+{random.random()}",
    "beginnings with OR": lambda: f"/?q={beginnings(' OR ', letters=2)}&sort=rank",
    "beginnings as files": lambda: f"/search.csv?q={beginnings(' OR ', letters=3)}",
    "facets": lambda: f"/news/articles?_facet=url&_facet=title&_facet_array=authors&id__gt={random.randrange(10)}",
    "search of a table": lambda: f"/news/articles?_search={beginnings(' OR ')}&_sort=title",
    "streamed files": lambda: f"/news/articles.csv?_stream=on&_size=max&_sort=title&id__gt={random.randrange(9)}",
}


@dataclass(slots=True)
class Waited:
    """Seconds and status codes of the requests for one page."""

    seconds: list[float] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)


@contextlib.contextmanager
def brought_up_to_date(news: Path) -> Iterator[Path]:
    """Give a database of the newest schema: this one, or else a copy beside it that goes with the block."""
    try:
        open_news(news, readonly=True).close()
    except StoreError:
        with tempfile.TemporaryDirectory(dir=news.parent) as folder:
            print(f"{news} has an older schema: a copy is brought up to date", flush=True)
            copy = Path(shutil.copy(news, folder))
            open_news(copy).close()
            yield copy
    else:
        yield news


@contextlib.contextmanager
def served(news: Path, checkout: Path) -> Iterator[tuple[str, int]]:
    """Serve a database with a checkout's own interpreter; yields address and process id."""
    command = [str(checkout / ".venv" / "bin" / "python"), "-c", SERVER, str(news)]
    process = subprocess.Popen(command, cwd=checkout, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        url = (process.stdout.readline() if process.stdout else "").strip()
        if not url:
            raise SystemExit("the server did not start; its output says why")
        yield url, process.pid
    finally:
        process.kill()
        process.wait()


async def flood(url: str, write_path: Callable[[], str], *, address: str, requests: int, ended: Counter[str]) -> None:
    """Send requests without a pause until cancelled."""

    async def ask_again(client: httpx.AsyncClient) -> None:
        while True:
            try:
                async with client.stream("GET", write_path()) as answer:
                    async for _ in answer.aiter_bytes():
                        pass
                ended[str(answer.status_code)] += 1
            except httpx.HTTPError as error:
                ended[type(error).__name__] += 1
            await asyncio.sleep(0.01)

    transport = httpx.AsyncHTTPTransport(local_address=address)
    async with httpx.AsyncClient(transport=transport, base_url=url, timeout=PATIENCE_SECONDS) as client:
        await asyncio.gather(*(ask_again(client) for _ in range(requests)))


async def read_honestly(url: str, seconds: float) -> dict[str, Waited]:
    """Read one page after the other, as a person does, and return what each took."""
    waited = {page: Waited() for page in HONEST_PAGES}
    until = time.monotonic() + seconds
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.1")
    async with httpx.AsyncClient(transport=transport, base_url=url, timeout=PATIENCE_SECONDS) as client:
        for page in itertools.cycle(HONEST_PAGES):
            if time.monotonic() > until:
                return waited
            began = time.monotonic()
            try:
                waited[page].ended[str((await client.get(page)).status_code)] += 1
            except httpx.HTTPError as error:
                waited[page].ended[type(error).__name__] += 1
            waited[page].seconds.append(time.monotonic() - began)
            await asyncio.sleep(0.1)
    raise AssertionError("a cycle has no end")


async def measure_flood(
    url: str, write_path: Callable[[], str], *, clients: int, requests: int, seconds: float
) -> tuple[dict[str, Waited], Counter[str]]:
    """Return what an honest reader waited during a flood, and how the requests of the flood ended."""
    ended: Counter[str] = Counter()
    flooding = [
        asyncio.create_task(flood(url, write_path, address=f"127.0.1.{number + 1}", requests=requests, ended=ended))
        for number in range(clients)
    ]
    await asyncio.sleep(2 if clients else 0)  # the flood is at its height
    waited = await read_honestly(url, seconds)
    for task in flooding:
        task.cancel()
    await asyncio.gather(*flooding, return_exceptions=True)
    return waited, ended


def read_usage(process: int) -> tuple[float, int]:
    """Return CPU seconds and resident kB of a process, without the pages of files that it maps (Linux)."""
    times = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text("ascii").splitlines() if ":" in line
    )
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"), int(status["RssAnon"].split()[0])


def print_waited(label: str, waited: dict[str, Waited], ended: Counter[str], cpu: float, resident: int) -> None:
    """Print one line for each page of the honest reader."""
    print(f"\n{label}: the flood ended {dict(ended)}; server CPU {cpu:.1f} s, memory {resident >> 10} MB", flush=True)
    for page, one in waited.items():
        median = statistics.median(one.seconds) if one.seconds else float("nan")
        longest = max(one.seconds, default=float("nan"))
        print(f"    {page:12} median {median:7.3f} s   longest {longest:7.3f} s   {dict(one.ended)}", flush=True)


def main() -> None:
    """Read the arguments, serve and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--news", type=Path, required=True)
    parser.add_argument("--checkout", type=Path, default=ROOT)
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--requests", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--flood", choices=FLOODS, action="append")
    given = parser.parse_args()
    with brought_up_to_date(given.news.resolve()) as news:
        for label in (None, *(given.flood or FLOODS)):
            with served(news, given.checkout.resolve()) as (url, process):
                asyncio.run(read_honestly(url, 5))  # warm
                before, _ = read_usage(process)
                waited, ended = asyncio.run(
                    measure_flood(
                        url,
                        FLOODS[label] if label else lambda: "/",
                        clients=given.clients if label else 0,
                        requests=given.requests,
                        seconds=given.seconds if label else 5,
                    )
                )
                cpu, resident = read_usage(process)
                print_waited(label or "no flood", waited, ended, cpu - before, resident)


if __name__ == "__main__":
    main()
