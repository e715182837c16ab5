"""One process at a time sends the alerts of a desk."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
from collections.abc import AsyncIterator
from pathlib import Path

from pipelines.alerts.errors import AlertError


@contextlib.asynccontextmanager
async def hold_run_lock(folder: Path, *, wait_seconds: float) -> AsyncIterator[None]:
    """Lock out other processes that send for the desk in a folder.

    Raises AlertError if one holds the lock for too long.

    With the lock, a delivery in the state `sending` is known to come from a killed process. The kernel releases the
    lock when its process ends in any way.
    """
    path = folder / "alerts.lock"
    try:
        lock = path.open("ab")
    except OSError as error:
        raise AlertError(f"{path}: {error.strerror}; check that the desk folder is there and may be written") from error
    with lock:
        deadline = asyncio.get_running_loop().time() + wait_seconds
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if asyncio.get_running_loop().time() > deadline:
                    raise AlertError(
                        f"{path}: another process sends the alerts of this desk just now; try again when it is done"
                    ) from None
                await asyncio.sleep(0.1)
        yield
