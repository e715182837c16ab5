"""Statements are interrupted at their deadlines, and no others."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from db.site.readers.statement_clock import StatementClock
from tests.fixtures.waiting import DEADLINE_SECONDS

FOR_EVER = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c"


def run_within(clock: StatementClock, milliseconds: float, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        with clock.limit(connection, milliseconds):
            return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.mark.slow
def test_each_statement_ends_at_its_own_deadline() -> None:
    clock = StatementClock()
    with ThreadPoolExecutor(4) as threads:
        began = time.monotonic()
        late = [threads.submit(run_within, clock, limit, FOR_EVER) for limit in (900, 100, 500)]
        assert threads.submit(run_within, clock, 60_000, "SELECT 1").result(DEADLINE_SECONDS) == [(1,)]
        for one in late:
            with pytest.raises(sqlite3.OperationalError, match="interrupted"):
                one.result(DEADLINE_SECONDS)
    assert time.monotonic() - began >= 0.9


def test_what_has_ended_in_time_is_not_interrupted_later() -> None:
    clock = StatementClock()
    connection = sqlite3.connect(":memory:")
    with clock.limit(connection, 50):
        connection.execute("SELECT 1").fetchall()
    slow = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 1000000) SELECT max(n) FROM c"
    with clock.limit(connection, 60_000):
        assert connection.execute(slow).fetchall() == [(1_000_000,)]
    connection.close()


def test_a_statement_that_begins_after_its_deadline_is_interrupted_as_well() -> None:
    clock = StatementClock()
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    with clock.limit(connection, 1):
        threading.Event().wait(0.2)
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            connection.execute(FOR_EVER).fetchall()
    connection.close()
