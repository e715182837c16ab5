"""The desk's lock: one process writes to a desk folder at a time, and only to the folder that it began with."""

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


class DeskMoved(DeskError):  # noqa: N818 - a state, not a fault
    """The folder at this path is no longer the one that was locked."""


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


def check_place(folder: Path, lock: IO[str]) -> None:
    """Raise DeskMoved unless this lock of the desk still lies in the folder: else another folder was put there."""
    with contextlib.suppress(OSError):
        if os.path.samestat(os.fstat(lock.fileno()), (folder / LOCK_FILE).stat()):
            return
    raise DeskMoved(
        f"{folder}: no longer the folder that this Vigía began with (it was moved or replaced, or its {LOCK_FILE} "
        "deleted); nothing more is written. What was stored is where that folder is now: start again"
    )
