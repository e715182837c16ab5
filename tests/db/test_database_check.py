"""A damaged page of a database is noticed, in a limited time also where the file is large."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.connection import open_news
from db.database_check import find_database_damage
from tests.fixtures.invented_desk import build


def damage(path: Path, table: str) -> None:
    """Overwrite the first page of a table."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = database.execute("PRAGMA page_size").fetchone()[0]
        page = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xaa" * size)


def check(path: Path, **options: float) -> str | None:
    with closing(open_news(path, readonly=True)) as news:
        return find_database_damage(news, **options)  # type: ignore[arg-type] # by name


@pytest.mark.parametrize("table", ["articles", "crawls", "mentions"])
def test_a_damaged_table_is_noticed(tmp_path: Path, table: str) -> None:
    path = build(tmp_path)
    assert check(path) is None
    damage(path, table)
    assert all(check(path, seed=seed) for seed in range(3))


def test_rows_of_a_table_that_is_too_large_to_be_checked_are_read(tmp_path: Path) -> None:
    path = tmp_path / "large.db"
    large = Database(path)
    large.execute("CREATE TABLE long (id INTEGER PRIMARY KEY, text TEXT)")
    large.execute("CREATE TABLE odd (id TEXT PRIMARY KEY) WITHOUT ROWID")
    large["long"].insert_all(({"id": number, "text": "x" * 400} for number in range(60_000)), replace=True)
    assert find_database_damage(large, seconds=0.02) is None
    large.close()
    with path.open("r+b") as file:
        for page in range(20, 5_000):
            file.seek(page * 4096)
            file.write(b"\xaa" * 4096)
    again = Database(path)
    assert find_database_damage(again, seconds=60)  # it ends at the first damage
    again.close()
