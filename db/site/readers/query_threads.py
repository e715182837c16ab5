"""The threads in which statements run: some for quick pages alone, and of the others a share for each reader.

Datasette submits every statement to its executor: those of our pages, of its own tables, facets and files.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

from datasette.database import Database

from db.site.readers.shares import Limits, OverloadedError, ShareQueue, UsedSeconds

Lane = Literal["quick", "costly"]
LANES: tuple[Lane, ...] = ("quick", "costly")
STATEMENT_LIMITS: dict[Lane, Limits] = {
    "quick": Limits(running=3, running_of_reader=2, waiting=400, waiting_of_reader=60, max_wait_seconds=20),
    "costly": Limits(running=3, running_of_reader=2, waiting=400, waiting_of_reader=60, max_wait_seconds=20),
}
MAX_WORK_SECONDS = 6.0  # of all statements of a request; several may run at once
LATE_STATEMENT_SECONDS = 0.1  # for each statement after that: the look-ups of a page pass, searches are cut off


@dataclass(slots=True)
class Work:
    """Whose work this is ("": the server's own), and among which it is done.

    While a request has a place, `used_seconds` of its statements together are limited.
    """

    reader: str = ""
    lane: Lane = "quick"
    has_place: bool = False
    used_seconds: float = 0.0

    @property
    def statement_seconds(self) -> float:
        """The seconds that the next statement may take."""
        left = MAX_WORK_SECONDS - self.used_seconds if self.has_place else MAX_WORK_SECONDS
        return max(left, LATE_STATEMENT_SECONDS)


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
            dropped = self._queues[work.lane].add(work.reader, (work, future, lambda: fn(*args, **kwargs)))
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
        try:
            if future.set_running_or_notify_cancel():
                _run(future, function)
        finally:
            seconds = self._clock() - began
            with self._lock:
                work.used_seconds += seconds
                queue.finish(reader, seconds)
                are_waiting = len(queue) > 0
            if are_waiting:
                self._look_again(lane)

    def _look_again(self, lane: Lane) -> None:
        try:
            self._pools[lane].submit(self._run_next, lane)
        except RuntimeError:  # shut down meanwhile
            return


_Task = tuple[Work, "Future[Any]", Callable[[], Any]]


def limit_statements(database: Database) -> None:
    """Let each statement of a database take no longer than `current_work` may, beside Datasette's own limits."""
    execute = database.execute

    async def execute_within_limit(*args: Any, custom_time_limit: float | None = None, **kwargs: Any) -> Any:
        limit = round(1000 * current_work.get().statement_seconds)
        return await execute(*args, custom_time_limit=min(custom_time_limit or limit, limit), **kwargs)

    database.execute = execute_within_limit


def _refuse(task: _Task, limits: Limits) -> None:
    _, future, _ = task
    if future.set_running_or_notify_cancel():
        future.set_exception(OverloadedError(limits.retry_seconds))


def _run(future: Future[Any], function: Callable[[], Any]) -> None:
    try:
        result = function()
    except BaseException as error:  # noqa: BLE001 -- handed to who waits for it, as any executor does
        future.set_exception(error)
    else:
        future.set_result(result)
