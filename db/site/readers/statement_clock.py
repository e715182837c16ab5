"""Interrupt statements that take too long, by a thread that has a clock.

Datasette ends a statement by a Python function that SQLite calls every thousand instructions. Each call needs the
interpreter's lock: three long statements take it some ten thousand times a second from the event loop, which then
writes no page for seconds. An interrupt (sqlite3_interrupt) costs nothing until it comes.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from datasette import database as datasette_database

AGAIN_SECONDS = 0.05  # until the next interrupt of a statement that goes on: one that had not begun does not notice it


@dataclass(slots=True)
class _Running:
    connection: sqlite3.Connection | None  # None: it has ended


class StatementClock:
    """Interrupts statements at their deadlines. Its thread starts with the first of them and ends with the process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._deadlines: list[tuple[float, int, _Running]] = []  # a heap
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def limit(self, connection: sqlite3.Connection, milliseconds: float) -> Iterator[None]:
        """Interrupt what the connection does in the block after so long: sqlite3.OperationalError "interrupted"."""
        running = _Running(connection)
        with self._changed:
            self._add(time.monotonic() + milliseconds / 1000, running)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="vigia-statement-clock", daemon=True)
                self._thread.start()
            if self._deadlines[0][2] is running:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:  # from here on no interrupt can meet the connection's next statement
                running.connection = None

    def _add(self, deadline: float, running: _Running) -> None:
        heapq.heappush(self._deadlines, (deadline, next(self._numbers), running))

    def _watch(self) -> None:
        with self._changed:
            while True:
                self._changed.wait(self._interrupt_late())

    def _interrupt_late(self) -> float | None:
        """Interrupt what is over its deadline; return the seconds until the next one, None if nothing runs."""
        while self._deadlines:
            deadline, _, running = self._deadlines[0]
            left = deadline - time.monotonic()
            if running.connection is not None and left > 0:
                return left
            heapq.heappop(self._deadlines)
            if running.connection is not None:
                running.connection.interrupt()
                self._add(time.monotonic() + AGAIN_SECONDS, running)
        return None


_clock = StatementClock()


def interrupt_by_clock() -> None:
    """Let Datasette end its statements by the clock: `limit` takes the place of its function with the same contract."""
    datasette_database.sqlite_timelimit = _clock.limit
