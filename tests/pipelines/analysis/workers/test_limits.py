"""Jobs beside pages: each within its limits, in real processes; none delays another's."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from db.model.article import Article
from db.model.rejection import Rejection
from pipelines.analysis.workers import job_clock
from pipelines.analysis.workers.jobs import JobFailed, JobFault, JobLimits
from pipelines.analysis.workers.workers import Workers
from tests.fixtures.paths import ROOT
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until_async
from tests.pipelines.analysis.workers.test_workers import page, workers

MEGABYTE = 1_000_000


@pytest.fixture(autouse=True)
def _functions_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)  # the fork server gets sys.path from us


async def run(them: Workers, function: str, *args: Any, key: str = "faro", seconds: float = DEADLINE_SECONDS) -> Any:
    limits = JobLimits(seconds=seconds, memory_bytes=200 * MEGABYTE, answer_bytes=5 * MEGABYTE)
    function = f"tests.fixtures.worker_functions:{function}"
    return await them.run(function, *args, limits=limits, key=key, label=f"{key}'s sitemap")


@pytest.mark.parametrize(
    ("function", "argument", "fault", "sentence"),
    [
        ("wait_in_c", 600, JobFault.TIMED_OUT, "did not end within 1 seconds"),
        ("take_memory", 400 * MEGABYTE, JobFault.OUT_OF_MEMORY, "needed more than 200 MB of memory"),
        ("give_bytes", 20 * MEGABYTE, JobFault.ANSWER_TOO_LARGE, "gave a result of more than 5 MB"),
        ("fail_with", "x", JobFault.RAISED, "KeyError: 'x'"),
        ("die", 7, JobFault.CRASHED, "ended its worker process twice: exit code 7"),
    ],
)
async def test_a_job_that_passes_a_limit_has_no_result_and_the_next_one_goes_on(
    function: str, argument: Any, fault: JobFault, sentence: str
) -> None:
    async with workers() as them:
        with pytest.raises(JobFailed) as caught:
            await run(them, function, argument, seconds=1 if fault is JobFault.TIMED_OUT else DEADLINE_SECONDS)
        assert (caught.value.fault, str(caught.value)) == (fault, sentence)
        assert await run(them, "give_bytes", 3) == bytes(3)


async def test_memory_within_the_limit_is_given() -> None:
    async with workers() as them:
        assert await run(them, "take_memory", 150 * MEGABYTE) == 150 * MEGABYTE
        assert len(await run(them, "give_bytes", 4 * MEGABYTE)) == 4 * MEGABYTE


async def test_sources_that_hang_delay_neither_pages_nor_the_sources_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_clock, "SLOW_SECONDS", 0.2)
    async with workers(1, grace=0.1) as them:
        hanging = [asyncio.create_task(run(them, "wait_in_c", 600, key=f"hostile {n % 3}")) for n in range(30)]
        await wait_until_async(lambda: len(them.in_flight) == 30)
        assert isinstance(await them.analyse(page("ok")), Article)
        assert await run(them, "give_bytes", 3, key="honest") == bytes(3)
        assert not any(task.done() for task in hanging)
    await asyncio.gather(*hanging, return_exceptions=True)


async def test_pages_that_hang_delay_neither_sources_nor_the_pages_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_clock, "SLOW_SECONDS", 0.2)
    async with workers(1, grace=0.1) as them:
        hanging = [
            asyncio.create_task(them.analyse(page("hang", number=n, outlet=f"hostile-{n % 3}"))) for n in range(30)
        ]
        await wait_until_async(lambda: len(them.in_flight) == 30)
        assert await run(them, "give_bytes", 3) == bytes(3)
        assert isinstance(await them.analyse(page("ok")), Article)
        assert not any(task.done() for task in hanging)
    await asyncio.gather(*hanging, return_exceptions=True)


async def test_a_slow_job_goes_behind_all_others_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_clock, "SLOW_SECONDS", 0.1)
    async with workers() as them:
        before = await run(them, "tell_nice")
        slow = asyncio.create_task(run(them, "wait_for_file", str(tmp_path / "end")))
        await wait_until_async(lambda: any(worker.is_slow for worker in them._others._workers))
        assert await run(them, "tell_nice", key="another") == before
        (tmp_path / "end").touch()
        assert await slow == "done"
        assert await run(them, "tell_nice") == before  # the slow one was replaced: its priority can't rise again


async def test_a_worker_that_has_grown_is_replaced() -> None:
    async with workers() as them:
        await run(them, "keep_memory", 1)
        first = await run(them, "keep_memory", 150 * MEGABYTE)
        second = await run(them, "keep_memory", 1)
        assert first != second
        assert await run(them, "keep_memory", 1) == second


async def test_pages_that_are_turned_away_early_use_up_no_worker() -> None:
    function = "tests.fixtures.worker_functions:count_turned_away"
    async with Workers(None, 1, function=function, recycle=3) as them:
        outcomes = [await them.analyse(page("ok", number=n)) for n in range(12)]
    assert all(isinstance(outcome, Rejection) for outcome in outcomes)
    assert len({outcome.detail for outcome in outcomes if isinstance(outcome, Rejection)}) == 1
