"""Import one WARC file into a desk that is deleted afterwards, in one of the ways that an import can run.

    .venv/bin/python -m tests.benchmarks.import_once FILE [--dask] [--workers N] [--megabytes N]

Without `--dask`, pages are analysed in `--workers` processes of the session, with 0 in this process itself. With it,
splits are analysed by as many workers of Dask; `--megabytes` is the size of a split, else it is chosen. It prints how
many records and articles there were.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import tempfile
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any


class DirectWorkers:
    """Analyses pages in this process, as `pipelines.analysis.workers` does in others."""

    def __init__(self, topic: Any) -> None:
        from pipelines.analysis.analyse import analyse  # noqa: PLC0415

        self.topic = topic
        self.function = analyse

    async def analyse(self, page: Any, *, full: bool = False, repeated: Collection[str] = ()) -> Any:
        return self.function(page, topic=self.topic, repeated=repeated, full=full)


async def run(folder: Path, asked: argparse.Namespace) -> None:
    from crawler.config.desk import load_desk  # noqa: PLC0415 - workers of Dask import this module anew
    from crawler.crawling.session import CrawlSession  # noqa: PLC0415
    from crawler.operations.imports.import_warcs import WarcImport  # noqa: PLC0415
    from crawler.operations.imports.sources.find_warcs import WarcSource  # noqa: PLC0415
    from crawler.operations.splits.dask_engine import DaskEngine, EnginePlace  # noqa: PLC0415

    desk = f'[desk]\ndirectory = "none"\n\n[crawl]\nworkers = {max(1, asked.workers)}\n'
    (folder / "vigia.toml").write_text(desk, encoding="utf-8")
    async with contextlib.AsyncExitStack() as stack:
        is_elsewhere = asked.dask or not asked.workers
        session = await stack.enter_async_context(CrawlSession(load_desk(folder), workers_at_first_job=is_elsewhere))
        if not asked.workers:
            session.stores = replace(session.stores, workers=DirectWorkers(session.topic))  # type: ignore[arg-type]
        engine = None
        if asked.dask:
            engine = await stack.enter_async_context(DaskEngine(EnginePlace(workers=asked.workers)))
        size = int(asked.megabytes * 1e6) if asked.megabytes else None
        work = WarcImport(session, outlets="any", engine=engine, split_bytes=size)
        report = await work.import_files([WarcSource(asked.warc)])
        print(f"{report.records:,} records, {report.counts['stored']:,} articles")


def main() -> None:
    """Read the arguments and import."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warc", type=Path, metavar="FILE")
    parser.add_argument("--dask", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--megabytes", type=float)
    asked = parser.parse_args()
    from pipelines.numpy_threads import NUMPY_THREADS  # noqa: PLC0415

    os.environ.update(NUMPY_THREADS)  # as in the worker processes, before numpy is loaded
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), asked))


if __name__ == "__main__":
    main()
