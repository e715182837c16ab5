"""The figures of an article are stored with it and follow its text."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlite_utils import Database

from db import migrations
from db.figures.find import find_figures
from db.model.article import Article
from db.model.rejection import Rejection, RejectionReason
from db.news.articles import save_article, save_rejection

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
TEXT = "El muelle costó 40 millones de dólares.\nMoverá entre 12 000 y 15 000 contenedores desde el 3 de marzo de 2027."


def article(text: str) -> Article:
    return Article(
        url="https://diario.test/muelle",
        key="diario.test/muelle",
        outlet="diario",
        title="El muelle de Quilca",
        text=text,
        language="es",
        figures=tuple(find_figures(text, "es", "PE")),
    )


@pytest.fixture
def db() -> Database:
    db = Database(memory=True)
    migrations.news.apply(db)
    return db


def stored(db: Database) -> list[tuple[str, str, object, object, object, str]]:
    rows = db.query("SELECT f.*, a.text FROM figures AS f JOIN articles AS a ON a.id = f.article ORDER BY f.id")
    found = list(rows)
    assert all(row["surface"] == row["text"][row["start"] : row["end"]] for row in found)
    return [(row["kind"], row["unit"], row["value"], row["low"], row["high"], row["qualifier"]) for row in found]


def test_figures_are_stored_with_their_article(db: Database) -> None:
    save_article(db, article(TEXT), seen_at=NOON, place=None)
    assert stored(db) == [
        ("money", "USD", 40e6, None, None, ""),
        ("count", "containers", None, 12000, 15000, "range"),
        ("date", "day", "2027-03-03", None, None, ""),
    ]


def test_a_revision_replaces_the_figures(db: Database) -> None:
    save_article(db, article(TEXT), seen_at=NOON, place=None)
    save_article(db, article(TEXT.replace("40", "45")), seen_at=NOON, place=None)
    assert [row[2] for row in stored(db)] == [45e6, None, "2027-03-03"]


def test_where_only_typography_differs_the_figures_are_those_of_the_text_that_stays(db: Database) -> None:
    save_article(db, article(TEXT), seen_at=NOON, place=None)
    save_article(db, article(TEXT.replace("costó ", "costó   ")), seen_at=NOON, place=None)
    assert len(stored(db)) == 3


def test_a_rebuild_gives_figures_to_an_article_from_before(db: Database) -> None:
    save_article(db, replace(article(TEXT), figures=()), seen_at=NOON, place=None)
    assert stored(db) == []
    save_article(db, article(TEXT), seen_at=NOON, place=None, rebuilt=True)
    assert len(stored(db)) == 3


def test_an_article_that_goes_takes_its_figures_along(db: Database) -> None:
    save_article(db, article(TEXT), seen_at=NOON, place=None)
    rejection = Rejection(
        url="https://diario.test/muelle",
        key="diario.test/muelle",
        outlet="diario",
        reason=RejectionReason.OFF_TOPIC,
        relevance=0.0,
    )
    save_rejection(db, rejection, seen_at=NOON, place=None, replace=True)
    assert stored(db) == []
