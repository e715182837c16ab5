"""Workers against real processes that die, hang and raise."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from db.model.article import Article
from db.model.rejection import Rejection, RejectionReason
from pipelines.analysis.workers.jobs import JobLimits, WorkersError, WorkersStopped
from pipelines.analysis.workers.workers import Workers
from pipelines.page import Hint, OutletProfile, Page
from tests.fixtures.paths import ROOT
from tests.fixtures.process_tree import is_running
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until, wait_until_async

LIMITS = JobLimits(seconds=DEADLINE_SECONDS, memory_bytes=10**9, answer_bytes=10_000)
OUTLET = OutletProfile(id="faro", name="El Faro del Sur")


@pytest.fixture(autouse=True)
def _functions_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)  # spawned processes get sys.path from us


def page(body: str, *, number: int = 1, outlet: str = "faro") -> Page:
    return Page(
        url=f"https://faro.example/{number}",
        key=f"faro.example/{number}",
        body=body.encode(),
        outlet=replace(OUTLET, id=outlet),
        fetched_at=dt.datetime(2026, 11, 22, tzinfo=dt.UTC),
        hint=Hint(title="Un título"),
    )


def workers(processes: int = 1, timeout: float = DEADLINE_SECONDS, **options: object) -> Workers:
    return Workers(None, processes, timeout, function="tests.fixtures.worker_functions:obey_body", **options)  # type: ignore[arg-type]


async def test_a_page_is_analysed_in_another_process() -> None:
    async with workers() as them:
        outcome = await them.analyse(page("ok"))
    assert isinstance(outcome, Article)
    assert outcome.url == "https://faro.example/1"
    assert int(outcome.title) != os.getpid()


async def test_furniture_reaches_the_function() -> None:
    async with workers() as them:
        _, furniture = await them.analyse(page("furniture"), repeated={"PUBLICIDAD"})  # type: ignore[misc]
    assert furniture == ("PUBLICIDAD",)


async def test_a_dying_page_is_rejected_and_harms_no_other() -> None:
    bodies = ["die 3", "segfault", "kill", *["sleep 0.05"] * 12]
    async with workers(2) as them:
        outcomes = await asyncio.gather(*(them.analyse(page(body, number=n)) for n, body in enumerate(bodies)))
        assert them.in_flight == ()
    for outcome, word in zip(outcomes[:3], ["exit code 3", "SIGSEGV", "SIGKILL"], strict=True):
        assert isinstance(outcome, Rejection)
        assert outcome.reason is RejectionReason.ANALYSIS_CRASHED
        assert word in (outcome.detail or "")
        assert outcome.title == "Un título"
    assert all(isinstance(outcome, Article) for outcome in outcomes[3:])


async def test_a_page_whose_worker_died_by_chance_is_tried_once_more(tmp_path: Path) -> None:
    async with workers() as them:
        for number in range(3):
            tried = them.analyse(page(f"die-once {tmp_path / str(number)}", number=number))
            assert isinstance(await asyncio.wait_for(tried, DEADLINE_SECONDS), Article)


@pytest.mark.parametrize("how", ["hang", "hang-in-c", "regex"])
async def test_a_hanging_page_is_ended_and_the_next_one_goes_on(how: str) -> None:
    async with workers(timeout=1) as them:
        hanging, other = await asyncio.gather(them.analyse(page(how)), them.analyse(page("ok", number=2)))
    assert isinstance(hanging, Rejection)
    assert hanging.reason is RejectionReason.ANALYSIS_TIMEOUT
    assert hanging.detail == "analysis did not end within 1 seconds"
    assert isinstance(other, Article)


async def test_a_bug_in_analysis_is_logged_with_the_address_and_costs_one_page(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with workers() as them:
        with caplog.at_level(logging.ERROR):
            outcome = await them.analyse(page("raise título"))
        assert isinstance(await them.analyse(page("ok")), Article)
    assert isinstance(outcome, Rejection)
    assert (outcome.reason, outcome.detail) == (RejectionReason.ANALYSIS_CRASHED, "KeyError: 'título'")
    assert "https://faro.example/1" in caplog.text
    assert "worker_functions.py" in caplog.text


@pytest.mark.parametrize(("body", "detail"), [("exit", "SystemExit: 3"), ("unpicklable", "pickle")])
async def test_what_cannot_come_back_from_a_worker_costs_one_page(body: str, detail: str) -> None:
    async with workers() as them:
        outcome = await them.analyse(page(body))
        assert isinstance(await them.analyse(page("ok")), Article)
    assert isinstance(outcome, Rejection)
    assert outcome.reason is RejectionReason.ANALYSIS_CRASHED
    assert detail in (outcome.detail or "")


async def test_a_large_page_goes_through() -> None:
    async with workers() as them:
        outcome = await them.analyse(page("x" * 9_000_000))
    assert isinstance(outcome, Article)
    assert outcome.text == "9000000"


async def test_a_worker_does_not_import_the_program_that_started_it() -> None:
    main = sys.modules["__main__"]
    known = {name: getattr(main, name, None) for name in ("__spec__", "__file__")}
    async with workers() as them:
        outcome = await them.analyse(page("modules"))
    assert isinstance(outcome, Article)
    assert not {"pytest", "_pytest"} & set(outcome.text.split())
    assert sys.modules["__main__"] is main
    assert {name: getattr(main, name, None) for name in known} == known


async def test_workers_are_recycled() -> None:
    async with workers(recycle=3) as them:
        pids = [(await them.analyse(page("ok", number=n))).title for n in range(7)]
    assert len(set(pids)) >= 3


async def test_a_worker_has_the_next_page_and_no_more() -> None:
    async with workers(1) as them:
        many = [asyncio.create_task(them.analyse(page("hang", number=n))) for n in range(6)]
        await wait_until_async(lambda: any(len(worker.jobs) >= 2 for worker in them._pages._workers))
        assert len(them.in_flight) == 6
        assert [len(worker.jobs) for worker in them._pages._workers] == [2]
        them.stop_now()
        await asyncio.gather(*many, return_exceptions=True)


async def test_an_idle_worker_that_is_killed_from_outside_is_replaced() -> None:
    async with workers(1) as them:
        pid = int((await them.analyse(page("ok"))).title or 0)
        os.kill(pid, signal.SIGKILL)
        await wait_until_async(lambda: not is_running(pid))
        for number in range(3):
            assert isinstance(await them.analyse(page("ok", number=number)), Article)


async def test_close_waits_for_what_is_in_flight() -> None:
    them = await workers().__aenter__()
    task = asyncio.create_task(them.analyse(page("sleep 0.5")))
    await wait_until_async(lambda: them.in_flight)
    await them.close()
    assert isinstance(await task, Article)


async def test_close_waits_no_longer_than_its_grace() -> None:
    them = await workers(grace=0.5).__aenter__()
    task = asyncio.create_task(them.analyse(page("hang")))
    await wait_until_async(lambda: them.in_flight)
    await them.close()
    with pytest.raises(WorkersStopped):  # after the time limit of a page it would be a rejection
        await task


async def test_stop_now_ends_at_once_and_leaves_pages_without_an_outcome() -> None:
    async with workers() as them:
        bodies = ["hang", *["x" * 9_000_000] * 3]  # the second one stands half in the pipe
        tasks = [asyncio.create_task(them.analyse(page(body, number=n))) for n, body in enumerate(bodies)]
        await asyncio.sleep(0.5)  # the pipe has filled: nothing tells of that
        them.stop_now()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(end, WorkersStopped) for end in ended)  # after its time limit a page would be a rejection


async def test_cancelling_a_wait_frees_the_worker() -> None:
    async with workers() as them:
        task = asyncio.create_task(them.analyse(page("hang")))
        await wait_until_async(lambda: them.in_flight)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert isinstance(await asyncio.wait_for(them.analyse(page("ok")), DEADLINE_SECONDS / 2), Article)


@pytest.mark.parametrize("function", ["tests.fixtures.worker_functions:nothing", "no_such_module:analyse"])
async def test_workers_that_cannot_start_say_why_in_one_line(function: str) -> None:
    with pytest.raises(WorkersError, match=r"can't start: (AttributeError|ModuleNotFoundError)") as caught:
        async with Workers(None, 1, function=function):
            pass
    assert "\n" not in str(caught.value)


PARENT = """
import asyncio, datetime as dt, os, sys
sys.path.insert(0, {here!r})
from pipelines.page import OutletProfile, Page
from pipelines.analysis.workers.workers import Workers

