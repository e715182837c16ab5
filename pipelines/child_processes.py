"""Processes that only their parent ends: started without the signals of a terminal or systemd, ended with it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import IO


def start_with_channel(
    arguments: Sequence[str],
    *,
    stderr: int | IO[bytes] = subprocess.DEVNULL,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start Python with these arguments; return the process and our end of the channel that is its standard input.

    It imports from where this process does, and hears neither SIGINT nor SIGTERM. Raises OSError.
    """
    imports = os.pathsep.join(folder or os.curdir for folder in sys.path)
    ours, theirs = socket.socketpair()
    with contextlib.ExitStack() as at_failure, theirs, _block_end_signals():
        at_failure.enter_context(ours)
        process = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-P", *arguments],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env={**os.environ, "PYTHONPATH": imports, **environment},
        )
        at_failure.pop_all()
    ours.setblocking(False)
    return process, ours


@contextlib.contextmanager
def _block_end_signals() -> Iterator[None]:
    """Keep SIGINT and SIGTERM from a process that is started inside, from its first instruction on.

    A terminal sends SIGINT to the whole process group and systemd SIGTERM to the whole unit. Signal masks are
    inherited by a new process, and by what it forks.
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
