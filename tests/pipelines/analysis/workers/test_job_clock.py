"""A job is ended by the work that it had, not by what else the machine does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from pipelines.analysis.workers import job_clock
from pipelines.analysis.workers.job_clock import JobClock, read_waited_seconds
from tests.fixtures.waiting import wait_until

NO_END = "while True: pass"


class FakeLoop:
    """An event loop whose time is that of its next call."""

    def __init__(self) -> None:
        self.now = 100.0
        self.calls: list[tuple[float, Callable[[], object]]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, call: Callable[[], object]) -> None:
        self.calls.append((when, call))

    def call_later(self, seconds: float, call: Callable[[], object]) -> None:
        self.call_at(self.now + seconds, call)

    def run(self) -> None:
        while self.calls:
            self.calls.sort(key=lambda planned: planned[0])
            self.now, call = self.calls.pop(0)
            call()


def measure_calls(monkeypatch: pytest.MonkeyPatch, *, seconds: float, share: float) -> list[tuple[str, float]]:
    """Return what a clock calls for a job that waits in this share of its time, and after how many seconds."""
    loop = FakeLoop()
    monkeypatch.setattr(job_clock, "asyncio", SimpleNamespace(get_running_loop=lambda: loop))
    began, called = loop.time(), []
    JobClock(
        seconds=seconds,
        waited=lambda: loop.time() * share,
        on_slow=lambda: called.append(("slow", loop.time() - began)),
        on_end=lambda: called.append(("end", loop.time() - began)),
    )
    loop.run()
    return called


@pytest.mark.parametrize(
    ("share", "end"),
    [
        (0, 8.0),
        (0.25, 9.96875),  # 8 s and a quarter of what came after second 2: 10 s, less than MIN_STRETCH_SECONDS away
        (0.5, 13.90625),  # towards 14 s
        (1, 32.0),  # without end but for MAX_STRETCH
    ],
)
def test_time_without_a_processor_does_not_count_up_to_four_times_the_limit(
    monkeypatch: pytest.MonkeyPatch, share: float, end: float
) -> None:
    assert measure_calls(monkeypatch, seconds=8.0, share=share) == [("slow", 2.0), ("end", end)]


@pytest.mark.parametrize("seconds", [0.5, 2.0])
def test_a_limit_below_that_of_slow_jobs_ends_a_job_however_it_waited(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    assert measure_calls(monkeypatch, seconds=seconds, share=1) == [("end", seconds)]


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
    before = read_waited_seconds(crowded)
    wait_until(lambda: read_waited_seconds(crowded) > before + 0.2, what="a fifth of a second without a processor")
    assert read_waited_seconds(crowded) > before + 0.2
    assert read_waited_seconds(0) == 0  # no process has this number
