"""The threads in which statements run: some for quick pages alone, and of the others a share for each reader.

Datasette submits every statement to its executor: those of our pages, of its own tables, facets and files.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from datasette.database import Database, QueryInterrupted

from db.site.readers.shares import Limits, OverloadedError, ShareQueue, UsedSeconds
from db.site.readers.statement_clock import interrupt_by_clock

Lane = Literal["quick", "costly"]
LANES: tuple[Lane, ...] = ("quick", "costly")
# One thread is for dear work, the others are kept: all statements take memory under one lock of SQLite, also those of
# quick pages, some with the interpreter's lock. Two that sort a large table kept all else from it for seconds.
STATEMENT_LIMITS: dict[Lane, Limits] = {
    "quick": Limits(running=3, running_of_reader=2, waiting=400, waiting_of_reader=60, max_wait_seconds=20),
    "costly": Limits(running=3, running_of_reader=2, waiting=400, waiting_of_reader=60, max_wait_seconds=20, kept=2),
}
MAX_WORK_SECONDS = 6.0  # of all statements of a request; several may run at once
MAX_PLACE_SECONDS = (
    5.0  # that a request keeps its place with statements of any length; after twice as many it is refused
)
LATE_STATEMENT_SECONDS = 0.1  # for each statement after that: the look-ups of a page pass, searches are cut off


@dataclass(slots=True)
class Work:
    """Whose work this is ("": the server's own), and among which it is done.

    While a request has a place, since `entered`, the time of its statements together is limited, and so is its own: on
    a busy machine statements take long, and others wait for the place.
    """

    reader: str = ""
    lane: Lane = "quick"
    expected_seconds: float = 0.0
    entered: float | None = None
    used_seconds: float = 0.0
    is_spent: bool = False  # one of its searches was cut off: it begins no other

    @property
    def statement_seconds(self) -> float:
        """The seconds that the next statement may take."""
        if self.entered is None:
            return MAX_WORK_SECONDS
        left_of_place = MAX_PLACE_SECONDS - (time.monotonic() - self.entered)
        return max(min(MAX_WORK_SECONDS - self.used_seconds, left_of_place), LATE_STATEMENT_SECONDS)

    @property
    def is_over(self) -> bool:
        """True if the request has kept its place for so long that it gets no further statement."""
        return self.entered is not None and time.monotonic() - self.entered > 2 * MAX_PLACE_SECONDS


_SERVERS_OWN = Work()
current_work: ContextVar[Work] = ContextVar("vigia_current_work", default=_SERVERS_OWN)


class QueryThreads(Executor):
    """An executor with two lanes. Work belongs to `current_work` where it is submitted.

    A full queue is an OverloadedError of `submit`, a wait that is too long one of the future.
    """

    def __init__(
        self, limits: dict[Lane, Limits] | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits = limits or STATEMENT_LIMITS
        self.used = {lane: UsedSeconds(clock=clock) for lane in LANES}
        self._clock = clock
        self._lock = threading.Lock()
        self._queues: dict[Lane, ShareQueue[_Task]] = {
            lane: ShareQueue(self.limits[lane], self.used[lane], clock=clock) for lane in LANES
        }
        self._pools = {
            lane: ThreadPoolExecutor(self.limits[lane].running, thread_name_prefix=f"vigia-{lane}") for lane in LANES
        }

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Let a function wait for a thread. Raises OverloadedError if too many wait."""
        work, future = current_work.get(), Future[Any]()
        with self._lock:
            task = work, future, lambda: fn(*args, **kwargs)
            dropped = self._queues[work.lane].add(work.reader, task, expected_seconds=work.expected_seconds)
        if dropped is not None:
            _refuse(dropped, self.limits[work.lane])
        self._pools[work.lane].submit(self._run_next, work.lane)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads. `cancel_futures`: without what waits."""
        if cancel_futures:
            with self._lock:
                waiting = [task for queue in self._queues.values() for task in queue.drain()]
            for _, future, _ in waiting:
                future.cancel()
        for pool in self._pools.values():
            pool.shutdown(wait=wait, cancel_futures=cancel_futures)

    def _run_next(self, lane: Lane) -> None:
        """Run the next task, if one may run now; then let a thread look for another."""
        queue = self._queues[lane]
        with self._lock:
            expired, taken = queue.drop_expired(), queue.take()
        for late in expired:
            _refuse(late, queue.limits)
        if taken is None:
            return
        reader, (work, future, function) = taken
        began = self._clock()
        hand_over: Callable[[], None] = _nothing
        try:
            if work.is_over:
                hand_over = partial(_refuse, taken[1], queue.limits)
            elif future.set_running_or_notify_cancel():
                hand_over = _run(future, function)
        finally:
            seconds = self._clock() - began
            with self._lock:
                work.used_seconds += seconds
                queue.finish(reader, seconds)
                are_waiting = len(queue) > 0
            hand_over()  # once its time is counted: the request's next statement begins with what is left
            if are_waiting:
                self._look_again(lane)

    def _look_again(self, lane: Lane) -> None:
        try:
            self._pools[lane].submit(self._run_next, lane)
        except RuntimeError:  # shut down meanwhile
            return


_Task = tuple[Work, "Future[Any]", Callable[[], Any]]


def limit_statements(database: Database) -> None:
    """Let each statement of a database take no longer than `current_work` may, beside Datasette's own limits.

    What one search of a request could not find in time, its next one would look for as long.
    """
    interrupt_by_clock()
    execute = database.execute

    async def execute_within_limit(
        sql: str, params: Any = None, *args: Any, custom_time_limit: float | None = None, **kwargs: Any
    ) -> Any:
        work = current_work.get()
        is_search = isinstance(params, Mapping) and "fts" in params
        if is_search and work.is_spent:
            raise QueryInterrupted(TimeoutError("interrupted"), sql, params)
        limit = round(1000 * work.statement_seconds)
        try:
            return await execute(sql, params, *args, custom_time_limit=min(custom_time_limit or limit, limit), **kwargs)
        except QueryInterrupted:
            work.is_spent |= is_search and work.entered is not None and custom_time_limit is None
            raise

    database.execute = execute_within_limit


def _refuse(task: _Task, limits: Limits) -> None:
    _, future, _ = task
    if future.set_running_or_notify_cancel():
        future.set_exception(OverloadedError(limits.retry_seconds))


def _run(future: Future[Any], function: Callable[[], Any]) -> Callable[[], None]:
    """Call the function; return what hands its result or error to those who wait for it."""
    try:
        return partial(future.set_result, function())
    except BaseException as error:  # noqa: BLE001 -- handed to who waits for it, as any executor does
        return partial(future.set_exception, error)


def _nothing() -> None:
    """Hand nothing over: the future was cancelled."""
