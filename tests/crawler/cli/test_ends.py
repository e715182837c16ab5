"""Commands end when they are told to, in every phase, and go on when nobody reads their output."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from crawler.crawling import reactor
from crawler.crawling.lock import lock_desk
from crawler.runner import STOP_ANALYSIS_SECONDS
from tests.fixtures import hostile_targets
from tests.fixtures.demo_desk import VIGIA, DemoDesk
from tests.fixtures.forked_commands import ForkedCommand
from tests.fixtures.process_tree import family_of
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until

# So that the tests wait for the ends of the limits, and the desk has time for honest work within them.
LIMITS = {
    "db.connection:BUSY_TIMEOUT_SECONDS": 3,
    "crawler.runner:STOP_ANALYSIS_SECONDS": 3,
    "crawler.crawling.reactor:END_SECONDS": 8,
    "crawler.service.scheduler:ALERTS_INTERVAL": 3,
    "crawler.service.scheduler:TICK_INTERVAL": 1,
}
WAITING_SECONDS = 10 * DEADLINE_SECONDS  # of a crawl for an answer: it does not end by itself
SOME_PAGES = 5


def test_a_desk_ends_before_a_service_manager_would_kill_it() -> None:
    assert reactor.END_SECONDS + 5 <= 30
    assert STOP_ANALYSIS_SECONDS < reactor.END_SECONDS


@pytest.mark.parametrize("closed", [("stdout",), ("stderr",), ("stdout", "stderr")])
def test_an_output_that_is_closed_in_the_middle_stops_no_crawl(desk: DemoDesk, closed: tuple[str, ...]) -> None:
    with desk.start("-v", "crawl") as crawling:
        for name in closed:
            stream = getattr(crawling, name)
            stream.readline()
            stream.close()
        if "stdout" not in closed:
            crawling.stdout.read()
        if "stderr" not in closed:
            threading.Thread(target=crawling.stderr.read, daemon=True).start()
        assert crawling.wait(DEADLINE_SECONDS) == 0
    assert len(desk.settled()) >= len(desk.web.expected())
    lock_desk(desk.folder).close()


@pytest.mark.parametrize("arguments", [("status",), ("outlets", "list"), ("alerts", "list"), ("--help",)])
def test_a_command_whose_output_nobody_reads_ends_well(crawled: DemoDesk, arguments: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [str(VIGIA), "--desk", str(crawled.folder), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        errors = running.stderr.read()
        assert running.wait(DEADLINE_SECONDS) in (0, 1)
    assert b"Traceback" not in errors
    assert b"BrokenPipe" not in errors


def test_outputs_that_are_closed_before_the_start_get_no_database_as_their_number(desk: DemoDesk) -> None:
    command = f'exec "{VIGIA}" --desk "{desk.folder}" crawl portalcomercio <&- >&- 2>&-'
    assert subprocess.run(["sh", "-c", command], check=False, timeout=DEADLINE_SECONDS).returncode == 0
    assert desk.news("PRAGMA integrity_check") == [("ok",)]
    assert len(desk.settled()) >= len([page for page in desk.web.expected() if page.outlet == "portalcomercio"]) > 0


@contextlib.contextmanager
def hold_answers(desk: DemoDesk, *, sources: bool) -> Iterator[threading.Event]:
    """Let one host's sources, or its pages, never answer; gives an event that is set once one is asked for."""
    host = urlsplit(next(iter(desk.web.source_urls().values()))[0]).netloc
    paths = {urlsplit(url).path for url in next(iter(desk.web.source_urls().values()))}
    asked, over, answer = threading.Event(), threading.Event(), desk.web.answer

    def hold(of: str, target: str) -> Any:
        path = urlsplit(target).path
        if of == host and path != "/robots.txt" and (path in paths) == sources:
            asked.set()
            over.wait()
        return answer(of, target)

    desk.web.answer = hold  # type: ignore[method-assign] # the web's own thread calls it
    try:
        yield asked
    finally:
        over.set()


@contextlib.contextmanager
def hold_nothing(desk: DemoDesk, running: ForkedCommand) -> Iterator[None]:
    wait_until((desk.folder / "vigia.lock").exists, what="the lock of the desk")
    yield


@contextlib.contextmanager
def hold_analysis(desk: DemoDesk, running: ForkedCommand) -> Iterator[None]:
    """Stop the worker processes as they are: they analyse without end."""
    wait_until(lambda: len(fetched_pages(desk)) >= SOME_PAGES, what="some pages")
    for process in family_of(running.pid)[1:]:
        os.kill(process, signal.SIGSTOP)
    before = len(desk.web.hits)
    wait_until(lambda: len(desk.web.hits) > before, what="another page")
    yield


