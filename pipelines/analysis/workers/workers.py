"""Analyse pages in worker processes, so that a bad page costs no other page its outcome.

pebble.ProcessPool starts and recycles the processes and kills a task that takes too long. Added here: a page whose
worker died is tried once more, alone in a new process, so that only the page at fault is rejected; a broken pool is
replaced; every page gets an outcome.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import pickle
import traceback
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Any

from db.model.article import Article
from db.model.rejection import Rejection, RejectionReason
from pipelines.analysis.workers.pool import Pool, WorkerLost
from pipelines.analysis.workers.worker import AnalysisFailure, WorkerNotReady, check_worker, run_analysis
from pipelines.page import Page

log = logging.getLogger(__name__)

PAGES_PER_WORKER = 500  # pages after which a worker is replaced, so that what lxml leaks is given back
START_TIMEOUT_SECONDS = (
    120.0  # seconds that a worker may take to start: it imports the whole chain, on a small machine under load
)


class WorkersError(Exception):
    """The worker processes cannot work. The message is one line: what, and why."""


class WorkersStopped(WorkersError):  # noqa: N818 - a state, not a fault
    """The workers were stopped before this page had an outcome: it must stay unrecorded and come again."""


class Workers:
    """Worker processes behind one awaitable; an async context manager.

    `topic` is loaded once in each worker (None: the function needs none); `function` is "module:name" of what they run,
    called as function(page, topic=…, repeated=…, full=…); `timeout` and `grace` (the longest wait of `close` for pages
    in flight) are seconds.
    """

    def __init__(
        self,
        topic: str | Path | None,
        processes: int,
        timeout: float = 60,
        *,
        function: str = "pipelines.analysis.analyse:analyse",
        recycle: int = PAGES_PER_WORKER,
        grace: float | None = None,
    ) -> None:
        """Nothing starts before `async with`."""
        self._topic = None if topic is None else str(topic)
        self._function = function
        self._processes = processes
        self._recycle = recycle
        self._timeout = timeout
        self._grace = timeout + 10 if grace is None else grace
        # One page waits in the pipe for each that is being analysed: workers never idle, and memory stays bounded.
        self._slots = asyncio.Semaphore(2 * processes)
        self._retry_lock = asyncio.Lock()
        self._pool: Pool | None = None
        self._retry_pool: Pool | None = None  # where a page is tried the second time
        self._closing: set[asyncio.Task[None]] = set()
        self._count = itertools.count()
        self._in_flight: dict[int, str] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopped = False

    @property
    def in_flight(self) -> tuple[str, ...]:
        """The addresses of the pages that have no outcome yet, the oldest first."""
        return tuple(self._in_flight.values())

    async def __aenter__(self) -> Workers:
        """Start the processes. Raises WorkersError if they cannot load the topic or the function."""
        self._pool = self._new_pool(self._processes)
        try:
            greeting = await self._pool.run(
                check_worker, limit=START_TIMEOUT_SECONDS, deadline=2 * START_TIMEOUT_SECONDS
            )
        except (WorkerLost, TimeoutError) as error:
            greeting = pickle.dumps(WorkerNotReady(str(error), ""))
        if (unready := pickle.loads(greeting)) is not None:  # noqa: S301 - from a process of our own
            await self._close_pools()
            raise WorkersError(f"the processes that analyse pages can't start: {unready.sentence}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """As `close`."""
        await self.close()

    async def analyse(self, page: Page, *, full: bool = False, repeated: Collection[str] = ()) -> Article | Rejection:
        """Return the page's outcome; wait first while enough pages are in flight.

        Raises WorkersStopped after `stop_now`, and WorkersError if a new worker cannot load the topic. The page has no
        outcome then: it must not be recorded, so that it is fetched again. No content of a page raises.
        """
        number = next(self._count)
        self._in_flight[number] = page.url
        self._idle.clear()
        try:
            async with self._slots:
                return await self._outcome(page, (page, tuple(repeated), full))
        finally:
            del self._in_flight[number]
            if not self._in_flight:
                self._idle.set()

    async def close(self) -> None:
        """Wait for what is in flight, at most `grace` seconds, and end the processes."""
        if not self._stopped:
            with contextlib.suppress(TimeoutError):  # those pages get WorkersStopped and come again
                await asyncio.wait_for(self._idle.wait(), self._grace)
        self.stop_now()
        await self._close_pools()

    def stop_now(self) -> None:
        """End at once: pages in flight get WorkersStopped and stay unrecorded. `close` still has to be awaited."""
        self._stopped = True
        for pool in (self._pool, self._retry_pool):
            if pool is not None:
                pool.end(lambda: WorkersStopped("the workers were stopped"))

    async def _outcome(self, page: Page, args: tuple[Any, ...]) -> Article | Rejection:
        try:
            result = pickle.loads(await self._attempt(args))  # noqa: S301 - from a process of our own
        except TimeoutError:
            log.warning("%s: analysis did not end within %g s; its worker was killed", page.url, self._timeout)
            return _rejection(
                page, RejectionReason.ANALYSIS_TIMEOUT, f"analysis did not end within {self._timeout:g} seconds"
            )
        except WorkerLost as lost:
            log.warning("%s: analysis ended its worker process twice (%s)", page.url, lost)
            return _rejection(
                page, RejectionReason.ANALYSIS_CRASHED, f"analysis ended its worker process twice: {lost}"
            )
        except WorkersError:
            raise
        except Exception as error:  # noqa: BLE001 - what could not be sent to or from a worker is this page's loss
            result = AnalysisFailure(f"{type(error).__name__}: {error}", traceback.format_exc())
        if isinstance(result, WorkerNotReady):
            raise WorkersError(f"a process that analyses pages can't start: {result.sentence}")
        if isinstance(result, AnalysisFailure):
            log.error("%s: analysis failed, a bug: %s\n%s", page.url, result.sentence, result.trace)
            return _rejection(page, RejectionReason.ANALYSIS_CRASHED, result.sentence)
        outcome: Article | Rejection = result
        return outcome

    async def _attempt(self, args: tuple[Any, ...]) -> bytes:
        """Among the others first; if the worker dies, once more, alone in a process of its own."""
        pool = self._usable_pool()
        try:
            # A page waits for at most one other before its own time begins.
            return await pool.run(
                run_analysis, *args, limit=self._timeout, deadline=2 * self._timeout + START_TIMEOUT_SECONDS
            )
        except WorkerLost as lost:
            log.info("%s: its worker ended (%s); trying once more alone", args[0].url, lost)
        async with self._retry_lock:
            self._check_running()
            self._retry_pool = self._new_pool(1)
            try:
                return await self._retry_pool.run(
                    run_analysis, *args, limit=self._timeout, deadline=self._timeout + START_TIMEOUT_SECONDS
                )
            finally:
                await self._retry_pool.close()
                self._retry_pool = None

    def _usable_pool(self) -> Pool:
        """The pool, or a new one in place of a broken one."""
        self._check_running()
        if self._pool is None:
            raise WorkersError("enter Workers with `async with` first")
        if self._pool.ended.done():
            task = asyncio.get_running_loop().create_task(self._pool.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
            self._pool = self._new_pool(self._processes)
        return self._pool

    def _check_running(self) -> None:
        if self._stopped:
            raise WorkersStopped("the workers were stopped")

    def _new_pool(self, processes: int) -> Pool:
        return Pool(processes, self._recycle, self._topic, self._function)

    async def _close_pools(self) -> None:
        if self._pool is not None:
            await self._pool.close()
        await asyncio.gather(*self._closing)


def _rejection(page: Page, reason: RejectionReason, detail: str) -> Rejection:
    return Rejection(
        url=page.url, key=page.key, outlet=page.outlet.id, reason=reason, title=page.hint.title, detail=detail
    )
