"""Other captures of an article of the past say when it was seen, and so who was first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlite_utils import Database

from db import migrations
from db.copies.fingerprint import compute_fingerprint
from db.model.article import Article
from db.news.articles import save_article, widen_sight
from db.news.stored_article import find_article_at
from db.news.stories.lookup import read_story

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(hours=6)
TEXT = (
    "La primera grúa eléctrica llegó ayer al muelle de Quilca a bordo de un buque chino.\n"
    "El operador invirtió 40 millones de dólares y espera mover 12 000 contenedores al año.\n"
    "Los pescadores de la caleta piden que se les deje pasar por la bahía."
)
ARTICLE = Article(
    url="https://diario.test/puerto",
    key="diario.test/puerto",
    outlet="diario",
    title="El muelle de Quilca recibe su primera grúa",
    text=TEXT,
    language="es",
    published="2026-11-20T00:00:00Z",
    published_precision="day",
    fingerprint=compute_fingerprint(TEXT),
)


@pytest.fixture
def db() -> Iterator[Database]:
    db = Database(memory=True)
    migrations.news.apply(db)
    yield db
    db.conn.close()


def test_an_earlier_capture_of_the_past_makes_an_article_the_original_of_its_copies(db: Database) -> None:
    at = {"first": NOON + dt.timedelta(days=2), "later": NOON + dt.timedelta(days=3)}
    copy = replace(ARTICLE, url="https://otro.test/a", key="otro.test/a", outlet="otro", title="Llega una grúa")
    original = save_article(db, copy, seen_at=at["first"], place=None, backfilled=True).article_id
    save_article(db, ARTICLE, seen_at=at["later"], place=None, backfilled=True)

    def sight(article: Article, moment: dt.datetime) -> tuple[str, str, int | None]:
        known = find_article_at(db, article.key, "")
        assert known is not None
        widen_sight(db, known, at=moment, same=article, matcher=None)
        found = find_article_at(db, article.key, "")
        assert found is not None
        return found["first_seen"], found["last_seen"], found["original"]

    assert sight(ARTICLE, LATER + dt.timedelta(days=4)) == ("2026-11-23T12:00:00Z", "2026-11-24T18:00:00Z", original)
    assert sight(ARTICLE, NOON + dt.timedelta(days=1)) == ("2026-11-21T12:00:00Z", "2026-11-24T18:00:00Z", None)
    (story,) = (story for (story,) in db.execute("SELECT id FROM stories WHERE merged_into IS NULL"))
    told = read_story(db, story)
    assert told is not None
    assert [row["outlet"] for row in told["articles"]] == ["diario", "otro"]


def test_a_capture_of_an_article_that_the_desk_fetched_itself_changes_nothing(db: Database) -> None:
    save_article(db, ARTICLE, seen_at=NOON, place=None)
    known = find_article_at(db, ARTICLE.key, "")
    assert known is not None
    for moment in (NOON - dt.timedelta(days=1), LATER):
        widen_sight(db, known, at=moment, same=ARTICLE, matcher=None)
    assert find_article_at(db, ARTICLE.key, "") == known
