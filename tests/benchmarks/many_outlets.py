"""Measure how many outlets one desk can ask in half an hour, and what asking one costs.

    .venv/bin/python -m tests.benchmarks.many_outlets [--outlets 400] [--concurrency 16 64 256] [--answer 0.3]

The outlets are invented hosts behind a proxy on loopback, which answers each request after `--answer` seconds, as a
distant server would. Each has a feed. They are crawled in three rounds with the delay between requests that a desk has:
all is new (two pages each), nothing is new (the feed is unchanged), and one outlet in ten has a new page. A row tells
the wall time, the outlets that would be asked in half an hour at this pace, the CPU time for each outlet (of the
crawling process and of its workers, as /proc tells them; not of the proxy), the outlets that one core could ask in half
an hour by it, and the largest memory of the crawling process alone, without its workers. The pages name neither side of
the topic: what an article on the topic costs is measured by throughput.py and import_warcs.py.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import multiprocessing
import os
import resource
import tempfile
import time
from email.utils import format_datetime
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from urllib.parse import urlsplit

from crawler.config.desk import Desk, load_desk
from crawler.crawling import reactor
from crawler.crawling.session import CrawlSession
from crawler.runner import CrawlRunner
from tests.fixtures.process_tree import family_of, look_at

HALF_HOUR = 1800
ROUNDS = ("all is new", "nothing is new", "one in ten has news")
NEWS_EVERY = 10  # in the third round each tenth outlet has a new page
SENTENCES = "The council of the valley met on Tuesday and spoke about roads, water and the price of seed. " * 30


def count_items(host: str, round_number: int) -> int:
    """Return how many pages a host has in a round, counted from 0."""
    number = int(host.split(".", maxsplit=1)[0].removeprefix("outlet"))
    return 3 if round_number == len(ROUNDS) - 1 and number % NEWS_EVERY == 0 else 2


def make_answer(address: str, headers: dict[str, str], round_number: int) -> tuple[str, str, bytes, str]:
    """Return status, content type, body and ETag of an address."""
    parts = urlsplit(address)
    host, path = parts.hostname or "", parts.path
    items = count_items(host, round_number)
    if path == "/feed.xml":
        tag = f'"{items}"'
        if headers.get("if-none-match") == tag:
            return "304 Not Modified", "", b"", tag
        day = format_datetime(dt.datetime.now(dt.UTC))
        rows = "".join(
            f"<item><title>The council met again {n}</title><link>http://{host}/news/{n}</link>"
            f"<pubDate>{day}</pubDate></item>"
            for n in range(items)
        )
        return "200 OK", "application/rss+xml", f'<rss version="2.0"><channel>{rows}</channel></rss>'.encode(), tag
    if path.startswith("/news/"):
        page = f"<html><head><title>The council met</title></head><body><article><p>{SENTENCES}</p></article></body>"
        return "200 OK", "text/html; charset=utf-8", f"{page}</html>".encode(), ""
    return "404 Not Found", "text/plain", b"no such page", ""


async def answer_requests(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float, shown: Synchronized[int]
) -> None:
    """Answer the requests of one connection to the proxy."""
    while head := await reader.readline():
        headers: dict[str, str] = {}
        while (line := (await reader.readline()).decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        await asyncio.sleep(seconds)
        status, kind, body, tag = make_answer(head.decode("latin-1").split()[1], headers, shown.value)
        fields = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
        fields += [f"Content-Type: {kind}"] if kind else []
        fields += [f"ETag: {tag}"] if tag else []
        writer.write("\r\n".join([*fields, "", ""]).encode() + body)
        await writer.drain()
    writer.close()


def serve(started: Connection, seconds: float, shown: Synchronized[int]) -> None:
    """Run the proxy in a process of its own; send its port when it listens."""

    async def run() -> None:
        server = await asyncio.start_server(lambda r, w: answer_requests(r, w, seconds, shown), "127.0.0.1", 0)
        started.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def write_desk(folder: Path, *, outlets: int, port: int, concurrency: int) -> Desk:
    """Write and load a desk with so many outlets."""
    lines = ["[desk]", 'directory = "none"', "[crawl]", f"concurrency = {concurrency}"]
    lines += ['contact = "https://example.org/vigia"', f'proxy = "http://127.0.0.1:{port}"']
    for number in range(outlets):
        home = f"http://outlet{number}.test"
        lines += ["[[outlet]]", f'id = "outlet{number}"', f'name = "Outlet {number}"', f'home = "{home}/"']
        lines += ['country = "XX"', 'kind = "press"', 'languages = ["en"]', f'feeds = ["{home}/feed.xml"]']
    (folder / "vigia.toml").write_text("\n".join(lines), encoding="utf-8")
    return load_desk(folder)


def read_cpu() -> float:
    """Return the CPU seconds that this process and all that descend from it have used."""
    return sum(held.cpu_s for one in family_of(os.getpid()) if (held := look_at(one)))


async def crawl_rounds(desk: Desk, shown: Synchronized[int]) -> None:
    """Crawl all outlets three times in one session, and print a row for each."""
    async with CrawlSession(desk) as session:
        reactor.install_resolver(session)
        for number, name in enumerate(ROUNDS):
            shown.value = number
            began, cpu = time.perf_counter(), read_cpu()
            ended = await CrawlRunner(session).crawl(desk.enabled_outlets, on_end=lambda _: None)
            seconds, cpu = time.perf_counter() - began, read_cpu() - cpu
            pages, requests = sum(one.stats.pages for one in ended), sum(one.stats.requests for one in ended)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            failed = sum(one.outcome != "ok" for one in ended)
            print(
                f"{desk.crawl.concurrency:11}  {name:20} {requests:8} {pages:6} {failed:6} {seconds:7.1f}"
                f" {len(ended) / seconds * HALF_HOUR:12,.0f} {1000 * cpu / len(ended):7.1f}"
                f" {HALF_HOUR * len(ended) / cpu:12,.0f} {memory:7.0f}",
                flush=True,
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--outlets", type=int, default=400)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[16, 64, 256])
    parser.add_argument("--answer", type=float, default=0.3, help="seconds until the proxy answers")
    arguments = parser.parse_args()
    print(
        "concurrency  round                requests  pages failed       s  by the pace  CPU ms   by one core      MB\n"
        "                                                              (outlets in half an hour)"
    )
    context = multiprocessing.get_context("spawn")
    for concurrency in arguments.concurrency:
        shown: Synchronized[int] = context.Value("i", 0)
        here, there = context.Pipe(duplex=False)
        web = context.Process(target=serve, args=(there, arguments.answer, shown), daemon=True)
        web.start()
        crawling = context.Process(target=crawl_all, args=(arguments.outlets, here.recv(), concurrency, shown))
        crawling.start()  # in a process of its own, so that its memory is measured alone
        crawling.join()
        web.terminate()
        web.join()


def crawl_all(outlets: int, port: int, concurrency: int, shown: Synchronized[int]) -> None:
    """Crawl with one number of outlets at a time."""
    with tempfile.TemporaryDirectory() as folder:
        desk = write_desk(Path(folder), outlets=outlets, port=port, concurrency=concurrency)
        reactor.run_in_reactor(lambda: crawl_rounds(desk, shown))


if __name__ == "__main__":
    main()
