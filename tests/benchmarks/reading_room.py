"""Measure the server time of every page of the reading room at 10^4 and 10^6 articles.

    --articles 10000 1000000   sizes; the databases are made once in --folder (a million: 9 GB, a quarter of an hour)
    --requests 20              requests of each page, warm: the file is held in memory
    --pages search             only pages whose name contains this

A request goes through the whole application (Datasette, our pages, templates, headers) in this process. `cpu` is the
CPU time of the process and its threads, which other work on the machine changes least. `cold` is one request to
another application, after its file was dropped from the machine's cache. The query cache (db.site.query_cache) is
emptied before each request. The exit code is 1 if the warm p95 of a page is over --limit (ms; with --cpu, CPU ms), or
if the plan of a statement scans a whole table.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import gc
import mmap
import os
import resource
import sqlite3
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import many_articles
import numpy as np
from reading_room_pages import pages

from db.search import prefixes
from db.site import query_cache
from db.site.page_context import PageContext
from db.site.server import make_application

LARGE = ("it", "a", "articles", "m", "mentions", "r", "revisions", "fingerprints", "addresses")


@dataclass(slots=True)
class Statements:
    """The statements that pages ran, each with its longest time."""

    statements: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)

    def watch(self) -> None:
        """Record the statements of PageContext.rows from now on."""
        asking = PageContext.rows

        async def rows(room: PageContext, sql: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
            began = time.perf_counter()
            try:
                return await asking(room, sql, parameters)
            finally:
                spent = time.perf_counter() - began
                if spent > self.statements.get(sql, (0.0, {}))[0]:
                    self.statements[sql] = (spent, parameters or {})

        PageContext.rows = rows  # type: ignore[method-assign]


def out_of_cache(path: Path) -> None:
    """Ask the kernel to forget the file's pages (posix_fadvise(2)); pages that others map stay."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def in_memory(path: Path) -> Iterator[None]:
    """Hold the file's pages in memory (mlock(2)); if that fails, print so and read the file once."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        pages = np.frombuffer(mapped, dtype=np.uint8)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mlock(ctypes.c_void_p(pages.ctypes.data), ctypes.c_size_t(pages.size)):
            print(f"not held in memory: {os.strerror(ctypes.get_errno())}; some requests may wait for the disk")
            pages[::4096].max()
        yield
        del pages  # otherwise the file can't be unmapped


@contextlib.asynccontextmanager
async def client(path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Make a client of a new application."""
    transport = httpx.ASGITransport(app=make_application(path, name="Benchmark", timezone="America/Lima"))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as asking:
        await asking.get("/outlets.none")  # the first request opens connections and loads templates
        gc.collect()
        gc.freeze()  # as `vigia up` does
        yield asking


async def first(path: Path, address: str) -> float:
    """Return the seconds of a first request that has to read from the disk."""
    out_of_cache(path)
    async with client(path) as asking:
        began = time.perf_counter()
        await asking.get(address)
        return time.perf_counter() - began


