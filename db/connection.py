"""Open news.db and desk.db: write-ahead log, full durability, migrations applied, errors explained in one line."""

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
BUSY_TIMEOUT_SECONDS = 10.0  # how long a writer waits for another's transaction
_SIGNS_OF_DAMAGE = ("malformed", "not a database", "vtable constructor failed")  # in SQLite's messages


class StoreError(Exception):
    """A database can't be used. The text is one line: which file, what is wrong, the remedy."""


class DamagedStoreError(StoreError):
    """A database's pages are damaged. `__cause__` is SQLite's error."""


class Store(Database):
    """A database with several writers: a transaction takes the write lock at its beginning.

    sqlite-utils uses BEGIN. A transaction that reads and then writes would then fail at once, without waiting, if
    another connection wrote in between (SQLITE_BUSY_SNAPSHOT, sqlite.org/isolation.html).
    """

    @contextlib.contextmanager
    def atomic(self) -> Iterator[Store]:
        """Run a block as one transaction; inside another transaction, as a savepoint of that one."""
        if self.conn.in_transaction:
            with super().atomic():
                yield self
            return
        self.conn.execute("BEGIN IMMEDIATE")
        try:
            yield self
        except BaseException:  # it is raised again
            self.conn.rollback()
            raise
        try:
            self.conn.execute("COMMIT")
        except BaseException:  # for example a full disk
            self.conn.rollback()
            raise


def open_news(path: Path, *, readonly: bool = False) -> Database:
    """Open news.db and apply its migrations; with `readonly`, open an existing file for reading only.

    Raises StoreError if it can't be opened, or was made by a newer Vigía (or for `readonly` by an older one).
    """
    return _open(path, migrations.news, readonly=readonly)


def open_desk(path: Path, *, readonly: bool = False) -> Database:
    """Open desk.db and apply its migrations; with `readonly`, open an existing file for reading only.

    Raises StoreError as `open_news` does.
    """
    if not readonly:
        # The file is private: only its owner may read it. Only a new file is opened here: closing any descriptor of a
        # file drops this process's locks on it (sqlite.org/howtocorrupt.html, 2.2).
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    return _open(path, migrations.desk, readonly=readonly)


@contextlib.contextmanager
def explain_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors on `path` into StoreError with a remedy."""
    try:
        yield
    except sqlite3.Error as error:
        raise to_store_error(path, error) from error


def find_stale_statistics(db: Database) -> list[str]:
    """Return the statements that would refresh the query planner's statistics, where they are stale.

    This is quick and changes nothing (https://sqlite.org/pragma.html#pragma_optimize).
    """
    return [row[0] for row in db.execute("PRAGMA optimize(-1)").fetchall()]


def refresh_statistics(db: Database, statements: Iterable[str]) -> None:
    """Run the statements of `find_stale_statistics`, reading a sample of 1,000 rows of each index."""
    db.execute("PRAGMA analysis_limit = 1000")
    for statement in statements:
        db.execute(statement)


def to_store_error(path: Path, error: sqlite3.Error) -> StoreError:
    """Return SQLite's error on `path` as a StoreError of one line with its remedy."""
    kind = DamagedStoreError if any(sign in str(error) for sign in _SIGNS_OF_DAMAGE) else StoreError
    return kind(f"{path}: {_remedy(path, error)}")


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
                # FULL: a committed article survives a power cut. Its candidate is deleted in the other file after that.
                conn.execute("PRAGMA journal_mode = WAL")
                conn.execute("PRAGMA synchronous = FULL")
            conn.execute("PRAGMA foreign_keys = ON")
            _refuse_newer(db, path, schema)
            _refuse_foreign(db, path, schema)
            if not readonly and (pending := schema.pending(db)):
                if schema.applied(db):
                    what = ", ".join(migration.name.replace("_", " ") for migration in pending)
                    _log.warning("%s: brought up to date; where it is large that takes minutes: %s", path, what)
                schema.apply(db)
            elif readonly and schema.pending(db):
                raise StoreError(f"{path}: made by an older Vigía; run `vigia up` or `vigia crawl` once to bring it up")
        except BaseException:  # it is raised again; the connection must not stay open
            conn.close()
            raise
    return db


def _refuse_newer(db: Database, path: Path, schema: Migrations) -> None:
    """Raise StoreError if the file has an unknown migration: writing could destroy what a newer Vigía stored."""
    known = {migration.name for migration in schema._migrations}
    unknown = [applied.name for applied in schema.applied(db) if applied.name not in known]
    if unknown:
        raise StoreError(f'{path}: made by a newer Vigía (it knows "{unknown[0]}"); upgrade Vigía or restore a backup')


def _refuse_foreign(db: Database, path: Path, schema: Migrations) -> None:
    """Raise StoreError if another program, or the other half of a desk, has its tables in the file."""
    if schema.applied(db):
        return
    tables = [name for name in db.table_names() if not name.startswith(("sqlite_", "_sqlite"))]
    if tables:
        raise StoreError(
            f'{path}: not a database of Vigía (it has the table "{tables[0]}"); move it away, or name another --desk'
        )


def _remedy(path: Path, error: sqlite3.Error) -> str:
    text = str(error)
    if "locked" in text:
        return "locked by another program for over 10 s; close whatever writes to it and start again"
    if "disk is full" in text:
        return "the disk is full; free some space and start again, nothing that was stored is lost"
    if "disk I/O error" in text:
        return f"the disk can't be read or written there ({text}); check that it has free space and is sound"
    if "unable to open" in text:
        return f"can't be opened; check that {path.parent} is there and may be written"
    if "readonly" in text or "read-only" in text:
        return f"can't be written; check the permissions of {path.parent}"
    if "not a database" in text:
        return "is not a database; restore a backup or move it away"
    if "malformed" in text or "vtable constructor failed" in text:
        return "is damaged; `vigia rebuild --search` mends the search index, if it is that, else restore a backup"
    if "no such table" in text or "no such column" in text or "already exists" in text or "has no column" in text:
        return f"has not the tables of this Vigía ({text}); restore a backup or move it away"
    return text
