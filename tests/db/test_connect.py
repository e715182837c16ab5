"""Two that write the same database."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest

from db.connect import open_desk


def test_who_reads_and_then_writes_is_not_overtaken_by_another_writer(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    with contextlib.closing(open_desk(path)) as ours, contextlib.closing(open_desk(path)) as theirs:
        theirs.conn.execute("PRAGMA busy_timeout = 0")
        with ours.atomic():
            assert ours.execute("SELECT count(*) FROM schedule").fetchone() == (0,)
            with pytest.raises(sqlite3.OperationalError, match="locked"), theirs.atomic():
                theirs.execute("INSERT INTO schedule (task, next_due) VALUES ('theirs', 'x')")
            ours.execute("INSERT INTO schedule (task, next_due) VALUES ('ours', 'x')")
        with theirs.atomic():
            theirs.execute("INSERT INTO schedule (task, next_due) VALUES ('theirs', 'x')")
        assert ours.execute("SELECT count(*) FROM schedule").fetchone() == (2,)


def test_a_writer_waits_for_another_ones_transaction(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    begun = threading.Event()

    def write() -> None:
        with contextlib.closing(open_desk(path)) as theirs, theirs.atomic():
            begun.set()
            theirs.execute("INSERT INTO schedule (task, next_due) VALUES ('theirs', 'x')")
            ended.wait(0.3)

    ended = threading.Event()
    with contextlib.closing(open_desk(path)) as ours:
        other = threading.Thread(target=write)
        other.start()
        assert begun.wait(10)
        with ours.atomic():
            assert ours.execute("SELECT task FROM schedule").fetchall() == [("theirs",)]
            ours.execute("INSERT INTO schedule (task, next_due) VALUES ('ours', 'x')")
        other.join()


def test_what_fails_within_a_transaction_leaves_nothing_and_a_part_of_it_only_the_rest(tmp_path: Path) -> None:
    with contextlib.closing(open_desk(tmp_path / "desk.db")) as db:
        with contextlib.suppress(ZeroDivisionError), db.atomic():
            db.execute("INSERT INTO schedule (task, next_due) VALUES ('a', 'x')")
            raise ZeroDivisionError
        with db.atomic():
            db.execute("INSERT INTO schedule (task, next_due) VALUES ('b', 'x')")
            with contextlib.suppress(ZeroDivisionError), db.atomic():
                db.execute("INSERT INTO schedule (task, next_due) VALUES ('c', 'x')")
                raise ZeroDivisionError
        assert not db.conn.in_transaction
        assert db.execute("SELECT task FROM schedule").fetchall() == [("b",)]