def cpu() -> float:
    """Return the CPU seconds of this process and its threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def p95(figures: list[float]) -> float:
    """Return the 95th percentile; of a few figures, nearly the largest."""
    return statistics.quantiles(figures, n=20, method="inclusive")[-1] if len(figures) > 1 else figures[0]


async def measure(path: Path, *, requests: int, only: str, limit: float, by_cpu: bool) -> list[str]:
    """Print a line for each page; gives those that are over the limit."""
    wanted = {name: address for name, address in pages(path).items() if only in name}
    cold = {name: await first(path, address()) for name, address in wanted.items()}
    with in_memory(path):
        return await measure_warm(path, wanted, cold, requests=requests, limit=limit, by_cpu=by_cpu)


async def measure_warm(
    path: Path,
    wanted: Mapping[str, Callable[[], str]],
    cold: Mapping[str, float],
    *,
    requests: int,
    limit: float,
    by_cpu: bool,
) -> list[str]:
    """Print a line for each page; gives those that are over the limit. `cold`: seconds by page."""
    slow = []
    print(f"{'page':34} {'p50':>7} {'p95':>7} {'cpu p50':>8} {'cpu p95':>8} {'cold':>7}   ms")
    for name, address in wanted.items():
        async with client(path) as asking:
            if (await asking.get(address())).status_code == 404:
                print(f"{name:34}  not there")
                continue
            spent, worked, failed = [], [], set[str]()
            for number in range(requests + 3):
                url = address()
                query_cache.clear_cache()  # so that each request is like the first one of a search
                before, began = cpu(), time.perf_counter()
                answer = await asking.get(url)
                took, work = time.perf_counter() - began, cpu() - before
                if answer.status_code != 200 or "That took too long." in answer.text:
                    failed.add(f"{url} answered {answer.status_code}, or not in time")
                    took = float("inf")
                if number >= 3:  # by now every thread has opened its connection
                    spent.append(took * 1000)
                    worked.append(work * 1000)
        high, worked_high = p95(spent), p95(worked)
        over = bool(failed) or (worked_high if by_cpu else high) > limit
        if over:
            slow.append(name)
        print(
            f"{name:34} {statistics.median(spent):7.1f} {high:7.1f} {statistics.median(worked):8.1f}"
            f" {worked_high:8.1f} {cold[name] * 1000:7.0f}{'   over' if over else ''}",
            flush=True,
        )
        print("".join(f"    {one}\n" for one in sorted(failed)), end="")
    return slow


def scans(path: Path, asked: Statements, *, shown: int = 8) -> list[str]:
    """Print the slowest statements; return the steps of their plans that scan a large table."""
    db = sqlite3.connect(path)
    for function, arguments in (("fts_query", 1), ("snippet_of", 2), ("escape_fts", 1)):
        db.create_function(function, arguments, lambda *_: "")
    prefixes.attach_terms_table(db)
    found = []
    slowest = sorted(asked.statements.items(), key=lambda item: -item[1][0])
    for number, (sql, (spent, parameters)) in enumerate(slowest):
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        if number < shown:
            print(f"{spent * 1000:7.1f} ms  {' '.join(sql.split())[:150]}")
            print("".join(f"            {step}\n" for step in plan), end="")
        found += [f"{step}: {' '.join(sql.split())[:300]}" for step in plan if whole(step)]
    db.close()
    return found


def whole(step: str) -> bool:
    """Return True if a step of a plan scans a large table, and not only an index."""
    words = step.split()
    return words[:1] == ["SCAN"] and words[1] in LARGE and "INDEX" not in words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--folder", type=Path, default=Path("many-articles"), help="where the databases are kept")
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--pages", default="")
    parser.add_argument("--limit", type=float, default=100.0)
    parser.add_argument("--cpu", action="store_true", help="hold CPU time to the limit: on a machine with other work")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    asked, failed = Statements(), []
    asked.watch()
    for articles in arguments.articles:
        path = arguments.folder / f"news-{articles}.db"
        if not path.exists():
            print(f"making {path} …")
            unfinished = path.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            many_articles.make(unfinished, articles)
            unfinished.rename(path)
        print(
            f"\n{articles:,} articles, {path.stat().st_size / 1e6:,.0f} MB, {arguments.requests} requests of each page"
        )
        asked.statements.clear()
        slow = asyncio.run(
            measure(
                path,
                requests=arguments.requests,
                only=arguments.pages,
                limit=arguments.limit,
                by_cpu=arguments.cpu,
            )
        )
        failed += [f"{name} at {articles:,}: over {arguments.limit:.0f} ms" for name in slow]
        print("\nslowest statements and their plans")
        failed += scans(path, asked)
    if failed:
        sys.exit("\n".join(["", *failed]))


if __name__ == "__main__":
    main()
