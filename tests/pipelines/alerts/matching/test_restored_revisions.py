"""Each revision is alerted to once, whichever backups are restored in between."""

from __future__ import annotations

import datetime as dt
import itertools
import sqlite3
from functools import lru_cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db import migrations
from db.news import revisions as kept
from db.search.index import index_article
from pipelines.alerts.matching import articles as matching
from pipelines.alerts.subscriptions.subscription import Subscription

REVISED = Subscription(name="Puerto", query="chancay", revisions=True)
NOON = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)


def _copied(source: Database) -> Database:
    copy = Database(sqlite3.connect(":memory:"))
    source.conn.backup(copy.conn)
    return copy


@lru_cache
def _empty(kind: str) -> Database:
    db = Database(sqlite3.connect(":memory:"))
    (migrations.news if kind == "news" else migrations.desk).apply(db)
    if kind == "news":
        db["outlets"].insert({"id": "diario", "name": "Diario"})
    db.conn.commit()
    return db


STEPS = st.lists(
    st.tuples(st.sampled_from(["article", "revise", "revise", "run", "run", "backup", "restore"]), st.integers(0, 5)),
    max_size=40,
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(STEPS)
@example([("article", 0), ("article", 1), ("run", 0), ("restore", 0), ("article", 0), ("revise", 0)])
@example([("article", 0), ("run", 0), ("backup", 0), *[("revise", 0), ("run", 0)] * 2, ("restore", 0), ("revise", 0)])
@example([("article", 0), ("run", 0), ("revise", 0), ("backup", 0), ("run", 0), ("article", 1), ("restore", 0)])
def test_after_any_restored_backups_each_last_change_is_alerted_and_none_twice(
    steps: list[tuple[str, int]],
) -> None:
    news, desk = _copied(_empty("news")), _copied(_empty("desk"))
    backup = _copied(news)
    clock = itertools.count()
    figures: dict[str, int] = {}  # what each page says on the web, whatever the desk has of it
    known: dict[str, int] = {}  # the last figure that the reader was alerted to
    alerted: list[tuple[str, str]] = []

    def text(key: str) -> str:
        return f"El puerto de Chancay costará {figures[key]} millones de dólares."

    def fetch(key: str) -> None:
        """The desk reads a page: it is new, revised or unchanged."""
        seen = f"2026-11-22T00:{next(clock):02}:00Z"
        row = next(news.query("SELECT * FROM articles WHERE key = :key", {"key": key}), None)
        with news.atomic():
            if row is None:
                # Alerted to, and lost with the restored database: there is nothing to compare the page with.
                known.update({key: figures[key]} if key in known else {})
                facts = {"outlet": "diario", "words": 1, "relevance": 1, "verdict": "relevant", "first_seen": seen}
                filler = {"last_seen": seen, "text_sha256": text(key), "title": "Chancay", "text": text(key)}
                id_ = news["articles"].insert({"url": key, "key": key, **facts, **filler}).last_rowid
                assert id_ is not None
                index_article(news, id_, "Chancay", text(key))
            elif row["text"] != text(key):
                kept.save_revision(news, row, title="Chancay", text=text(key), seen=seen)
                news["articles"].update(row["id"], {"text": text(key), "text_sha256": text(key)})

    def run() -> None:
        before = desk.execute("SELECT coalesce(max(id), 0) FROM alerts").fetchone()[0]
        matching.match_subscriptions(news, desk, [REVISED], now=NOON)
        for row in desk.query("SELECT key, updated FROM alerts WHERE id > :before ORDER BY id", {"before": before}):
            key, line = row["key"], row["updated"]
            known[key] = figures_now[key] if line is None else int(line.split("→ ")[1].split()[0])
            alerted.append((key, line or "itself"))

    run()
    for step, which in [*steps, ("run", 0)]:
        key = f"diario.example/{which}"
        if step == "article":
            figures.setdefault(key, 1)
            fetch(key)
        elif step == "revise" and key in figures:
            figures[key] += 1
            fetch(key)
        elif step == "backup":
            backup = _copied(news)
        elif step == "restore":
            news = _copied(backup)
        figures_now = {
            row["key"]: int(row["text"].split(" millones")[0].split()[-1])
            for row in news.query("SELECT key, text FROM articles")
        }
        if step == "run":
            run()
    for key, figure in figures_now.items():
        assert known[key] >= figure, "the reader knows the current figure of the article, or a later one"
    assert len(alerted) == len(set(alerted)), "no alert is repeated"
    assert len({(key, line.split("→ ")[-1]) for key, line in alerted}) == len(alerted), "nor is a figure"
