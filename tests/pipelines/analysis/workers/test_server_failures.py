"""The process that forks workers dies, or can't start one: no page is condemned, and none waits for ever."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from db.model.article import Article
from pipelines.analysis.workers.jobs import WorkersError
from pipelines.analysis.workers.workers import Workers
from tests.fixtures.paths import ROOT
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until_async
from tests.pipelines.analysis.workers.test_workers import page, workers


@pytest.fixture(autouse=True)
def _functions_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)  # the fork server gets sys.path from us


async def test_the_server_that_forks_workers_is_started_again_and_no_page_is_condemned() -> None:
    async with workers(1) as them:
        assert isinstance(await them.analyse(page("ok")), Article)
        running = asyncio.create_task(them.analyse(page("sleep 0.5", number=2)))
        await wait_until_async(lambda: them.in_flight)
        first = them.server.pid
        os.kill(first or 0, signal.SIGKILL)
        assert isinstance(await running, Article)
        assert isinstance(await them.analyse(page("ok", number=3)), Article)
        assert them.server.pid not in {None, first}


async def test_a_server_that_cannot_start_again_condemns_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vanishing.py").write_text("from tests.fixtures.worker_functions import obey_body\n")
    monkeypatch.syspath_prepend(tmp_path)
    async with Workers(None, 1, function="vanishing:obey_body") as them:
        assert isinstance(await them.analyse(page("ok")), Article)
        running = asyncio.create_task(them.analyse(page("hang", number=2)))
        await wait_until_async(lambda: them.in_flight)
        (tmp_path / "vanishing.py").write_text("raise OSError('gone')")
        os.kill(them.server.pid or 0, signal.SIGKILL)
        for ending in (running, them.analyse(page("ok", number=3))):
            with pytest.raises(WorkersError, match="OSError: gone"):
                await ending


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("tempfile.TemporaryFile", OSError(28, "No space left on device")),
        ("asyncio.to_thread", RuntimeError("can't start new thread")),
    ],
)
async def test_no_page_waits_for_a_server_that_cannot_start_again_whatever_fails(
    place: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    async with workers(1) as them:
        running = asyncio.create_task(them.analyse(page("hang")))
        await wait_until_async(lambda: them.in_flight)
        with monkeypatch.context() as patched:
            patched.setattr(place, fail)
            os.kill(them.server.pid or 0, signal.SIGKILL)
            with pytest.raises(WorkersError, match=error.args[-1]):
                await asyncio.wait_for(running, DEADLINE_SECONDS)


async def test_a_worker_for_which_no_file_can_be_opened_is_started_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(24, "Too many open files")

    async with workers(1) as them:
        with monkeypatch.context() as patched:
            patched.setattr("socket.socketpair", fail)
            first = asyncio.create_task(them.analyse(page("ok")))
            await wait_until_async(lambda: them._pages._resting)
        assert isinstance(await asyncio.wait_for(first, DEADLINE_SECONDS), Article)
