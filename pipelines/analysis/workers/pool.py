"""One pebble pool of worker processes, which notices when it can no longer run anything."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType
from typing import Any

from pebble import ProcessExpired, ProcessPool
from pebble.common.types import CONSTS

from pipelines.analysis.workers.worker import start_worker

# Workers block SIGTERM (see `_signals_blocked`), so waiting for them to obey it before SIGKILL only costs time.
CONSTS.term_timeout = 0.1


class WorkerLost(Exception):  # noqa: N818 - an outcome, not an error
    """The worker process ended under a page; the text says how."""


class Pool:
    """One pebble pool, and a future that ends all waits on it when it is closed or broken."""

    def __init__(self, processes: int, recycle: int, topic: str | None, function: str) -> None:
        self.context = _Context()
        self.pebble = ProcessPool(
            max_workers=processes,
            max_tasks=recycle,
            initializer=start_worker,
            initargs=(topic, function),
            context=self.context,
        )
        self.ended: asyncio.Future[Callable[[], Exception]] = asyncio.get_running_loop().create_future()

    def end(self, why: Callable[[], Exception]) -> None:
        """End all waits on this pool with the exception that `why` makes; only the first call counts."""
        if not self.ended.done():
            self.ended.set_result(why)

    async def run(self, function: Callable[..., bytes], *args: Any, limit: float, deadline: float) -> bytes:
        """Run the function in a worker and return its result.

        `limit` (seconds) counts from its start in the worker, `deadline` from now. Raises TimeoutError if it took
        longer and was killed, WorkerLost if its process died or the pool broke.
        """
        try:
            with _signals_blocked():
                future: Future[bytes] = self.pebble.schedule(function, args=args, timeout=limit)
        except RuntimeError as error:  # pebble's word for a pool that broke between two pages
            self.end(lambda: WorkerLost("the pool broke"))
            raise WorkerLost("the pool broke") from error
        answer: asyncio.Future[bytes] = asyncio.wrap_future(future)
        waits: set[asyncio.Future[Any]] = {answer, self.ended}
        try:
            await asyncio.wait(waits, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
        except ProcessExpired as error:
            raise WorkerLost(_describe_exit(error.exitcode)) from error
        except BrokenProcessPool as error:
            self.end(lambda: WorkerLost("the pool broke"))
            raise WorkerLost("the pool broke") from error
        finally:
            answer.cancel()
        if not self.ended.done():
            # A worker that was killed from outside (the kernel, out of memory) while it held pebble's channel lock
            # leaves a pool in which nothing starts any more, and pebble's own timeout never begins.
            self.end(lambda: WorkerLost("the pool stood still"))
        why = self.ended.result()
        raise why()

    async def close(self) -> None:
        """Kill its processes, with what still runs in them."""
        self.pebble.stop()  # type: ignore[no-untyped-call]
        self.context.started.kill()  # one that is just starting would complain of semaphores that are gone
        await asyncio.to_thread(self.pebble.join)


# Seconds between a worker's death and pebble's hearing of it. pebble learns from one thread which page a worker took up
# and from another that it died; hearing of the death first, it would not know whose it was.
DEATH_NOTICE_SECONDS = 0.5

_starting = threading.Lock()


class _Process(SpawnProcess):
    """A worker process that its pool can find, which pebble doesn't offer."""

    def __init__(self, started: _StartedProcesses, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._started = started
        self._died: float | None = None
        self._ordered = False

    def start(self) -> None:
        """Start it; killed at once if the pool is closing.

        multiprocessing lets a spawned process import its parent's main module again, which is the whole command line
        here: 35 MB and a second for each worker, and nothing of it is needed. So an empty one stands there meanwhile.
        """
        started, self._started = self._started, _StartedProcesses()  # what is pickled into the child is an empty one
        with _starting:
            main = sys.modules["__main__"]
            sys.modules["__main__"] = ModuleType("__main__")
            try:
                super().start()
            finally:
                sys.modules["__main__"] = main
        started.add(self)

    def is_alive(self) -> bool:
        """Whether it runs; a little longer if it died of itself, see DEATH_NOTICE_SECONDS."""
        if super().is_alive():
            return True
        if self._ordered or self.exitcode == 0:
            return False
        self._died = self._died or time.monotonic()
        return time.monotonic() - self._died < DEATH_NOTICE_SECONDS

    def terminate(self) -> None:
        """What pebble calls to end it."""
        self._ordered = True
        super().terminate()


@dataclass(slots=True)
class _StartedProcesses:
    """The processes of one pool."""

    alive: list[SpawnProcess] = field(default_factory=list)
    closing: bool = False

    def add(self, process: SpawnProcess) -> None:
        self.alive = [*(one for one in self.alive if one.is_alive()), process]
        if self.closing:
            process.kill()

    def kill(self) -> None:
        self.closing = True
        for process in self.alive:
            process.kill()


class _Context(SpawnContext):
    """The spawn context, which remembers what it started."""

    def __init__(self) -> None:
        super().__init__()
        self.started = _StartedProcesses()

    def Process(self, *args: Any, **options: Any) -> SpawnProcess:  # type: ignore[override] # noqa: N802 - its name
        return _Process(self.started, *args, **options)


def _describe_exit(code: int) -> str:
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"exit code {code}"


@contextlib.contextmanager
def _signals_blocked() -> Iterator[None]:
    """Start threads and processes that don't hear Ctrl-C or SIGTERM.

    A terminal sends SIGINT to the whole process group and systemd SIGTERM to the whole unit, but what is in flight must
    be finished: the parent alone decides. Signal masks are inherited by threads and across exec, pebble's threads start
    the workers, so blocking here covers a worker from its first instruction.
    """
    resource_tracker.ensure_running()  # its start unblocks both signals, so it must not happen inside
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
