"""Opening the two databases: write-ahead log, full durability, schema up to date, or one line that says why not."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlite_utils import Database, Migrations

from db import migrations

_log = logging.getLogger(__name__)
BUSY_TIMEOUT_SECONDS = 10.0  # seconds that a writer waits for another's transaction


class StoreError(Exception):
    """A database can't be used. Its text is one line: what, where, the remedy."""


class Store(Database):
    """A database with several writers: a transaction waits at its beginning until it may write.

    sqlite-utils begins with BEGIN. A transaction that reads and then writes would fail at once, however long it may
    wait, when another connection writes in between (SQLITE_BUSY_SNAPSHOT, sqlite.org/isolation.html).
    """

    @contextlib.contextmanager
    def atomic(self) -> Iterator[Store]:
        """All or nothing; within another transaction, a part of that one."""
        if self.conn.in_transaction:
            with super().atomic():
                yield self
            return
        self.conn.execute("BEGIN IMMEDIATE")
        try:
            yield self
        except BaseException:  # whatever it was goes on up
            self.conn.rollback()
            raise
        try:
            self.conn.execute("COMMIT")
        except BaseException:  # a full disk, say
            self.conn.rollback()
            raise


def open_news(path: Path, *, readonly: bool = False) -> Database:
    """Open news.db with its schema; with `readonly`, an existing file and no writing. Raises StoreError."""
    return _open(path, migrations.news, readonly=readonly)


def open_desk(path: Path, *, readonly: bool = False) -> Database:
    """Open desk.db with its schema; with `readonly`, an existing file and no writing. Raises StoreError."""
    if not readonly:
        # Private: made for its owner alone. Only a new file is touched: closing any descriptor of a file drops this
        # process's locks on it (sqlite.org/howtocorrupt.html, 2.2), and another connection may hold some.
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    return _open(path, migrations.desk, readonly=readonly)


@contextlib.contextmanager
def explain_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors on `path` into a StoreError with a remedy."""
    try:
        yield
    except sqlite3.Error as error:
        raise to_store_error(path, error) from error


def find_stale_statistics(db: Database) -> list[str]:
    """Statements that would refresh what SQLite's query planner knows, where this connection found that stale.

    It only looks, and at once: what takes its time is done elsewhere (https://sqlite.org/pragma.html#pragma_optimize).
    """
    return [row[0] for row in db.execute("PRAGMA optimize(-1)").fetchall()]


def refresh_statistics(db: Database, statements: Iterable[str]) -> None:
    """Do what `stale_statistics` named, a sample of each index large."""
    db.execute("PRAGMA analysis_limit = 1000")
    for statement in statements:
        db.execute(statement)


def to_store_error(path: Path, error: sqlite3.Error) -> StoreError:
    """SQLite's error on `path` as one line with its remedy."""
    return StoreError(f"{path}: {_remedy(path, error)}")


def _open(path: Path, schema: Migrations, *, readonly: bool) -> Database:
    if readonly and not path.exists():
        raise StoreError(f"{path}: there is no such database yet; `vigia up` or `vigia crawl` makes it")
    with explain_errors(path):
        if readonly:
            conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_SECONDS)
        else:
            conn = sqlite3.connect(path, timeout=BUSY_TIMEOUT_SECONDS)
        db = Store(conn)
        try:
            if not readonly:
                # FULL: a committed article outlives a power cut; its candidate is struck off in another file after it.
                conn.execute("PRAGMA journal_mode = WAL")
                conn.execute("PRAGMA synchronous = FULL")
            conn.execute("PRAGMA foreign_keys = ON")
            _refuse_newer(db, path, schema)
            if not readonly and (pending := schema.pending(db)):
                if schema.applied(db):
                    what = ", ".join(migration.name.replace("_", " ") for migration in pending)
                    _log.warning("%s: brought up to date; where it is large that takes minutes: %s", path, what)
                schema.apply(db)
            elif readonly and schema.pending(db):
                raise StoreError(f"{path}: made by an older Vigía; run `vigia up` or `vigia crawl` once to bring it up")
        except BaseException:  # whatever it was goes on up; the connection must not stay open
            conn.close()
            raise
    return db


def _refuse_newer(db: Database, path: Path, schema: Migrations) -> None:
    """A migration that we don't know means that a newer Vigía wrote here: writing could destroy what it keeps."""
    known = {migration.name for migration in schema._migrations}
    unknown = [applied.name for applied in schema.applied(db) if applied.name not in known]
    if unknown:
        raise StoreError(f'{path}: made by a newer Vigía (it knows "{unknown[0]}"); upgrade Vigía or restore a backup')


def _remedy(path: Path, error: sqlite3.Error) -> str:
    text = str(error)
    if "locked" in text:
        return "locked by another program for over 10 s; close whatever writes to it and start again"
    if "disk is full" in text:
        return "the disk is full; free some space and start again, nothing that was stored is lost"
    if "unable to open" in text:
        return f"can't be opened; check that {path.parent} is there and may be written"
    if "readonly" in text or "read-only" in text:
        return f"can't be written; check the permissions of {path.parent}"
    if "not a database" in text or "malformed" in text:
        return "is not a database or is damaged; restore a backup or move it away"
    return text
