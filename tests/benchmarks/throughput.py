"""Measure a crawl of the replayed web: pages a second, time of each stage, and trafilatura alone.

    .venv/bin/python tests/benchmarks/throughput.py [--shared DIR] [--workers 2]

The web is `web/replay.py` of the shared folder, on loopback, with no delay between requests, because the
speed of the program is measured. Prints wall time, CPU seconds of both sides, and seconds spent in each stage.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trafilatura

from crawler.config.desk import Desk, load_desk
from crawler.crawling import reactor, source_reader
from crawler.crawling.session import CrawlSession
from crawler.runner import CrawlRunner
from pipelines import item_pipelines
from pipelines.analysis.workers.workers import Workers
from pipelines.archive.warc_files import Archive

SHARED = Path(os.environ.get("VIGIA_SHARED", Path(__file__).resolve().parents[3] / "shared"))
spent: dict[str, float] = defaultdict(float)


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the wall time of each call to `spent[name]`."""

    @functools.wraps(function)
    def measured(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[name] += time.perf_counter() - began

    return measured


def timed_async(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the wall time of each call of a coroutine to `spent[name]`, with the time in which it waits."""

    @functools.wraps(function)
    async def measured(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return await function(*args, **kwargs)
        finally:
            spent[name] += time.perf_counter() - began

    return measured


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def replayed(shared: Path, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start the replayed web and wait until it answers; it writes folder/vigia.toml."""
    port = free_port()
    command = [sys.executable, str(shared / "web" / "replay.py"), "--port", str(port), "--desk", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/-/hits", timeout=1)
        except OSError:
            time.sleep(0.1)
        else:
            return process, port
    raise SystemExit("the replayed web does not answer")


async def crawl(desk: Desk) -> tuple[int, int, float]:
    """Crawl everything once; return pages, requests and seconds."""
    async with CrawlSession(desk) as session:
        reactor.install_resolver(session)
        began = time.perf_counter()
        ended = await CrawlRunner(session).crawl(desk.enabled_outlets, on_end=lambda _: None)
        seconds = time.perf_counter() - began
    return sum(one.stats.pages for one in ended), sum(one.stats.requests for one in ended), seconds


def cpu(who: int) -> float:
    """Return the CPU seconds of this process or of its ended children."""
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def trafilatura_alone(shared: Path) -> tuple[int, float]:
    """Run trafilatura with metadata on the same pages in this process; return pages and CPU seconds."""
    rows = [json.loads(line) for line in (shared / "web" / "pages.jsonl").read_text(encoding="utf-8").splitlines()]
    bodies = [gzip.decompress((shared / "web" / row["file"]).read_bytes()) for row in rows]
    began = time.process_time()
    for row, body in zip(rows, bodies, strict=True):
        trafilatura.bare_extraction(body, url=row["url"], with_metadata=True, favor_precision=True)
    return len(rows), time.process_time() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    if not (arguments.shared / "web" / "replay.py").exists():
        raise SystemExit(f"{arguments.shared}: no replayed web there; name the folder with --shared")

    source_reader.read_source = timed_async("discovery (a source's wait)", source_reader.read_source)
    Workers.analyse = timed_async("analysis (a page's wait)", Workers.analyse)  # type: ignore[method-assign]
    Archive.write = timed("archive", Archive.write)  # type: ignore[method-assign]
    item_pipelines.store_result = timed("store", item_pipelines.store_result)

    with tempfile.TemporaryDirectory() as folder:
        web, _ = replayed(arguments.shared, Path(folder))
        try:
            desk = load_desk(Path(folder))
            settings = {"delay": 0.0, "workers": arguments.workers, "concurrency": 32}
            desk = desk.model_copy(update={"crawl": desk.crawl.model_copy(update=settings)})
            own = cpu(resource.RUSAGE_SELF)
            pages, requests, seconds = reactor.run_in_reactor(lambda: crawl(desk))
            own = cpu(resource.RUSAGE_SELF) - own
        finally:
            web.terminate()
            web.wait()
    analysing = cpu(resource.RUSAGE_CHILDREN)
    alone_pages, alone = trafilatura_alone(arguments.shared)

    print(
        f"{pages} pages, {requests} requests in {seconds:.1f} s: {pages / seconds:.1f} pages a second, request to row"
    )
    print(f"  with {arguments.workers} workers and the web itself on the same {os.cpu_count()} cores")
    print(f"CPU seconds: crawl and store {own:.1f}; workers and the web {analysing:.1f}")
    print("seconds in each stage, summed over pages (stages of different pages run side by side):")
    for name, value in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {name:28} {value:7.2f}   {1000 * value / pages:7.2f} ms a page")
    print(f"trafilatura alone: {alone_pages} pages in {alone:.1f} CPU s: {alone_pages / alone:.1f} pages a CPU second")
    total = own + analysing
    print(f"all of Vigía, the web's CPU included: {pages / total:.1f} pages a CPU second")


if __name__ == "__main__":
    main()
