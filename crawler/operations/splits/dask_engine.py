"""Run splits on Dask: on processes of this machine, or on the workers of a scheduler.

Whether a split is done is told by its file of results, never by what the client or the scheduler counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import re
import signal
import sys
import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import resource_tracker
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from crawler.config.desk import DeskError
from crawler.operations.splits.rules_digest import OTHER_RULES, digest_rules
from db.extras import name_extra
from pipelines.analysis.workers.jobs import WorkersError

CONNECT_SECONDS = 15
SPLITS_PER_WORKER = 3  # that the scheduler has at a time: those that run, and those that are next
_ADDRESS = re.compile(r"(?:tcp|tls)://[^\s/@]+:\d{1,5}")
_SILENT_TRACKER = "ignore::UserWarning:multiprocessing.resource_tracker"  # as of python -W
_LOCAL_SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.worker.daemon": False,
    # A local cluster gives up a worker that is not back so long after it died, and on a busy machine a process takes
    # longer to start than the 15 seconds that are usual.
    "distributed.deploy.lost-worker-timeout": "1 day",
    # Processes of Dask look at themselves up to a hundred times a second, which takes 3 % of a processor in all for
    # one worker, and 1.4 % more for each other. Splits take seconds and hold their results on the disk.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.scheduler.active-memory-manager.start": False,
}


class WorkerKilled(Exception):  # noqa: N818 - an outcome, not an error of ours
    """A process that had this split, and perhaps others, ended; with --on, more often than Dask allows there."""


@dataclass(frozen=True, slots=True)
class EnginePlace:
    """Where splits run: on so many processes of this machine, or on the workers of a scheduler at an address."""

    workers: int = 0
    address: str = ""


def is_engine_installed() -> bool:
    """Whether the extra `cluster` is installed."""
    return find_spec("distributed") is not None and find_spec("pyarrow") is not None


def check_engine_place(place: EnginePlace) -> None:
    """Raise DeskError for an address that is none, and if what it needs is not installed."""
    if place.address and not _ADDRESS.fullmatch(place.address):
        raise DeskError(f"--on {place.address}: no address of a scheduler; write tcp://HOST:8786 or tls://HOST:8786")
    if not is_engine_installed():
        raise DeskError(f"--on: Dask is not installed; {name_extra('cluster')}")


class DaskEngine:
    """A connection to Dask; an async context manager."""

    def __init__(self, place: EnginePlace) -> None:
        """Nothing starts before `async with`."""
        self.place = place
        self._cluster: Any = None  # what Dask gives has no types
        self._client: Any = None
        self._done = asyncio.Event()
        self._running: dict[Any, Any] = {}
        self._numbers = itertools.count()
        self._settings = contextlib.ExitStack()  # of this process, as long as the engine runs

    async def __aenter__(self) -> DaskEngine:
        """Start or connect. Raises WorkersError in one line."""
        try:
            await asyncio.to_thread(self._open)
        except (OSError, TimeoutError, RuntimeError, ValueError) as error:
            await asyncio.to_thread(self._close)
            if self.place.address:
                raise WorkersError(
                    f"--on {self.place.address}: no scheduler with workers answers there; start them with "
                    "`dask scheduler` and `dask worker`, or mend the address"
                ) from error
            raise WorkersError(f"the processes of Dask can't start: {error}") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what was started here; on other machines, take back what has not begun."""
        await asyncio.to_thread(self._close)

    def _open(self) -> None:
        import dask  # noqa: PLC0415 - seconds, of an extra
        from distributed import Client, LocalCluster  # noqa: PLC0415
        from distributed.security import Security  # noqa: PLC0415

        self._settings.enter_context(_quiet_logs())
        self._settings.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", module="distributed")
        if self.place.address:
            self._client = Client(self.place.address, timeout=CONNECT_SECONDS)
            self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
            return
        start_resource_tracker()  # it unblocks signals when it starts
        # Ctrl-C of a terminal goes to all of its processes; this one alone decides what becomes of work in flight.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        # Dask's own folder would be left behind in the folder for temporary files.
        scratch = self._settings.enter_context(TemporaryDirectory(prefix="vigia-", ignore_cleanup_errors=True))
        self._settings.enter_context(dask.config.set(_LOCAL_SETTINGS | {"temporary-directory": scratch}))
        self._cluster = LocalCluster(
            n_workers=self.place.workers,
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
            security=Security.temporary(),  # else whoever can log in here could have code run by it
        )
        self._client = Client(self._cluster)

    def _close(self) -> None:
        with contextlib.suppress(Exception):  # whatever is left of it: what counts lies on the disk
            self._client.cancel(list(self._running), force=True)
            self._client.close()
        if self._cluster is not None:
            with contextlib.suppress(Exception):
                self._cluster.close()
        self._settings.close()

    @property
    def threads(self) -> int:
        """How many splits are analysed at a time, at least 1."""
        return int(sum(self._client.nthreads().values())) or 1

    @property
    def room(self) -> int:
        """How many more splits the scheduler should have now."""
        return self.threads * SPLITS_PER_WORKER - len(self._running)

    def list_pids(self) -> list[int]:
        """Return the process ids of the workers that were started here, without asking them."""
        return sorted(nanny.pid for nanny in self._cluster.workers.values() if nanny.pid)

    def submit(self, function: Callable[[Any], None], call: Any) -> None:
        """Have a function called with this argument on a worker. Both must be known to it by import."""
        number = next(self._numbers)
        future = self._client.submit(function, call, key=f"split-{uuid.uuid4().hex}", pure=False, priority=-number)
        self._running[future] = call
        loop = asyncio.get_running_loop()

        def wake(_: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._done.set)

        future.add_done_callback(wake)

    async def wait(self, seconds: float) -> list[tuple[Any, Exception | None]]:
        """Return the calls that ended, each with what it raised, after so many seconds at most.

        Raises WorkersError if no process that was started here is left to work.
        """
        if self._cluster is not None and not self._cluster.workers:
            raise WorkersError("the processes of Dask ended and did not start again; run the same command to go on")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._done.wait(), seconds)
        self._done.clear()
        ended = [future for future in self._running if future.done()]
        return [(self._running.pop(future), _find_error(future)) for future in ended]

    def cancel(self) -> None:
        """Take back all calls that have not ended."""
        self._client.cancel(list(self._running), force=True)
        self._running.clear()

    async def check_workers(self, folder: Path, source: Path, size: int) -> None:
        """Check that all workers of other machines see what they need, in this version. Raises WorkersError."""
        if not self.place.address:
            return
        mark = folder / f".{uuid.uuid4().hex}.part"
        mark.write_text(mark.name, encoding="utf-8")
        try:
            answers = await asyncio.to_thread(
                self._client.run, inspect_worker, mark, source, size, digest_rules(), on_error="return"
            )
            for worker, answer in sorted(answers.items()):
                if isinstance(answer, BaseException):
                    raise WorkersError(
                        f"{worker}: no Vigía of this version can be imported there; {name_extra('cluster')}"
                    )
                if answer:
                    raise WorkersError(f"{worker}: {answer}")
            if len(_list_marks(mark)) <= len(answers):
                raise WorkersError(f"{folder}: what workers write there does not arrive here; share the desk's folder")
        finally:
            for path in _list_marks(mark):
                path.unlink(missing_ok=True)


