"""Copy a database that is in use, and tell whether a database file is damaged."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from db.connection import BUSY_TIMEOUT_SECONDS, explain_errors


def copy_database(source: Path, target: Path) -> None:
    """Copy a database to the new file `target`, which only its owner may read, as it is at one moment.

    The copy is one read transaction of SQLite's backup (https://sqlite.org/backup.html): other processes go on writing.
    Raises StoreError if either can't be read or written, FileExistsError if `target` is there.
    """
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with (
        explain_errors(source),
        contextlib.closing(_connect(source, mode="ro")) as original,
        contextlib.closing(_connect(target, mode="rw")) as copy,
    ):
        original.execute("BEGIN")
        original.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # takes the snapshot
        original.backup(copy, pages=-1)
        original.rollback()


def find_damage(path: Path) -> str | None:
    """Return the first thing that SQLite's check finds wrong in a database file, or None."""
    try:
        with contextlib.closing(_connect(path, mode="rw")) as db:
            found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)
    return None if found == "ok" else found


def _connect(path: Path, *, mode: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None)
