"""What a join reads and compares is bounded, however large the desk, the window and the story are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from sqlite_utils import Database

from db import migrations
from db.model.story_wording import StoryWording
from db.news.stories.rows import find_story
from db.news.stories.wordings import Head, Signature, StoredWording, read_signatures
from tests.fixtures.story_desk import NOON, EventMatcher, find_faults, make_article, store

STEP = 100  # instructions of SQLite's machine between two counts


class CountingMatcher(EventMatcher):
    """Counts what it is given to compare; chooses the latest articles, as many as the shipped one."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.compared: list[int] = []

    def choose(self, wording: StoryWording, others: Sequence[Signature]) -> list[int]:
        """Return the latest articles."""
        self.seen.append(len(others))
        return sorted((article for article, _, _ in others), reverse=True)[:400]

    def rank(self, wording: StoryWording, others: Sequence[Head]) -> list[int]:
        """Return the first places."""
        return list(range(len(others)))[:100]

    def score(self, one: StoredWording, others: Sequence[StoredWording]) -> list[float]:
        """Count."""
        self.compared.append(len(others))
        return super().score(one, others)


def make_desk(articles: int, *, articles_in_story: int, events: str) -> Database:
    """Return a desk on which so many articles lie in the six days before NOON, so many in each story."""
    db = Database(memory=True)
    migrations.news.apply(db)
    db.execute("INSERT INTO outlets (id, name) VALUES ('o', 'O')")
    gap = dt.timedelta(days=6) / articles
    rows = [
        {
            "id": number,
            "at": f"{NOON - gap * (articles - number):%Y-%m-%dT%H:%M:%SZ}",
            "story": (number - 1) // articles_in_story * articles_in_story + 1,
            "events": events,
            "encoder": EventMatcher.encoder,
        }
        for number in range(1, articles + 1)
    ]
    for sql in (
        """
        INSERT INTO articles (id, url, key, outlet, title, published, published_precision, language, text, words,
            relevance, verdict, first_seen, last_seen, text_sha256)
        VALUES (:id, 'u' || :id, 'u' || :id, 'o', 'En vivo', :at, 'time', 'es', 'Texto', 1, 1, 'relevant', :at, :at,
            :id)
        """,
        "INSERT INTO story_articles (article, story, because) VALUES (:id, :story, 'near')",
        "INSERT OR IGNORE INTO stories (id, began, latest, first_article) VALUES (:story, :at, :at, :story)",
        """
        INSERT INTO story_heads (article, moment, encoder, language, made_at, heads, signature)
        VALUES (:id, :at, :encoder, 'es', :at, zeroblob(1536), zeroblob(64))
        """,
        "INSERT INTO story_bodies (article, body, details) VALUES (:id, zeroblob(500), :events)",
    ):
        db.conn.executemany(sql, rows)
    return db


def count_steps(db: Database, name: str, events: str, matcher: EventMatcher) -> int:
    """Return the hundreds of instructions in which SQLite stores an article with its story."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    db.conn.set_progress_handler(count, STEP)
    store(db, make_article(name, events, hours=-1), matcher=matcher)
    db.conn.set_progress_handler(None, STEP)
    return steps


@pytest.mark.parametrize(("articles_in_story", "events"), [(1, "strike"), (3, "strike"), (10_000, "crane")])
def test_a_join_costs_no_more_on_a_larger_desk(articles_in_story: int, events: str) -> None:
    """The first on a small desk, where the bounds are reached already."""
    spent = []
    for articles in (1_000, 4_000):
        db, matcher = make_desk(articles, articles_in_story=articles_in_story, events=events), CountingMatcher()
        spent.append(count_steps(db, "diario", "crane", matcher))
        assert sum(matcher.compared) <= 172  # with the last story, which may exceed the bound
        db.conn.close()
    signatures = 3_000 * 12 / STEP  # of the index, a dozen instructions each
    assert spent[1] < 1.2 * spent[0] + signatures


def test_only_the_nearest_articles_of_a_busy_window_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.news.stories.wordings._MAX_SIGNATURES", 50)
    db, matcher = make_desk(300, articles_in_story=1, events="strike"), CountingMatcher()
    store(db, make_article("diario", "crane", hours=-72), matcher=matcher)
    assert matcher.seen == [100]
    around = read_signatures(db, at=NOON - dt.timedelta(hours=72), window=matcher.window, encoder=EventMatcher.encoder)
    assert {article for article, _, _ in around} - {301} <= set(range(95, 206))
    db.conn.close()


def test_signatures_are_read_from_an_index_alone() -> None:
    db = make_desk(10, articles_in_story=1, events="strike")
    asked: list[str] = []
    db.conn.set_trace_callback(asked.append)
    read_signatures(db, at=NOON, window=EventMatcher.window, encoder=EventMatcher.encoder)
    db.conn.set_trace_callback(None)
    assert len(asked) == 2
    for sql in asked:
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert len(plan) == 1, "no sorting"
        assert "USING COVERING INDEX story_heads_signature" in plan[0]
    db.conn.close()


def test_hundreds_of_articles_with_one_headline_are_each_in_one_story() -> None:
    db, matcher = make_desk(300, articles_in_story=300, events="crane"), CountingMatcher()
    for number in range(30):
        store(db, make_article(f"o{number}", "crane", hours=-number), matcher=matcher)
    assert {find_story(db, id_) for id_ in range(1, 331)} == {1}
    assert max(matcher.compared) <= 12
    assert find_faults(db) == []
    db.conn.close()
