"""Processes that only their parent ends: started without the signals of a terminal or systemd, ended with it."""

from __future__ import annotations

import contextlib
import signal
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
