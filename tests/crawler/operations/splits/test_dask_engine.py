"""Dask is started, asked and ended without a word but of what is wrong, and that in one line."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("distributed")

import dask

from crawler.config.desk import DeskError
from crawler.operations.splits import dask_engine
from crawler.operations.splits.dask_engine import (
    DaskEngine,
    EnginePlace,
    _quiet_logs,
    check_engine_place,
    inspect_worker,
)
from crawler.operations.splits.rules_digest import digest_rules
from pipelines.analysis.workers.jobs import WorkersError
from tests.fixtures.paths import ROOT
from tests.fixtures.waiting import DEADLINE_SECONDS, SECONDS_BETWEEN_LOOKS


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up early on a scheduler."""
    monkeypatch.setattr("crawler.operations.splits.dask_engine.CONNECT_SECONDS", 0.2)


@pytest.mark.usefixtures("impatient")
def test_no_scheduler_at_the_address_is_one_line() -> None:
    async def run() -> None:
        async with DaskEngine(EnginePlace(address="tcp://127.0.0.1:9")):
            pass

    with pytest.raises(Exception, match=r"^--on tcp://127.0.0.1:9: no scheduler with workers answers there"):
        asyncio.run(run())


@pytest.mark.parametrize("error", [MemoryError(), OSError("the other side closed the connection")])
def test_of_asyncios_errors_only_lost_connections_are_kept_out_of_the_logs(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with _quiet_logs():
        logging.getLogger("asyncio").error("in a callback", exc_info=error)
    assert bool(caplog.records) == isinstance(error, MemoryError)
    logging.getLogger("asyncio").error("afterwards", exc_info=error)
    assert caplog.records[-1].message == "afterwards"


def test_a_process_that_is_ended_leaves_no_warning_of_its_semaphores() -> None:
    code = (
        "import multiprocessing, os, signal\n"
        "from crawler.operations.splits.dask_engine import start_resource_tracker\n"
        "start_resource_tracker()\n"
        "kept = multiprocessing.get_context('spawn').Semaphore()\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (-signal.SIGKILL, "")


@pytest.mark.parametrize("address", ["127.0.0.1:8786", "http://host:8786", "tcp://host", "tcp://a b:1"])
def test_another_kind_of_address_is_refused(address: str) -> None:
    with pytest.raises(DeskError, match="write tcp://HOST:8786"):
        check_engine_place(EnginePlace(address=address))


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_engine, "is_engine_installed", lambda: False)
    with pytest.raises(
        DeskError, match=r"^--on: Dask is not installed; install vigia-news\[cluster\] \(docs/install.md"
    ):
        check_engine_place(EnginePlace(address="tcp://127.0.0.1:8786"))


def test_a_worker_says_in_one_line_what_it_lacks(tmp_path: Path) -> None:
    mark, source = tmp_path / "mark", tmp_path / "a.warc"
    source.write_bytes(b"1234")
    rules = digest_rules()
    assert "share the desk's folder" in inspect_worker(mark, source, 4, rules)
    mark.write_text(mark.name, encoding="utf-8")
    assert inspect_worker(mark, source, 4, rules) == ""
    assert len(list(tmp_path.glob("mark.*"))) == 1
    assert "another file there" in inspect_worker(mark, source, 5, rules)
    assert "that all machines share" in inspect_worker(mark, tmp_path / "none", 4, rules)
    assert "another version" in inspect_worker(mark, source, 4, "0")


@pytest.mark.slow
def test_an_engine_whose_processes_are_gone_for_good_says_so_and_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setitem(dask_engine._LOCAL_SETTINGS, "distributed.deploy.lost-worker-timeout", "0s")

    async def run() -> None:
        async with DaskEngine(EnginePlace(workers=1)) as engine:
            deadline = time.monotonic() + DEADLINE_SECONDS
            while time.monotonic() < deadline:
                for pid in engine.list_pids():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                await engine.wait(SECONDS_BETWEEN_LOOKS)

    before = copy.deepcopy(dask.config.config), list(warnings.filters)
    with pytest.raises(WorkersError, match=r"^the processes of Dask ended and did not start again; run the same"):
        asyncio.run(run())
    assert (dask.config.config, list(warnings.filters)) == before
    assert not (tmp_path / "dask-scratch-space").exists()
