"""The desk's lock: one process writes to a desk folder at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import IO

from crawler.config.desk import DeskError

LOCK_FILE = "vigia.lock"  # in the desk folder


class DeskBusy(DeskError):  # noqa: N818 - a state, not a fault
    """Another process holds the lock of this desk."""


def find_lock_owner(folder: Path) -> str | None:
    """Return who holds the desk's lock ("process 1234"), or None if nobody does. Raises OSError if it can't be read."""
    try:
        lock = (folder / LOCK_FILE).open(encoding="utf-8")
    except FileNotFoundError:
        return None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)  # given back at once, with the file
        except BlockingIOError:
            return lock.read().strip() or "another process"
    return None


def lock_desk(folder: Path) -> IO[str]:
    """Make this process the desk's only writer until the returned file is closed.

    Raises DeskBusy if another process holds the lock, DeskError if the folder can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK_FILE).open("a+", encoding="utf-8")
    except OSError as error:
        raise DeskError(f"{folder}: can't be written ({error.strerror}); check the folder's permissions") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        owner = lock.read().strip() or "another process"
        lock.close()
        raise DeskBusy(f"{folder}: already in use by {owner}; stop it first, or use another --desk") from error
    with contextlib.suppress(OSError):  # on a full disk the lock holds, but does not name its owner
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
    return lock
