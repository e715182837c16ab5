"""Whether a database's pages are sound, read in a limited time.

A disk fault can damage a page of a table or an index. SQLite says so only when it reads that page, perhaps months
later, or gives wrong rows. `PRAGMA quick_check` reads every page of a table with its indexes
(https://sqlite.org/pragma.html#pragma_quick_check); of a large database only a part can be read in the time, another
one at each check.
"""

from __future__ import annotations

import random
import sqlite3
import time

from sqlite_utils import Database

MAX_CHECK_SECONDS = 10.0
_STEPS_BETWEEN_LOOKS = 20_000  # of SQLite's virtual machine, at the clock
_ROWS_AT_ONCE = 500


def find_database_damage(db: Database, *, seed: int = 0, seconds: float = MAX_CHECK_SECONDS) -> str | None:
    """Return what is wrong with the pages of a database, as SQLite says it, or None.

    Half of the time is for whole tables in an order that `seed` chooses; the rest is for rows at random of those that
    were too large. The tables of the search index are left to search.integrity.
    """
    chance = random.Random(seed)  # noqa: S311 -- an order and a sample
    began = time.monotonic()
    try:
        listed = db.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name")
        tables = [name for (name,) in listed if not name.startswith("sqlite_")]
        chance.shuffle(tables)
        unread = []
        for table in tables:
            is_sound = _check_table(db, table, until=began + seconds / 2)
            if isinstance(is_sound, str):
                return is_sound
            unread += [] if is_sound else [table]
        _read_rows(db, unread, chance, until=began + seconds)
    except sqlite3.DatabaseError as error:
        if "locked" in str(error) or "interrupted" in str(error):
            return None  # nothing is known; the next check will say
        return str(error)
    return None


def _check_table(db: Database, table: str, *, until: float) -> bool | str:
    """Return True if a table is sound, False if the time did not suffice, or what is wrong."""
    if time.monotonic() >= until:
        return False
    db.conn.set_progress_handler(lambda: time.monotonic() >= until, _STEPS_BETWEEN_LOOKS)
    try:
        (said,) = db.execute(f"PRAGMA quick_check({_quote(table)})").fetchone()
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            return False
        raise
    finally:
        db.conn.set_progress_handler(None, 0)
    return True if said == "ok" else str(said).replace("*** in database main ***", "").strip().splitlines()[0]


def _read_rows(db: Database, tables: list[str], chance: random.Random, *, until: float) -> None:
    """Read rows of these tables from random places until then. Raises DatabaseError at a damaged page."""
    while tables and time.monotonic() < until:
        for table in list(tables):
            try:
                last = db.execute(f"SELECT max(rowid) FROM {_quote(table)}").fetchone()[0]  # noqa: S608 -- from the schema
            except sqlite3.OperationalError as error:
                if "no such column" not in str(error):
                    raise
                tables.remove(table)  # WITHOUT ROWID: such tables are small
                continue
            db.execute(
                f"SELECT * FROM {_quote(table)} WHERE rowid >= :first LIMIT :many",  # noqa: S608 -- from the schema
                {"first": chance.randint(0, last or 0), "many": _ROWS_AT_ONCE},
            ).fetchall()
            if not last:
                tables.remove(table)


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
