"""Pages a CPU second through the worker pool, beside the same pages in one process.

    .venv/bin/python tests/benchmarks/worker_pool.py [--rounds 12] [--workers 2] [--recycle N] [--relevant]

The pages are those of the shared folder, 95 % of them off topic, as a crawl analyses them (with the prefilter). CPU
time of this process and of all that it starts is counted, so that what else runs on the machine disturbs little. Both
sides take turns, and both compute with one thread, as workers do.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import resource
import time
from pathlib import Path

from speed import SHARED, compute_with_one_thread, mix, read_pages

from pipelines.analysis.analyse import analyse
from pipelines.analysis.metadata.language import load_model
from pipelines.analysis.workers.workers import ANALYSIS_MODULES, FULL_ANALYSES_PER_WORKER, Workers
from pipelines.page import Page
from pipelines.relevance.topic import load_topic
from pipelines.vectors import load_encoder


def count_cpu_seconds(pids: list[int]) -> float:
    """CPU seconds of this process, its ended children, and these processes."""
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    for pid in pids:  # user and system time of the process and of its ended children, proc(5)
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return total


def list_descendants(pid: int) -> list[int]:
    """Process ids of all that this process has started and that still run."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [int(child), *list_descendants(int(child))]
    return found


async def wait_until_prepared(workers: Workers) -> None:
    """Wait until what few pages need is loaded too: that belongs to the start, as it does for the one process."""
    prepared = asyncio.Event()
    fill = workers.server.on_prepared

    def note() -> None:
        fill()
        prepared.set()

    workers.server.on_prepared = note
    workers.server.prepare()
    await prepared.wait()


async def measure(pages: list[Page], *, rounds: int, workers: int, recycle: int) -> None:
    """Print what one process and the pool take for all rounds."""
    topic = load_topic("china_peru")
    load_model()
    load_encoder()
    for page in pages[:20]:
        analyse(page, topic=topic)
    gc.collect()
    gc.freeze()
    alone = pooled = 0.0
    began = count_cpu_seconds([])
    async with Workers("china_peru", workers, recycle=recycle, modules=ANALYSIS_MODULES) as them:
        await wait_until_prepared(them)
        started = count_cpu_seconds(list_descendants(os.getpid())) - began
        await asyncio.gather(*(them.analyse(page) for page in pages[:40]))
        for _ in range(rounds):
            before = time.process_time()
            for page in pages:
                analyse(page, topic=topic)
            alone += time.process_time() - before
            before = count_cpu_seconds(list_descendants(os.getpid()))
            await asyncio.gather(*(them.analyse(page) for page in pages))
            pooled += count_cpu_seconds(list_descendants(os.getpid())) - before
        before = count_cpu_seconds(list_descendants(os.getpid()))
    pooled += count_cpu_seconds([]) - before
    number = rounds * len(pages)
    print(f"{number} pages ({len(pages)}, {rounds} times), {workers} workers")
    print(f"  one process  {number / alone:7.1f} pages a CPU second ({1000 * alone / number:.2f} ms a page)")
    print(f"  the pool     {number / pooled:7.1f} pages a CPU second ({1000 * pooled / number:.2f} ms a page)")
    print(f"  ratio        {alone / pooled:7.2f}   (replaced after {recycle} full analyses; bar: 0.8)")
    print(f"  start of the pool, once: {started:.1f} CPU seconds")


def main() -> None:
    """Measure and print."""
    compute_with_one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--relevant", action="store_true", help="the pages of the replayed web, each analysed in full")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--recycle", type=int, default=FULL_ANALYSES_PER_WORKER)
    arguments = parser.parse_args()
    pages = read_pages(SHARED / "web" / "pages.jsonl") if arguments.relevant else mix()
    asyncio.run(measure(pages, rounds=arguments.rounds, workers=arguments.workers, recycle=arguments.recycle))


if __name__ == "__main__":
    main()
