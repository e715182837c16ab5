"""A process that runs out of memory ends in a bounded time, with one line, wherever the error came up."""

from __future__ import annotations

import asyncio
import logging

import pytest

from crawler.crawling.memory_errors import is_out_of_memory, watch_memory_errors
from tests.fixtures.demo_desk import DemoDesk
from tests.fixtures.forked_commands import run_command
from tests.fixtures.paths import ROOT

# As handle_signals does it, in a process that can start no thread.
WITHOUT_THREADS = """
import asyncio, os, signal, threading, time
from crawler.crawling import reactor
def fail(*_): raise RuntimeError("can't start new thread")
async def main():
    reactor.END_SECONDS = 0.3
    reactor.handle_signals(lambda: print("ending", flush=True), at_limit=lambda: None)
    threading.Thread.start = fail
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(2000)  # longer than a test waits
asyncio.run(main())
"""
# The archive of a crawl gets no memory from the third page on.
STARVED_CRAWL = """
import itertools, sys
from pipelines.archive import warc_files
count, build = itertools.count(), warc_files.build_page_records
def starve(*arguments, **options):
    if next(count) > 2: raise MemoryError
    return build(*arguments, **options)
warc_files.build_page_records = starve
from crawler.cli import main
main()
"""


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't start new thread")])
async def test_an_error_that_any_library_logs_aborts_once(error: Exception) -> None:
    assert is_out_of_memory(error)
    aborted: list[str] = []
    with watch_memory_errors(lambda: aborted.append("aborted")):
        for _ in range(2):
            asyncio.get_running_loop().call_exception_handler({"message": "in a callback", "exception": error})
        logging.getLogger("scrapy").error("another", exc_info=ValueError("no matter"))
    assert aborted == ["aborted"]


@pytest.mark.parametrize("error", [None, ValueError("x"), RuntimeError("another")])
def test_other_errors_are_not_meant(error: Exception | None) -> None:
    assert not is_out_of_memory(error)


def test_a_signal_ends_a_process_that_can_start_no_thread() -> None:
    ended = run_command("-c", WITHOUT_THREADS, cwd=ROOT)
    assert ended.stdout == "ending\n"
    assert ended.returncode < 0


@pytest.mark.slow
def test_a_crawl_without_memory_ends_with_one_line_and_a_later_one_takes_the_rest(desk: DemoDesk) -> None:
    ended = run_command("-c", STARVED_CRAWL, "--desk", str(desk.folder), "crawl", cwd=ROOT)
    assert ended.returncode != 0
    assert "vigia: out of memory; what was stored is stored" in ended.stderr
    desk.crawl()
    assert len(desk.settled()) >= len(desk.web.expected())
