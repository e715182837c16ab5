"""Run jobs in worker processes, so that what comes from outside can neither stop nor fill this process.

There are two lanes, so that pages and sources don't wait for each other: pages are analysed in one, all other jobs
(reading a source or a robots.txt) are done in the other. Both fork their workers from one server.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import pickle
import traceback
from collections.abc import Callable, Collection
from pathlib import Path
from types import TracebackType
from typing import Any

from db.model.article import Article
from db.model.rejection import Rejection, RejectionReason
from pipelines.analysis.workers.jobs import Job, JobFailed, JobFault, JobLimits, WorkersError, WorkersStopped
from pipelines.analysis.workers.memory_check import check_memory
from pipelines.analysis.workers.pool import Pool
from pipelines.analysis.workers.server_process import ForkServer
from pipelines.page import Page
from pipelines.relevance.topic import TopicPlace

log = logging.getLogger(__name__)

# What `analyse` loads at first use; the last one first.
ANALYSIS_MODULES = (
    "pipelines.stories.background:load_background",
    "pipelines.vectors:load_encoder",
    "pipelines.analysis.metadata.language:load_model",
)
FULL_ANALYSES_PER_WORKER = 500  # after which a worker is replaced, so that what libraries leak is given back
JOBS_PER_WORKER = 500  # of the other lane
PAGE_MEMORY_BYTES = 1_000_000_000
MAX_OUTCOME_BYTES = 32_000_000
MAX_RESTARTS = 3  # of the fork server in a row, without a job done in between
LARGE_RESULT_BYTES = 500_000  # which is unpickled in a thread, so that other work goes on
# What turns a page away before its analysis really begins.
EARLY_REJECTIONS = {RejectionReason.NOT_HTML, RejectionReason.NO_ACTORS}


class Workers:
    """Worker processes behind one awaitable; an async context manager.

    `topic` is loaded once, in the process from which workers are forked (None: the function needs none); `function` is
    "module:name" of what analyses pages, called as function(page, topic=…, repeated=…, full=…); `modules` are loaded
    beside it, each as "module" or "module:function"; the function is called before the first page is analysed, and
    earlier if nothing else is to be done. `timeout` and `grace` (the longest wait of `close` for pages in flight) are
    seconds. `recycle` is the number of full analyses after which a worker is replaced. With `at_first_job`, nothing
    starts before the first job.
    """

    def __init__(
        self,
        topic: str | Path | TopicPlace | None,
        processes: int,
        timeout: float = 60,
        *,
        function: str = "pipelines.analysis.analyse:analyse",
        modules: Collection[str] = (),
        recycle: int = FULL_ANALYSES_PER_WORKER,
        grace: float | None = None,
        at_first_job: bool = False,
    ) -> None:
        """Nothing starts before `async with`."""
        self._at_first_job = at_first_job
        self._starting: asyncio.Task[None] | None = None
        self._function = function
        self._grace = timeout + 10 if grace is None else grace
        self._page_limits = JobLimits(seconds=timeout, memory_bytes=PAGE_MEMORY_BYTES, answer_bytes=MAX_OUTCOME_BYTES)
        self.server = ForkServer(topic, function, list(modules))
        self.server.on_lost = self._restart_server
        self._pages = Pool(self.server, processes=processes, recycle=recycle, waits_for_preparation=True)
        self.server.on_prepared = self._pages.fill
        self._others = Pool(self.server, processes=1, recycle=JOBS_PER_WORKER)
        self._restarting: asyncio.Task[None] | None = None
        self._restarts = 0
        self._error: WorkersError | None = None
        self._numbers = itertools.count()
        self._in_flight: dict[int, str] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopped = False

    @property
    def in_flight(self) -> tuple[str, ...]:
        """The addresses of the pages that have no outcome yet, the oldest first."""
        return tuple(self._in_flight.values())

    async def __aenter__(self) -> Workers:
        """Start the processes; WorkersError if they can't load the topic or the function."""
        check_memory()
        if not self._at_first_job:
            self._starting = asyncio.create_task(self.server.start())
            await self._starting  # a cancellation of this ends it too
        return self

    async def _start(self) -> None:
        """Start the processes, once, and wait until they can be used."""
        if self._starting is None:
            self._starting = asyncio.create_task(self.server.start())
        try:
            await asyncio.shield(self._starting)  # others wait for it as well
        except asyncio.CancelledError:
            if self._starting.cancelled():
                raise WorkersStopped("the workers were stopped") from None
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """As `close`."""
        await self.close()

    async def analyse(self, page: Page, *, full: bool = False, repeated: Collection[str] = ()) -> Article | Rejection:
        """Return the page's outcome.

        No page makes it raise. WorkersStopped after `stop_now`, and WorkersError when no worker can be started, say
        that there is no outcome: the page must stay unrecorded and come again.
        """
        job = Job(
            self._function,
            (page,),
            {"repeated": tuple(repeated), "full": full},
            self._page_limits,
            key=page.outlet.id,
            wants_topic=True,
        )
        try:
            outcome: Article | Rejection = await self._do(self._pages, job, page.url, is_counted=is_full_analysis)
        except JobFailed as failure:
            log.warning("%s: analysis %s", page.url, failure)
            return _rejection(page, failure)
        return outcome

    async def run(self, function: str, *args: Any, limits: JobLimits, key: str, label: str, **options: Any) -> Any:
        """Return what "module:function" gives for these arguments in a worker.

        `key` names whose job it is: those of different keys take turns. `label` is what messages call it. Raises
        JobFailed if the function raised, died or passed a limit; WorkersStopped and WorkersError as `analyse`.
        """
        return await self._do(self._others, Job(function, args, options, limits, key=key), label)

    async def _do(self, pool: Pool, job: Job, label: str, *, is_counted: Callable[[Any], bool] = lambda _: True) -> Any:
        if self._error is not None:
            raise self._error
        number = next(self._numbers)
        self._in_flight[number] = label
        self._idle.clear()
        try:
            if not self._stopped:
                await self._start()
            payload, count = await pool.run(job)
            self._restarts = 0
            result = await _read_result(payload)
        except JobFailed as failure:
            if failure.fault is JobFault.RAISED:
                log.error("%s: a bug in %s: %s\n%s", label, job.function, failure, failure.trace)  # noqa: TRY400 - its own trace
            raise
        else:
            if is_counted(result):
                count()
            return result
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
        if self._restarting is not None:
            self._restarting.cancel()
            await asyncio.gather(self._restarting, return_exceptions=True)
        if self._starting is not None:
            self._starting.cancel()  # which also ends what has been started of it
            await asyncio.gather(self._starting, return_exceptions=True)
            await self.server.stop()

    def end_soon(self, seconds: float) -> None:
        """End what reads sources at once, and pages that are not done after so many seconds: both come again."""
        self._others.stop()
        asyncio.get_running_loop().call_later(seconds, self.stop_now)

    def stop_now(self) -> None:
        """End at once: pages in flight get WorkersStopped and stay unrecorded. `close` still has to be awaited."""
        self._stopped = True
        for pool in (self._pages, self._others):
            pool.stop()

    def _restart_server(self) -> None:
        """Start the fork server again, which somebody killed (the kernel, out of memory)."""
        if not self._stopped:
            self._restarting = asyncio.get_running_loop().create_task(self._start_again())

    async def _start_again(self) -> None:
        self._restarts += 1
        log.warning("the process that forks workers ended; starting it again")
        try:
            await self.server.stop()
            if self._restarts > MAX_RESTARTS:
                raise WorkersError(f"the processes that analyse pages ended {self._restarts} times")
            await self.server.start()
        except WorkersError as error:
            self._error = error
        except Exception as error:  # noqa: BLE001 - whatever it is: no page may wait for a server that is not there
            self._error = WorkersError(f"the processes that analyse pages can't start again: {error}")
        for pool in (self._pages, self._others):
            if self._error is not None:
                pool.fail_all(lambda: WorkersError(str(self._error)))
            pool.fill()


def _rejection(page: Page, failure: JobFailed) -> Rejection:
    timed_out = failure.fault is JobFault.TIMED_OUT
    return Rejection(
        url=page.url,
        key=page.key,
        outlet=page.outlet.id,
        reason=RejectionReason.ANALYSIS_TIMEOUT if timed_out else RejectionReason.ANALYSIS_CRASHED,
        title=page.hint.title,
        detail=str(failure) if failure.fault is JobFault.RAISED else f"analysis {failure}",
    )


async def _read_result(payload: bytes) -> Any:
    """Unpickle a result; JobFailed if that is not possible."""
    try:
        if len(payload) > LARGE_RESULT_BYTES:
            return await asyncio.to_thread(pickle.loads, payload)
        return pickle.loads(payload)  # noqa: S301 - from a process of our own
    except Exception as error:  # whatever is wrong with it is this job's loss
        raise JobFailed(JobFault.RAISED, f"{type(error).__name__}: {error}", trace=traceback.format_exc()) from error


def is_full_analysis(outcome: Any) -> bool:
    """Return whether a page went through the whole analysis, which is what uses up a worker."""
    return not (isinstance(outcome, Rejection) and outcome.reason in EARLY_REJECTIONS)
