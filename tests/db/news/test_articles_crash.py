"""A page is stored exactly once, whenever the process that stores it is killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

from sqlite_utils import Database

from db.connection import open_news
from tests.fixtures.paths import ROOT

STORE_PAGES = """
import sys, datetime as dt
from dataclasses import replace
from pathlib import Path
from db.news.articles import save_article, save_rejection
from db.connection import open_news
from db.model.article import Article
from db.model.rejection import RejectionReason, Rejection
db = open_news(Path(sys.argv[1]))
now = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
for number in range(100_000):
    if number >= 90 and number % 5 == 0:
        print("at work", flush=True)
    key = f"d.test/{number % 400}"
    if number % 3:
        text = f"Texto {number % 7} del muelle " * 30
        save_article(db, Article(url="https://" + key, key=key, outlet="d", title=str(number % 5), text=text,
            language="es", fingerprint=(number % 11, number % 13)), seen_at=now, place=None, keys=["d.test/r" + key])
    else:
        save_rejection(db, Rejection(url="https://" + key, key=key, outlet="d", reason=RejectionReason.OFF_TOPIC),
            seen_at=now, place=None, replace=bool(number % 2))
"""


def count(db: Database, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_page_is_there_exactly_once_whenever_the_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    generator = random.Random(9)
    for _ in range(4):
        command = [sys.executable, "-c", STORE_PAGES, str(path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "at work\n"
            for _ in range(generator.randrange(60)):  # each run is killed at another moment
                assert process.stdout.readline() == "at work\n"
            process.kill()
        assert process.returncode == -signal.SIGKILL  # the process ran without error until the kill
        db = open_news(path)
        assert count(db, "articles") > 10
        assert count(db, "rejections") > 10
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert not db.execute("PRAGMA foreign_key_check").fetchall()
        twice = "SELECT url FROM articles INTERSECT SELECT url FROM rejections"
        assert not db.execute(twice).fetchall()
        lost = "SELECT key FROM articles WHERE id NOT IN (SELECT article FROM addresses WHERE article NOT NULL)"
        assert not db.execute(lost).fetchall()
        unsearchable = "SELECT id FROM articles WHERE id NOT IN (SELECT rowid FROM articles_fts('texto'))"
        assert not db.execute(unsearchable).fetchall()
        assert not db.execute(
            "SELECT id FROM articles WHERE original IN (SELECT id FROM articles WHERE original NOT NULL)"
        ).fetchall()
        db.conn.close()