@contextlib.contextmanager
def lock_news(desk: DemoDesk) -> Iterator[sqlite3.Connection]:
    """Lock news.db as another program might, after some pages; the lock ends with the block or a rollback."""
    wait_until(lambda: len(fetched_pages(desk)) >= SOME_PAGES, what="some pages")
    path = desk.folder / "news.db"
    with contextlib.closing(sqlite3.connect(path, timeout=60, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other
        other.rollback()


@contextlib.contextmanager
def hold_store_for_long(desk: DemoDesk, running: ForkedCommand) -> Iterator[None]:
    with lock_news(desk):
        yield


@contextlib.contextmanager
def hold_store(desk: DemoDesk, running: ForkedCommand) -> Iterator[None]:
    with lock_news(desk) as other:
        threading.Timer(1, other.rollback).start()
        yield


@contextlib.contextmanager
def hold_sources(desk: DemoDesk, running: ForkedCommand) -> Iterator[None]:
    with hold_answers(desk, sources=True) as asked:
        wait_until(asked.is_set, what="a request for a source")
        yield


@contextlib.contextmanager
def hold_pages(desk: DemoDesk, running: ForkedCommand) -> Iterator[None]:
    with hold_answers(desk, sources=False) as asked:
        wait_until(asked.is_set, what="a request for a page")
        wait_until(lambda: len(fetched_pages(desk)) >= SOME_PAGES, what="pages of other hosts")
        yield


Hold = Callable[[DemoDesk, ForkedCommand], contextlib.AbstractContextManager[None]]
HOLDS: dict[str, Hold] = {
    "starting": hold_nothing,
    "discovering": hold_sources,
    "downloading": hold_pages,
    "analysing": hold_analysis,
    "storing": hold_store,
    "storing in a database that stays locked": hold_store_for_long,
}


def end(running: ForkedCommand) -> str:
    """Send SIGTERM and return what the process has printed; it must end, though what it waits for never comes."""
    running.send_signal(signal.SIGTERM)
    out, errors = running.communicate(timeout=DEADLINE_SECONDS)
    assert "Traceback" not in out + errors
    return out + errors


def fetched_pages(desk: DemoDesk) -> set[str]:
    """The addresses of the articles that the web has given out."""
    given = {f"http://{hit.host}{hit.path}" for hit in desk.web.hits if hit.status == 200}
    return given & {page.url for page in desk.web.expected()}


@pytest.mark.slow
@pytest.mark.parametrize("command", [("crawl",), ("up", "--port", "0")], ids=["crawl", "up"])
@pytest.mark.parametrize("phase", HOLDS)
def test_a_signal_ends_it_in_every_phase_and_a_later_crawl_takes_the_rest(
    desk: DemoDesk, phase: str, command: tuple[str, ...]
) -> None:
    desk.configure(timeout=WAITING_SECONDS, delay=0.05)
    running = desk.start(*command, limits=LIMITS)
    with HOLDS[phase](desk, running):
        fetched = fetched_pages(desk)
        end(running)
    lock_desk(desk.folder).close()
    stored = desk.settled() if (desk.folder / "news.db").exists() and phase != "starting" else []
    assert len(stored) == len(set(stored))
    desk.web.forget_hits()
    desk.configure(timeout=30, delay=0.01)
    desk.crawl()
    assert fetched <= set(stored) | fetched_pages(desk)  # what was not analysed before the end is fetched again
    assert set(stored) <= set(desk.settled())
    assert len(desk.settled()) >= len(desk.web.expected())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_it_at_once(desk: DemoDesk, number: signal.Signals) -> None:
    desk.configure(timeout=WAITING_SECONDS)
    running = desk.start("crawl")
    with hold_pages(desk, running):
        running.send_signal(signal.SIGTERM)
        assert running.stderr is not None
        assert "Ending: waiting for" in running.stderr.readline()
        running.send_signal(number)
        assert running.wait(DEADLINE_SECONDS) == -number
    lock_desk(desk.folder).close()


@pytest.mark.slow
def test_a_target_that_never_answers_does_not_keep_the_desk_from_ending(desk: DemoDesk) -> None:
    with hostile_targets.hostile_target(hostile_targets.drip_headers) as target:
        (desk.folder / "hook").write_text(f"json://127.0.0.1:{target.port}/x", encoding="utf-8")
        with (desk.folder / "vigia.toml").open("a", encoding="utf-8") as file:
            file.write('\n[[subscription]]\nname = "all"\nquery = "puerto OR Perú OR China"\nto = ["file:hook"]\n')
        # A busy machine may take longer than a desk may.
        limits = {**LIMITS, "crawler.crawling.reactor:END_SECONDS": DEADLINE_SECONDS}
        running = desk.start("up", "--port", "0", limits=limits)
        wait_until(lambda: target.connections, what="a delivery")
        printed = end(running)
    assert running.returncode == 0, printed
    assert desk.desk("SELECT count(*) FROM deliveries WHERE state = 'sending'") == [(0,)]
