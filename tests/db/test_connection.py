"""Concurrent writers of a database, and migration of an older one."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest

from db import migrations
from db.connection import Store, StoreError, open_desk, open_news
from db.search.index import index_article
from db.search.plain_query import fts_query
from tests.fixtures.waiting import DEADLINE_SECONDS


def test_no_other_writer_commits_within_a_transaction_that_reads_and_then_writes(tmp_path: Path) -> None:
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


@pytest.mark.slow
def test_a_writer_waits_for_the_transaction_of_another(tmp_path: Path) -> None:
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
        assert begun.wait(DEADLINE_SECONDS)
        with ours.atomic():
            assert ours.execute("SELECT task FROM schedule").fetchall() == [("theirs",)]
            ours.execute("INSERT INTO schedule (task, next_due) VALUES ('ours', 'x')")
        other.join()


def test_a_failed_transaction_is_undone_and_a_failed_savepoint_undoes_only_itself(tmp_path: Path) -> None:
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


def test_an_older_database_is_migrated_keeps_its_rows_and_logs_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "news.db"
    with contextlib.closing(sqlite3.connect(path)) as conn:
        old = Store(conn)
        migrations.news.apply(old, stop_before="short_beginnings_of_words")
        columns = {
            "url": "u",
            "key": "u",
            "outlet": "o",
            "first_seen": "2026-11-22",
            "last_seen": "2026-11-22",
            "relevance": 1.0,
            "verdict": "relevant",
        }
        title, text = "Óleo para Chancay", "El cobre del Perú y 铜"
        old["outlets"].insert({"id": "o", "name": "O", "home": "h", "country": "PE", "kind": "press"}, alter=False)
        old["articles"].insert(columns | {"id": 7, "title": title, "text": text, "text_sha256": "x", "words": 6})
        index_article(old, 7, title, text)
        conn.commit()
    with contextlib.closing(open_news(path)) as news:
        (told,) = caplog.messages
        assert told.startswith(
            f"{path}: brought up to date; where it is large that takes minutes: short beginnings of words"
        )
        sql = "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?"
        for words in ("co*", "ól*", "ole*", "chanc*", "铜", "perú cobre"):
            assert news.execute(sql, [fts_query(words)]).fetchall() == [(7,)], words
        assert news.execute(sql, [fts_query("per* -cob*")]).fetchall() == []
        assert news.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    caplog.clear()
    open_news(path).close()
    assert caplog.messages == []


@pytest.mark.parametrize("table", ["articles", "sources", "customers"])
def test_a_database_of_another_program_is_named_with_its_remedy(tmp_path: Path, table: str) -> None:
    for open_it, name in ((open_news, "news.db"), (open_desk, "desk.db")):
        path = tmp_path / name
        foreign = sqlite3.connect(path)
        foreign.execute(f"CREATE TABLE {table} (id)")
        foreign.close()
        for readonly in (False, True):
            with pytest.raises(StoreError, match=f'not a database of Vigía .it has the table "{table}".; move it away'):
                open_it(path, readonly=readonly)
