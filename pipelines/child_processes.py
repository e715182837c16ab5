"""Processes that only their parent ends: started without the signals of a terminal or systemd, ended with it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator


@contextlib.contextmanager
def block_end_signals() -> Iterator[None]:
    """Keep SIGINT and SIGTERM from a process that is started inside, until it sets its own handlers.

    A terminal sends SIGINT to the whole process group and systemd SIGTERM to the whole unit. Signal masks are
    inherited by a new process.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent(parent: int) -> None:
    """End this process when the one that started it is killed, even inside a C call that never returns."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG, prctl(2)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)
    else:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
