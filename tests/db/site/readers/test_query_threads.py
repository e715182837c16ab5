"""Threads of statements: a flood of costly ones leaves the others theirs."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from datasette.database import QueryInterrupted

from db.site.readers import query_threads
from db.site.readers.admission import admission_of
from db.site.readers.query_threads import (
    LATE_STATEMENT_SECONDS,
    STATEMENT_LIMITS,
    QueryThreads,
    Work,
    current_work,
)
from db.site.readers.shares import Limits, OverloadedError
from db.site.server import make_datasette
from tests.fixtures.waiting import DEADLINE_SECONDS


def submit_as(threads: QueryThreads, work: Work, function: Any) -> Future[Any]:
    token = current_work.set(work)
    try:
        return threads.submit(function)
    finally:
        current_work.reset(token)


def test_quick_work_and_another_readers_work_do_not_wait_for_a_flood() -> None:
    threads, end = QueryThreads(), threading.Event()
    flood = [submit_as(threads, Work("flood", "costly"), lambda: end.wait(DEADLINE_SECONDS)) for _ in range(20)]
    try:
        assert submit_as(threads, Work("flood", "quick"), lambda: "its own quick page").result(30)
        assert submit_as(threads, Work("other", "quick"), lambda: "quick").result(30)
        assert submit_as(threads, Work("other", "costly"), lambda: "costly").result(30)
        assert submit_as(threads, Work(), lambda: "the server's own").result(30)
        assert not any(one.done() for one in flood)
    finally:
        end.set()
    assert all(one.result(30) for one in flood)
    threads.shutdown()


def test_who_used_least_comes_next_when_a_thread_is_free() -> None:
    limits = Limits(running=1, running_of_reader=1, waiting=9, waiting_of_reader=9, max_wait_seconds=60)
    threads, end, order = QueryThreads({"quick": limits, "costly": limits}), threading.Event(), []
    threads.used["costly"].add("flood", 10)
    running = submit_as(threads, Work("third", "costly"), lambda: end.wait(DEADLINE_SECONDS))
    waiting = [submit_as(threads, Work("flood", "costly"), lambda: order.append("flood")) for _ in range(3)]
    waiting.append(submit_as(threads, Work("other", "costly"), lambda: order.append("other")))
    end.set()
    for one in [running, *waiting]:
        one.result(30)
    assert order == ["other", "flood", "flood", "flood"]
    threads.shutdown()


def test_errors_reach_who_waits_and_keep_no_thread() -> None:
    threads = QueryThreads()
    for _ in range(10):
        with pytest.raises(ZeroDivisionError):
            submit_as(threads, Work("a", "costly"), lambda: 1 / 0).result(30)
    assert submit_as(threads, Work("a", "costly"), lambda: 1).result(30) == 1
    threads.shutdown()


def test_a_full_queue_is_told_at_once_and_a_long_wait_later() -> None:
    limits = Limits(running=1, running_of_reader=1, waiting=9, waiting_of_reader=2, max_wait_seconds=20)
    now = 1000.0
    threads, end = QueryThreads(STATEMENT_LIMITS | {"costly": limits}, clock=lambda: now), threading.Event()
    started = threading.Event()
    running = submit_as(threads, Work("a", "costly"), lambda: (started.set(), end.wait(DEADLINE_SECONDS)))
    assert started.wait(DEADLINE_SECONDS)
    late = [submit_as(threads, Work("a", "costly"), lambda: 1) for _ in range(2)]
    with pytest.raises(OverloadedError):
        submit_as(threads, Work("a", "costly"), lambda: 1)
    now += 21
    end.set()
    running.result(30)
    for one in late:
        with pytest.raises(OverloadedError):
            one.result(30)
    threads.shutdown()


def test_a_shutdown_cancels_what_waits() -> None:
    threads, end = QueryThreads(), threading.Event()
    many = [submit_as(threads, Work("a", "costly"), lambda: end.wait(DEADLINE_SECONDS)) for _ in range(6)]
    end.set()
    threads.shutdown(cancel_futures=True)
    assert all(one.done() for one in many)


@pytest.mark.slow
async def test_the_statements_of_a_request_have_one_clock(news_db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_threads, "MAX_WORK_SECONDS", 6)
    datasette = make_datasette(news_db)
    threads = admission_of(datasette).threads

    async def count_for_ever() -> None:
        with pytest.raises(QueryInterrupted):
            await datasette.execute(
                "news", "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c"
            )

    work = Work("a", "costly", entered=time.monotonic(), used_seconds=5.7)
    token = current_work.set(work)
    try:
        await asyncio.gather(count_for_ever(), count_for_ever())
        assert work.used_seconds > 6
        assert work.statement_seconds == LATE_STATEMENT_SECONDS
        await count_for_ever()
        assert (await datasette.execute("news", "SELECT count(*) FROM articles")).rows  # a look-up is not
        work.entered = None  # while a file is sent it keeps nobody out
        assert work.statement_seconds == 6
    finally:
        current_work.reset(token)
        threads.shutdown()


async def test_a_request_whose_search_was_cut_off_begins_no_other_search(news_db: Path) -> None:
    datasette = make_datasette(news_db)
    threads = admission_of(datasette).threads
    datasette.sql_time_limit_ms = 100
    for_ever = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n), :fts FROM c"
    work = Work("a", "costly", entered=time.monotonic())
    token = current_work.set(work)
    try:
        with pytest.raises(QueryInterrupted):
            await datasette.execute("news", for_ever, {"fts": "x"})
        used = work.used_seconds
        with pytest.raises(QueryInterrupted):
            await datasette.execute("news", "SELECT :fts", {"fts": "x"})
        assert work.used_seconds == used
        assert (await datasette.execute("news", "SELECT count(*) FROM articles")).rows  # what is no search goes on
    finally:
        current_work.reset(token)
        threads.shutdown()


async def test_a_request_that_keeps_its_place_for_too_long_gets_no_further_statement(news_db: Path) -> None:
    datasette = make_datasette(news_db)
    threads = admission_of(datasette).threads
    token = current_work.set(Work("a", "costly", entered=time.monotonic() - 2 * query_threads.MAX_PLACE_SECONDS - 1))
    try:
        with pytest.raises(OverloadedError):
            await datasette.execute("news", "SELECT 1")
    finally:
        current_work.reset(token)
        threads.shutdown()
