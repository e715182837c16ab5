"""The code that runs inside a worker process.

It imports little, because errors can only be reported once it is imported.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.page import Page


@dataclass(frozen=True, slots=True)
class AnalysisFailure:
    """What comes back from a worker in which the analysing function raised: exceptions themselves may not pickle."""

    sentence: str
    trace: str


class WorkerNotReady(AnalysisFailure):
    """The worker could not start; no page caused it."""


class _Worker:
    """What one worker process holds between two pages; filled by `begin`."""

    function: Callable[..., Any]
    topic: Any = None
    unready: WorkerNotReady | None = None


def start_worker(topic: str | None, function: str) -> None:
    """Load what every page needs; once per process, before its first page."""
    _end_with_parent()
    logging.disable(logging.CRITICAL)  # what libraries say of broken pages is noise; outcomes carry their reasons
    warnings.simplefilter("ignore")
    with contextlib.suppress(OSError):  # Linux: when memory runs out, a worker goes before the process that writes
        Path("/proc/self/oom_score_adj").write_text("500")
    try:
        module, _, name = function.partition(":")
        _Worker.function = getattr(importlib.import_module(module), name)
        if topic is not None:
            _Worker.topic = importlib.import_module("pipelines.relevance.topic").load_topic(topic)
    except Exception as error:  # noqa: BLE001 - a worker that dies here would be started again without end
        _Worker.unready = WorkerNotReady(f"{type(error).__name__}: {error}", traceback.format_exc())


def check_worker() -> bytes:
    """Return None, or why this worker cannot work, pickled."""
    return pickle.dumps(_Worker.unready)


def run_analysis(page: Page, repeated: tuple[str, ...], full: bool) -> bytes:
    """Run the analysing function; return its outcome or an AnalysisFailure, pickled.

    It is pickled here, so that an outcome that cannot be pickled counts as a failure of that page, not of the worker.
    """
    if _Worker.unready is not None:
        return pickle.dumps(_Worker.unready)
    try:
        return pickle.dumps(_Worker.function(page, topic=_Worker.topic, repeated=repeated, full=full))
    except BaseException as error:  # noqa: BLE001 - also SystemExit of a library; the parent logs it and records the page
        return pickle.dumps(AnalysisFailure(f"{type(error).__name__}: {error}", traceback.format_exc()))


def _end_with_parent() -> None:
    """End this process when the one that started it is killed, even inside a C call that never returns."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG, prctl(2)
        if os.getppid() != parent.pid:  # it died before we asked
            os._exit(1)
    else:
        threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
