"""A job is ended by the work that it had, not by what else the machine does."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from pipelines.analysis.workers import job_clock
from pipelines.analysis.workers.job_clock import JobClock, read_waited_seconds
from tests.fixtures.waiting import wait_until

NO_END = "while True: pass"


async def measure_end(*, seconds: float, share: float) -> tuple[bool, float]:
    """Return if a job that waits in this share of its time was called slow, and after how many seconds it ended."""
    loop, slow = asyncio.get_running_loop(), asyncio.Event()
    over: asyncio.Future[float] = loop.create_future()
    began = loop.time()
    JobClock(
        seconds=seconds,
        waited=lambda: loop.time() * share,
        on_slow=slow.set,
        on_end=lambda: over.set_result(loop.time() - began),
    )
    ended = await over
    return slow.is_set(), ended


@pytest.mark.parametrize(("share", "least"), [(0, 0.5), (0.5, 0.7), (1, 2.0)])
async def test_time_without_a_processor_does_not_count_up_to_four_times_the_limit(
    monkeypatch: pytest.MonkeyPatch, share: float, least: float
) -> None:
    monkeypatch.setattr(job_clock, "SLOW_SECONDS", 0.1)
    was_slow, seconds = await measure_end(seconds=0.5, share=share)
    assert was_slow
    assert seconds > least - 0.01


async def test_a_limit_below_that_of_slow_jobs_ends_a_job_however_it_waited() -> None:
    was_slow, seconds = await measure_end(seconds=0.05, share=1)
    assert not was_slow
    assert seconds > 0.04


@pytest.fixture
def crowded() -> Iterator[int]:
    """Two processes without end that have one processor between them; gives the number of one."""
    processor = min(os.sched_getaffinity(0))
    command = [sys.executable, "-c", f"import os; os.sched_setaffinity(0, [{processor}])\n{NO_END}"]
    running = [subprocess.Popen(command) for _ in range(2)]
    yield running[0].pid
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no schedstat")
def test_the_system_tells_how_long_a_process_waits_for_a_processor(crowded: int) -> None:
    wait_until(lambda: read_waited_seconds(crowded) > 0.2, what="a fifth of a second without a processor")