async def main():
    async with Workers(None, 2, 300, function="tests.fixtures.worker_functions:obey_body") as them:
        page = lambda n, body: Page(url=f"https://faro.example/{{n}}", key=str(n), body=body.encode(),
            outlet=OutletProfile(id="faro", name="F"), fetched_at=dt.datetime.now(dt.UTC))
        print("ready", flush=True)
        done = await asyncio.gather(*(them.analyse(page(n, body)) for n, body in enumerate(sys.argv[1:])))
        print(*(one.title for one in done), flush=True)

if __name__ == "__main__":
    import signal
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: None)  # not SIG_IGN, which children would inherit
    print("listening", flush=True)
    asyncio.run(main())
"""


def parent(tmp_path: Path, *bodies: str) -> subprocess.Popen[str]:
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(here=str(ROOT)))
    return subprocess.Popen(
        [sys.executable, str(script), *bodies],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", ["hang", "hang-in-c"])
def test_no_worker_outlives_a_parent_that_is_killed(tmp_path: Path, how: str) -> None:
    marks = [tmp_path / "one", tmp_path / "two"]
    with parent(tmp_path, *(f"{how} {mark}" for mark in marks)) as process:
        wait_until(lambda: all(mark.exists() and mark.read_text() for mark in marks), what="both workers")
        pids = [int(mark.read_text()) for mark in marks]
        assert all(is_running(pid) for pid in pids)
        process.kill()
    for pid in pids:
        wait_until(lambda pid=pid: not is_running(pid), what=f"the end of worker {pid}")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_workers_leave_ctrl_c_and_sigterm_to_their_parent(tmp_path: Path, signum: signal.Signals) -> None:
    with parent(tmp_path, "sleep 1.5", "sleep 1.5") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        for _ in range(30):  # while they are starting, too
            os.killpg(process.pid, signum)
            time.sleep(0.03)  # signals come one after the other
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signum)
        first, second = process.stdout.readline().split()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 0
    assert int(first) != int(second)


async def test_the_first_page_is_analysed_by_a_worker_that_shares_what_was_prepared() -> None:
    async with workers(2, modules=("tests.fixtures.worker_functions:prepare",)) as them:
        outcomes = await asyncio.gather(*(them.analyse(page("prepared", number=n)) for n in range(4)))
    assert [outcome.text for outcome in outcomes if isinstance(outcome, Article)] == ["yes"] * 4


async def test_a_source_waits_for_no_preparation() -> None:
    async with workers(modules=("tests.fixtures.worker_functions:prepare",)) as them:
        read = "tests.fixtures.worker_functions:is_prepared"
        assert await them.run(read, limits=LIMITS, key="faro", label="a feed") == "no"


async def test_an_idle_server_prepares_by_itself() -> None:
    async with workers(modules=("tests.fixtures.worker_functions:prepare",)) as them:
        await wait_until_async(lambda: them.server.is_prepared, what="the preparation")
        outcome = await them.analyse(page("prepared"))
    assert isinstance(outcome, Article)
    assert outcome.text == "yes"


async def test_a_server_that_is_killed_is_prepared_again() -> None:
    async with workers(modules=("tests.fixtures.worker_functions:prepare",)) as them:
        assert isinstance(await them.analyse(page("prepared")), Article)
        assert them.server.pid is not None
        os.kill(them.server.pid, signal.SIGKILL)
        await wait_until_async(lambda: not them.server.is_prepared, what="the end of the server")
        outcome = await them.analyse(page("prepared"))
    assert isinstance(outcome, Article)
    assert outcome.text == "yes"


async def test_processes_start_with_the_first_job_if_asked_for() -> None:
    async with workers(at_first_job=True) as them:
        assert them.server.pid is None
        first, second = await asyncio.gather(them.analyse(page("ok")), them.analyse(page("ok", number=2)))
        assert isinstance(first, Article)
        assert isinstance(second, Article)
        assert them.server.pid is not None
    assert them.server.pid is None
    async with workers(at_first_job=True) as unused:
        pass
    assert unused.server.pid is None
