"""One lane of jobs: which worker process does which job, and what becomes of jobs that hang, crash or are cancelled.

Each worker has the job that it does and the next one, so that it never waits for this process. A job that is slow gets
a lower priority and does not count as occupying its place: another worker starts, within MAX_SLOW, and what had been
sent to follow the slow job is done elsewhere. So a few jobs that hang until their limit delay no other.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
from collections import deque
from collections.abc import Callable

from pipelines.analysis.workers.fair_queue import FairQueue
from pipelines.analysis.workers.frames import Header, Kind, make_frame
from pipelines.analysis.workers.job_clock import JobClock
from pipelines.analysis.workers.jobs import Job, JobFailed, JobFault, WorkersError, WorkersStopped, describe_limit
from pipelines.analysis.workers.server_process import ForkServer
from pipelines.analysis.workers.worker_process import WorkerProcess

_log = logging.getLogger(__name__)

JOBS_AT_ONCE = 2  # of one worker: the one that it does and the next
MAX_SLOW = 8  # workers beyond the lane's number, while others have slow jobs
MAX_GROWTH_BYTES = 100_000_000  # memory that a worker may gain for itself until it is replaced
MAX_LOSSES = 3  # times that a job is sent again because its worker was lost through no fault of a job
REST_SECONDS = 0.5  # before a worker is started after one could not be; longer each time


class Pool:
    """One lane: `processes` workers, each replaced after `recycle` counted jobs or when it has grown.

    With `waits_for_preparation`, no worker is forked before the server has loaded what its jobs need: each worker would
    load that for itself, and be replaced by the next because it has grown.
    """

    def __init__(
        self, server: ForkServer, *, processes: int, recycle: int, waits_for_preparation: bool = False
    ) -> None:
        self._server = server
        self._waits_for_preparation = waits_for_preparation
        self._processes = processes
        self.recycle = recycle
        self._count = 0
        self._stopped = False
        self._waiting: FairQueue[Job] = FairQueue()
        self._suspects: deque[Job] = deque()  # jobs under which a worker died, to be tried once more, each alone
        self._workers: set[_Worker] = set()
        self._lonely: _Worker | None = None  # the worker that has a suspect
        self._resting: asyncio.TimerHandle | None = None  # set while no worker may be started

    async def run(self, job: Job) -> tuple[bytes, Callable[[], None]]:
        """Return the job's pickled result, and what to call if it counts towards the worker's replacement.

        Raises JobFailed, WorkersError or WorkersStopped.
        """
        if self._stopped:
            raise WorkersStopped("the workers were stopped")
        self._count += 1
        job.number = self._count
        self._waiting.add(job)
        self.fill()
        try:
            return await job.result
        finally:
            if job.result.cancelled():
                self._forget(job)

    def _forget(self, job: Job) -> None:
        """Give up a job that nobody waits for any more."""
        self._waiting.remove(job)
        if job in self._suspects:
            self._suspects.remove(job)
        for worker in self._all_workers():
            worker.give_up(job)

    def fail_all(self, error: Callable[[], Exception]) -> None:
        """End every job that has no result yet with this error."""
        given = [job for worker in self._all_workers() for job in worker.jobs]
        jobs = [*self._waiting.clear(), *self._suspects, *given]
        self._suspects.clear()
        for job in jobs:
            job.fail(error())

    def stop(self) -> None:
        """Begin no job any more; those without a result get WorkersStopped."""
        self._stopped = True
        self.fail_all(lambda: WorkersStopped("the workers were stopped"))
        for worker in self._all_workers():
            worker.process.kill()

    def _all_workers(self) -> list[_Worker]:
        return [*self._workers, *([self._lonely] if self._lonely else [])]

    def fill(self) -> None:
        """Give waiting jobs to workers, and start workers where there are too few."""
        if self._stopped or self._resting or not self._server.is_ready:
            return
        if self._waits_for_preparation and not self._server.is_prepared:
            if self._waiting or self._suspects:
                self._server.prepare()
            return
        if self._suspects and self._lonely is None:
            self._lonely = _Worker(self, self._server)
            self._lonely.give(self._suspects.popleft())
            self._lonely.retire()  # the next suspect gets a worker of its own
        if self._waiting and self._has_room():
            self._hand_out()
        if len(self._workers) > self._processes:  # slow jobs made it necessary
            idle = [worker for worker in self._workers if not worker.jobs and not worker.is_retiring]
            for worker in idle[self._processes :]:
                worker.retire()

    def _has_room(self) -> bool:
        """Whether a worker may take a job or be started; asked before all that costs more, at every job."""
        if len(self._workers) != self._processes:
            return True
        for worker in self._workers:  # noqa: SIM110 - a generator costs three times as much
            if len(worker.jobs) < JOBS_AT_ONCE or worker.is_retiring or worker.is_slow:
                return True
        return False

    def _hand_out(self) -> None:
        running: dict[str, int] = {}
        held = set()
        for worker in self._workers:
            for job in worker.jobs:
                running[job.key] = running.get(job.key, 0) + 1
            if worker.is_slow and worker.jobs:
                held.add(worker.jobs[0].key)
        while self._waiting and self._has_room():
            key = self._waiting.choose_key(running=running, held=held)
            free = self._find_worker(held=key in held)
            if free is None:
                return
            running[key] = running.get(key, 0) + 1
            free.give(self._waiting.take(key))

    def _find_worker(self, *, held: bool) -> _Worker | None:
        """Return the worker for the next job; `held`: another job of its key is slow now."""
        usable = slow = 0
        busy = None
        for worker in self._workers:
            if worker.is_slow:
                slow += 1
            elif not worker.is_retiring:
                if not worker.jobs:
                    return worker
                usable += 1
                if len(worker.jobs) < JOBS_AT_ONCE:
                    busy = worker
        if usable < self._processes and slow < (self._processes if held else self._processes + MAX_SLOW):
            worker = _Worker(self, self._server)
            self._workers.add(worker)
            return worker
        return busy

    def take_back(self, jobs: list[Job]) -> None:
        """Let these jobs begin again, before others."""
        for job in reversed(jobs):
            if not job.result.done():
                self._waiting.put_back(job)

    def settle_end(self, worker: _Worker, code: int | None, words: str) -> None:
        """Decide what becomes of the jobs of a worker that ended.

        The first of them alone can be guilty: it is tried once more alone.
        """
        alone = worker is self._lonely
        if alone:
            self._lonely = None
        self._workers.discard(worker)
        jobs = list(worker.jobs)
        if jobs and code is None:
            self._rest(jobs, words)
        elif jobs and not jobs[0].result.done():
            guilty = jobs.pop(0)
            if alone:
                guilty.fail(JobFailed(JobFault.CRASHED, f"ended its worker process twice: {words}"))
            else:
                _log.info("%s: its worker ended (%s); trying once more alone", guilty.key, words)
                self._suspects.append(guilty)
        self.take_back(jobs)
        self.fill()

    def _rest(self, jobs: list[Job], words: str) -> None:
        """Start no worker for a while: the machine has no room for one, or the server has to be started again."""
        for job in jobs:
            job.losses += 1
            if job.losses > MAX_LOSSES:
                job.fail(WorkersError(f"a process that analyses pages can't start: {words}"))
        if self._resting is None:
            self._resting = asyncio.get_running_loop().call_later(REST_SECONDS * jobs[0].losses, self._end_rest)

    def _end_rest(self) -> None:
        self._resting = None
        self.fill()


class _Worker:
    """One worker process and the jobs that it has been given, the running one first."""

    def __init__(self, pool: Pool, server: ForkServer) -> None:
        self.pool = pool
        self.jobs: deque[Job] = deque()
        self.is_slow = False
        self.is_retiring = False
        self.counted = 0
        self.first_use: int | None = None  # bytes that it held after its first job
        self._clock: JobClock | None = None
        self.process = WorkerProcess(server, on_message=self._hear, on_end=self._settle_end)

    def give(self, job: Job) -> None:
        """Send a job."""
        bodies: list[memoryview] = []
        args = tuple(pickle.PickleBuffer(arg) if isinstance(arg, bytes) else arg for arg in job.args)
        try:
            frame = make_frame(
                Kind.JOB,
                job.number,
                (job.function, job.wants_topic, args, job.options),
                first=job.limits.memory_bytes,
                second=job.limits.answer_bytes,
                bodies=bodies,
            )
        except Exception as error:  # noqa: BLE001 - what can't be sent to a worker is this job's loss
            job.fail(JobFailed(JobFault.RAISED, f"{type(error).__name__}: {error}"))
            return
        self.jobs.append(job)
        self.process.send([frame, *bodies])
        if len(self.jobs) == 1:
            self._watch()

    def give_up(self, job: Job) -> None:
        """Stop working on a job that nobody waits for; one that has not begun is done in vain."""
        if self.jobs and job is self.jobs[0]:
            self.process.kill()

    def retire(self) -> None:
        """Do what was sent, then end."""
        self.is_retiring = True
        if not self.jobs:
            self.process.close()

    def _watch(self) -> None:
        """Begin to measure the time of the first job."""
        self._clock = JobClock(
            seconds=self.jobs[0].limits.seconds,
            waited=self.process.waited_seconds,
            on_slow=self._note_slow,
            on_end=self._end_job,
        )

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.stop()
            self._clock = None

    def _note_slow(self) -> None:
        self.is_slow = True
        self.process.lower_priority()
        followers = list(self.jobs)[1:]
        for job in followers:
            self.jobs.remove(job)
        self.pool.take_back(followers)
        self.pool.fill()

    def _end_job(self) -> None:
        job = self.jobs[0]
        job.fail(JobFailed(JobFault.TIMED_OUT, describe_limit(JobFault.TIMED_OUT, job.limits)))
        self.process.kill()

    def _hear(self, header: Header, payload: bytes) -> None:
        if not self.jobs or header.number != self.jobs[0].number:
            return  # it is being killed, and got this far
        self._stop_clock()
        job = self.jobs.popleft()
        if not job.result.done():
            self._settle(job, header, payload)
        if self.first_use is None:
            self.first_use = header.first
        grown = header.first - self.first_use > MAX_GROWTH_BYTES
        if self.is_slow:  # its priority can't be raised again, and what had been sent after this job is done elsewhere
            self.is_retiring = True
            self.process.kill()
        elif self.is_retiring or grown:
            self.retire()
        if self.jobs:
            self._watch()
        self.pool.fill()

    def _settle(self, job: Job, header: Header, payload: bytes) -> None:
        match header.kind:
            case Kind.RESULT:
                job.result.set_result((payload, self._count))
            case Kind.OUT_OF_MEMORY:
                job.fail(JobFailed(JobFault.OUT_OF_MEMORY, describe_limit(JobFault.OUT_OF_MEMORY, job.limits)))
            case Kind.ANSWER_TOO_LARGE:
                job.fail(JobFailed(JobFault.ANSWER_TOO_LARGE, describe_limit(JobFault.ANSWER_TOO_LARGE, job.limits)))
            case _:
                job.fail(_read_error(payload))

    def _count(self) -> None:
        self.counted += 1
        if self.counted >= self.pool.recycle:
            self.retire()

    def _settle_end(self, code: int | None, words: str) -> None:
        self._stop_clock()
        self.pool.settle_end(self, code, words)


def _read_error(payload: bytes) -> JobFailed:
    """Make the failure of a function that raised."""
    sentence, trace = pickle.loads(payload)  # noqa: S301 - from a process of our own
    return JobFailed(JobFault.RAISED, sentence, trace=trace)