def inspect_worker(mark: Path, source: Path, size: int, rules: str, dask_worker: Any = None) -> str:
    """Return what a worker lacks for the splits of a file, in one line, "" if nothing; leave a file beside `mark`.

    Dask gives the worker itself as `dask_worker`.
    """
    if dask_worker is not None and dask_worker.state.nthreads > 1:
        return "analyses several splits in one process; start it with --nthreads 1"
    if digest_rules() != rules:
        return OTHER_RULES
    try:
        if mark.read_text("utf-8") != mark.name:
            return f"{mark.parent}: another folder there; share the desk's folder, at the same path"
        mark.with_name(f"{mark.name}.{uuid.uuid4().hex}").touch()
    except OSError as error:
        return f"{mark.parent}: {error.strerror} there; share the desk's folder with it, at the same path"
    try:
        with source.open("rb") as file:
            same = file.seek(0, 2) == size
    except OSError as error:
        return f"{source}: {error.strerror} there; put the file into a folder that all machines share"
    return "" if same else f"{source}: another file there; put it into a folder that all machines share"


@contextlib.contextmanager
def _quiet_logs() -> Iterator[None]:
    """Keep connections to workers that died out of the logs: that is what the engine is made for.

    Any other error that asyncio logs stays, such as MemoryError, which ends the session.
    """
    loggers = [logging.getLogger(name) for name in ("distributed", "tornado")]
    levels = [logger.level for logger in loggers]
    of_loop = logging.getLogger("asyncio")
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    of_loop.addFilter(_is_no_lost_connection)
    try:
        yield
    finally:
        of_loop.removeFilter(_is_no_lost_connection)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _is_no_lost_connection(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], OSError | TimeoutError))


def start_resource_tracker() -> None:
    """Start the process of Python that removes the semaphores of a process that was ended.

    It would warn of them after a second Ctrl-C, which asks for just that.
    """
    sys.warnoptions.append(_SILENT_TRACKER)  # which it is started with
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions.remove(_SILENT_TRACKER)


def _list_marks(mark: Path) -> list[Path]:
    return list(mark.parent.glob(f"{mark.name}*"))


def _find_error(future: Any) -> Exception | None:
    from distributed import KilledWorker  # noqa: PLC0415

    if future.status in {"cancelled", "lost"}:
        return WorkersError("the connection to the scheduler was lost; run the same command again to go on")
    error = future.exception()
    if isinstance(error, KilledWorker):
        return WorkerKilled(str(error.last_worker))
    return error if isinstance(error, Exception) or error is None else WorkersError(str(error))
