"""Measure `vigia rebuild` on a synthetic archive, in the session's two workers and on processes of Dask.

    .venv/bin/python -m tests.benchmarks.rebuild [--pages 2000 20000] [--workers 2] [--invented] [--keep DIR]

The pages are those of `tests.benchmarks.import_warcs`, 95 % off topic, of 40 outlets; with `--invented` they are small
ones that need no shared folder. Each number of pages has a desk, which one rebuild has settled. Each line is a rebuild
of a copy of it: wall and CPU seconds of all processes, pages for each of these, the CPU seconds of the process that
holds the desk, how many of its seconds storing took, its largest memory in MB, and whether its articles, rejections,
stories and figures are those of the first line. The start of the session and of Dask is not counted; that of the
processes that analyse is, on Dask. The second run finds all results there. `--keep` is a folder in which the settled
desks stay for another run.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import psutil

from crawler.config.desk import load_desk
from crawler.crawling.session import CrawlSession
from crawler.operations.rebuilds.outcome_store import OutcomeStore
from crawler.operations.rebuilds.rebuild_archive import rebuild_archive
from crawler.operations.splits.dask_engine import DaskEngine, EnginePlace
from db.model.rejection import Rejection, RejectionReason
from db.news.articles import save_rejection
from pipelines.page import OutletProfile, Page
from tests.benchmarks.import_warcs import HOSTS, SHARED, choose_pages
from tests.fixtures.faro import article_page, paragraph

DESK = '[desk]\ndirectory = "none"\n\n[crawl]\nworkers = 2\n' + "".join(
    f'\n[[outlet]]\nid = "news{number}"\nname = "News {number}"\nhome = "https://news{number}.example/"\n'
    f'country = "PE"\nlanguages = ["es"]\nkind = "press"\nfeeds = ["https://news{number}.example/feed"]\n'
    for number in range(HOSTS)
)
PAGES_A_DAY = 2_000
FIRST = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def invent_pages(pages: int) -> Iterator[bytes]:
    """Yield small pages, of which one in twenty is on the topic."""
    for number in range(pages):
        text = f"<html><body><h1>{number}</h1><p>{paragraph(str(number), 12)}</p></body></html>"
        yield text.encode() if number % 20 else article_page(str(number)).body


def make_desk(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "vigia.toml").write_text(DESK, encoding="utf-8")


async def build(folder: Path, bodies: Iterator[bytes]) -> None:
    """Archive pages as rejected by rules of before."""
    async with CrawlSession(load_desk(folder), workers_at_first_job=True) as session:
        with session.stores.news.atomic():
            for number, body in enumerate(bodies):
                outlet = f"news{number % HOSTS}"
                url = f"https://{outlet}.example/story-{number}.html"
                page = Page(
                    url=url,
                    key=url.removeprefix("https://"),
                    body=body,
                    outlet=OutletProfile(id=outlet, name=outlet),
                    fetched_at=FIRST + dt.timedelta(days=number // PAGES_A_DAY, seconds=number % PAGES_A_DAY),
                    headers=(("Content-Type", "text/html"),),
                )
                place = session.stores.archive.write(page, rejected=True)
                rejection = Rejection(url=url, key=page.key, outlet=outlet, reason=RejectionReason.NO_TEXT)
                save_rejection(session.stores.news, rejection, seen_at=page.fetched_at, place=place)


def count_cpu_seconds() -> float:
    """Return what this process and all below it have used, also those that ended and were waited for."""
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    times = [one.cpu_times() for one in processes]
    return sum(one.user + one.system + one.children_user + one.children_system for one in times)


def time_storing() -> list[float]:
    """Return the list to which each transaction's seconds are added."""
    store, seconds = OutcomeStore.store, list[float]()

    async def timed(self: OutcomeStore, *args: Any) -> None:
        begun = time.perf_counter()
        await store(self, *args)
        seconds.append(time.perf_counter() - begun)

    OutcomeStore.store = timed  # type: ignore[method-assign]
    return seconds


async def run(folder: Path, workers: int) -> dict[str, Any]:
    """Rebuild a desk once, on so many processes of Dask or, if 0, in the session's workers."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(CrawlSession(load_desk(folder), workers_at_first_job=workers > 0))
        engine = await stack.enter_async_context(DaskEngine(EnginePlace(workers=workers))) if workers else None
        storing = time_storing()
        begun, used, own = time.perf_counter(), count_cpu_seconds(), time.process_time()
        report = await rebuild_archive(session, outlet=None, progress=lambda *_: None, engine=engine)
        return {
            "pages": report.pages,
            "seconds": time.perf_counter() - begun,
            "cpu": count_cpu_seconds() - used,
            "own": time.process_time() - own,
            "storing": sum(storing),
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def measure(folder: Path, workers: int) -> dict[str, Any]:
    """Rebuild a desk in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.rebuild", "--run", str(folder), "--workers", str(workers)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def read_desk(folder: Path) -> Any:
    with sqlite3.connect(folder / "news.db") as db:
        return [
            db.execute(statement).fetchall()
            for statement in (
                "SELECT * FROM articles ORDER BY id",
                "SELECT * FROM rejections ORDER BY url",
                "SELECT * FROM story_articles ORDER BY article",
                'SELECT article, start, "end", kind, value, unit FROM figures ORDER BY article, start',
            )
        ]


def compare(pages: int, *, workers: int, invented: bool, root: Path) -> None:
    settled = root / f"{'invented' if invented else 'pages'}-{pages}"
    if not settled.exists():
        draft = root / "draft"
        make_desk(draft)
        os.fsync = lambda _: None  # nothing of it must survive a power cut
        asyncio.run(build(draft, invent_pages(pages) if invented else choose_pages(SHARED, pages=pages, share=0.05)))
        measure(draft, 0)
        draft.rename(settled)
    alone, shared = root / "alone", root / "shared"
    for copy in (alone, shared):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(settled, copy)
    print(f"{pages:,} pages{'':16}wall s   a s   CPU s   a CPU s  holder CPU s  storing s   MB")
    tell("without Dask", measure(alone, 0), "")
    expected = read_desk(alone)
    for label in (f"{workers} workers of Dask", "a second run"):
        told = measure(shared, workers)
        tell(label, told, "the same" if read_desk(shared) == expected else "ANOTHER DESK")


def tell(label: str, told: dict[str, Any], verdict: str) -> None:
    """Print a line of the table."""
    seconds, cpu, pages = told["seconds"], told["cpu"], told["pages"]
    print(
        f"{label:26}{seconds:8.1f}{pages / seconds:6.0f}{cpu:8.1f}{pages / cpu:10.0f}{told['own']:14.1f}"
        f"{told['storing']:11.1f}{told['megabytes']:5.0f}  {verdict}",
        flush=True,
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, nargs="+", default=[2_000, 20_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--invented", action="store_true")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        print(json.dumps(asyncio.run(run(asked.run, asked.workers))))
        return
    with tempfile.TemporaryDirectory() as name:
        root = asked.keep or Path(name)
        for pages in asked.pages:
            compare(pages, workers=asked.workers, invented=asked.invented, root=root)


if __name__ == "__main__":
    main()
