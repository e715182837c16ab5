"""The worker processes of the analysis, inside a process that is given splits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from crawler.operations.splits.rules_digest import OTHER_RULES, digest_rules
from crawler.operations.splits.split_job import SplitJob, SplitRefused
from pipelines.analysis.workers.workers import ANALYSIS_MODULES, Workers
from pipelines.relevance.topic import TopicPlace


class AnalysisHost:
    """An event loop in a thread of its own, with worker processes that stay from one split to the next.

    A page that hangs or ends its worker is theirs to deal with, and costs itself.
    """

    _present: ClassVar[AnalysisHost | None] = None
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, topic: TopicPlace, *, digest: str, processes: int = 1) -> None:
        """Start the thread; the processes start with the first page. Raises WorkersError."""
        self.digest = digest
        self._loop = asyncio.new_event_loop()
        # The thread that starts them must stay: they end with it (PR_SET_PDEATHSIG).
        threading.Thread(target=self._loop.run_forever, name="analysis", daemon=True).start()
        self.workers: Workers = self.run(lambda: _start(topic, processes))

    @classmethod
    def of_process(cls, job: SplitJob) -> AnalysisHost:
        """Return the one of this process, a new one for another topic.

        Raises SplitRefused if this process has other rules, and WorkersError.
        """
        if job.rules != digest_rules():
            raise SplitRefused(OTHER_RULES)
        with cls._lock:
            if cls._present is not None and cls._present.digest != job.topic_digest:
                cls._present.close()
                cls._present = None
            if cls._present is None:
                cls._present = cls(job.topic, digest=job.topic_digest, processes=_count_threads())
            return cls._present

    def run(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Run a coroutine on its loop and return what it gives."""
        return asyncio.run_coroutine_threadsafe(work(), self._loop).result()

    def close(self) -> None:
        """End the processes and the thread."""
        self.run(self.workers.close)
        self._loop.call_soon_threadsafe(self._loop.stop)


def _count_threads() -> int:
    """Return how many splits this process is given at a time."""
    from distributed import get_worker  # noqa: PLC0415 - of an extra

    try:
        return int(get_worker().state.nthreads)
    except ValueError:  # it is no worker of Dask
        return 1


async def _start(topic: TopicPlace, processes: int) -> Workers:
    # The processes start with the first page: many splits have none to be analysed.
    return await Workers(topic, processes=processes, modules=ANALYSIS_MODULES, at_first_job=True).__aenter__()
