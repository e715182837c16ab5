"""Measure an import by splits on processes of Dask: size, second run, kill, poison, hang, beside one without.

    .venv/bin/python -m tests.benchmarks.import_splits FILE.warc.gz [--workers 2] [--megabytes 1 8]

FILE is one that `tests.benchmarks.import_warcs` would make, or any other. Each line says what was done, seconds, the
records counted, and whether articles, originals and stories are those of the import without Dask. In the last two, the
record in the middle of the file ends its process, or is read without end (HANG_SECONDS are the limit of reading): they
tell how many records were counted as crashed, and how many articles are not there.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from crawler.config.desk import load_desk
from crawler.crawling.session import CrawlSession
from crawler.operations.imports.import_warcs import WarcImport
from crawler.operations.imports.sources.find_warcs import WarcSource
from crawler.operations.splits.dask_engine import DaskEngine, EnginePlace
from tests.fixtures.spoilt_splits import SpoiltEngine, analyse_or_die, analyse_or_hang

HANG_SECONDS = 5
DESK = '[desk]\ndirectory = "none"\n\n[crawl]\nworkers = 2\n'


def read_desk(folder: Path) -> Any:
    with sqlite3.connect(folder / "news.db") as db:
        return db.execute(
            """
            SELECT a.url, a.text_sha256, o.url, f.url FROM articles AS a LEFT JOIN articles AS o ON o.id = a.original
            JOIN story_articles AS s ON s.article = a.id JOIN stories ON stories.id = s.story
            JOIN articles AS f ON f.id = stories.first_article ORDER BY a.url
            """
        ).fetchall()


async def run_import(
    folder: Path, warc: Path, engine: DaskEngine | None, **options: Any
) -> tuple[float, int, Counter[str]]:
    """Import a file; return seconds from when session and workers are ready, records, and their outcomes."""
    (folder / "vigia.toml").write_text(DESK, encoding="utf-8")
    async with CrawlSession(load_desk(folder), workers_at_first_job=engine is not None) as session:
        begun = time.perf_counter()
        work = WarcImport(session, outlets="any", engine=engine, **options)
        report = await work.import_files([WarcSource(warc)])
        return time.perf_counter() - begun, report.records, report.counts


async def measure(warc: Path, *, workers: int, megabytes: list[float]) -> None:
    middle = (await asyncio.to_thread(warc.stat)).st_size // 2
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)

        def make_folder(label: str) -> Path:
            (root / label).mkdir()
            return root / label

        alone = make_folder("alone")
        seconds, records, counts = await run_import(alone, warc, None)
        expected = read_desk(alone)
        print(f"{'without Dask':28}{seconds:8.2f} s {records:8,} records")
        async with DaskEngine(EnginePlace(workers=workers)) as engine:
            seconds, records, _ = await run_import(make_folder("start"), warc, engine)
            print(f"{'with the start of workers':28}{seconds:8.2f} s {records:8,} records")
            for size in (None, *megabytes):
                folder = make_folder(f"size-{size}")
                split_bytes = int(size * 1e6) if size else None
                seconds, records, told = await run_import(folder, warc, engine, split_bytes=split_bytes)
                tell(
                    f"splits of {size:g} MB" if size else "splits as chosen",
                    seconds,
                    records,
                    told == counts and read_desk(folder) == expected,
                )
            seconds, records, _ = await run_import(folder, warc, engine)
            tell("a second run", seconds, records, read_desk(folder) == expected)
            killed: list[int] = []

            def kill(file: Any, done: int, size: int) -> None:
                if not killed and done * 3 >= size:
                    killed.extend(engine.list_pids())
                    os.kill(killed[0], signal.SIGKILL)

            folder = make_folder("kill")
            seconds, records, told = await run_import(folder, warc, engine, progress=kill)
            tell("a worker killed at a third", seconds, records, told == counts and read_desk(folder) == expected)
        for label, function in (
            ("a record that kills", partial(analyse_or_die, middle)),
            ("a record that hangs", partial(analyse_or_hang, middle, HANG_SECONDS)),
        ):
            async with SpoiltEngine(EnginePlace(workers=workers), function) as spoilt:
                folder = make_folder(label)
                seconds, records, told = await run_import(folder, warc, spoilt)
                lost = len({row[0] for row in expected} - {row[0] for row in read_desk(folder)})
                crashed = told["analysis-crashed"] - counts["analysis-crashed"]
                print(f"{label:28}{seconds:8.2f} s {records:8,} records  {crashed} crashed, {lost} articles not there")


def tell(label: str, seconds: float, records: int, is_same: bool) -> None:
    """Print a line of the table."""
    print(f"{label:28}{seconds:8.2f} s {records:8,} records  {'the same' if is_same else 'ANOTHER RESULT'}")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warc", type=Path, metavar="FILE")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--megabytes", type=float, nargs="+", default=[1, 8])
    asked = parser.parse_args()
    asyncio.run(measure(asked.warc.absolute(), workers=asked.workers, megabytes=asked.megabytes))


if __name__ == "__main__":
    main()
