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

from db.site.readers.shares import Limits, OverloadedError, ShareQueue, UsedSeconds

Lane = Literal["quick", "costly"]
LANES: tuple[Lane, ...] = ("quick", "costly")
STATEMENT_LIMITS: dict[Lane, Limits] = {
    "quick": Limits(running=3, running_of_reader=2, waiting=400, waiting_of_reader=60, max_wait_seconds=20),
    "costly": Limits(running=3, running_of_reader=2, waiting=400, waiting_of_reader=60, max_wait_seconds=20),
}


@dataclass(frozen=True, slots=True)
class Work:
    """Whose work this is ("": the server's own), and among which it is done."""

    reader: str = ""
    lane: Lane = "quick"


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
            dropped = self._queues[work.lane].add(work.reader, (future, lambda: fn(*args, **kwargs)))
        if dropped is not None:
            _refuse(dropped[0], self.limits[work.lane])
        self._pools[work.lane].submit(self._run_next, work.lane)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads. `cancel_futures`: without what waits."""
        if cancel_futures:
            with self._lock:
                waiting = [task for queue in self._queues.values() for task in queue.drain()]
            for future, _ in waiting:
                future.cancel()
        for pool in self._pools.values():
            pool.shutdown(wait=wait, cancel_futures=cancel_futures)

    def _run_next(self, lane: Lane) -> None:
        """Run the next task, if one may run now; then let a thread look for another."""
        queue = self._queues[lane]
        with self._lock:
            expired, taken = queue.drop_expired(), queue.take()
        for late, _ in expired:
            _refuse(late, queue.limits)
        if taken is None:
            return
        reader, (future, function) = taken
        began = self._clock()
        try:
            if future.set_running_or_notify_cancel():
                _run(future, function)
        finally:
            with self._lock:
                queue.finish(reader, self._clock() - began)
                are_waiting = len(queue) > 0
            if are_waiting:
                self._look_again(lane)

    def _look_again(self, lane: Lane) -> None:
        try:
            self._pools[lane].submit(self._run_next, lane)
        except RuntimeError:  # shut down meanwhile
            return


_Task = tuple["Future[Any]", Callable[[], Any]]


def _refuse(future: Future[Any], limits: Limits) -> None:
    if future.set_running_or_notify_cancel():
        future.set_exception(OverloadedError(limits.retry_seconds))


def _run(future: Future[Any], function: Callable[[], Any]) -> None:
    try:
        result = function()
    except BaseException as error:  # noqa: BLE001 -- handed to who waits for it, as any executor does
        future.set_exception(error)
    else:
        future.set_result(result)
