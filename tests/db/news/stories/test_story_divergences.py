"""The divergences of a story and of a concept follow what is stored, in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.connection import open_news
from db.figures.find import find_figures
from db.model.article import Article
from db.model.rejection import Rejection, RejectionReason
from db.news.articles import save_article, save_rejection
from db.news.outlets import save_measures
from db.news.stories.corrections import join_stories, split_story
from db.news.stories.pending import begin_stories_anew
from db.news.stories.rows import find_story
from db.public_copy import publish_copy
from pipelines.relevance.topic import load_topic
from tests.fixtures.story_desk import NOON, find_faults, make_article, store

OF_PORT = "El puerto de Chancay costó {} millones de dólares."


def tell(name: str, event: str, text: str, *, hours: float = 0.0) -> Article:
    topic = load_topic("china_peru")
    concepts = topic.name_concepts(text, "es")
    figures = find_figures(text, "es", "PE")
    measured = topic.measures.measure_figures(figures, text, "es", concepts=concepts)
    return replace(make_article(name, event, hours=hours, text=text), figures=measured)


def differing(db: Database) -> list[tuple[object, ...]]:
    """Return story, concept, measure, kind, values and whether it is closed of each divergence."""
    rows = db.execute(
        """
        SELECT d.story, d.concept, d.measure, d.kind, group_concat(CAST(f.value AS INTEGER), ' '), d.closed IS NOT NULL
        FROM divergences AS d LEFT JOIN divergence_figures AS df ON df.divergence = d.id
        LEFT JOIN figures AS f ON f.id = df.figure GROUP BY d.id ORDER BY d.id
        """
    )
    return [(*row[:4], sorted(map(int, (row[4] or "").split())), bool(row[5])) for row in rows]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """Two outlets that tell a crane's fall with two and with three dead."""
    with closing(open_news(tmp_path / "news.db")) as db:
        measures = load_topic("china_peru").measures
        save_measures(db, measures.make_rows(), measures.make_scope_rows())
        store(db, tell("diario", "crane", "Dos obreros murieron al caer una grúa en Quilca."))
        store(db, tell("radio", "crane", "Murieron tres obreros por la grúa, dice la radio.", hours=3))
        yield db
        assert find_faults(db) == []
        assert db.execute("SELECT count(*) FROM stale_divergences").fetchone() == (0,)
        assert not db.execute(
            "SELECT 1 FROM divergence_figures WHERE figure NOT IN (SELECT id FROM figures)"
        ).fetchone()


KILLED = (1, None, "killed", "update", [2, 3], False)


def test_a_story_in_which_outlets_differ_has_a_divergence(db: Database) -> None:
    assert differing(db) == [KILLED]
    assert db.execute("SELECT since FROM divergences").fetchone() == ("2026-11-20T15:00:00Z",)


def test_an_article_that_sets_both_values_beside_each_other_says_that_sources_differ(db: Database) -> None:
    store(db, tell("diario", "crane", "La multa por la grúa fue de S/ 3 millones.", hours=4))
    store(db, tell("radio", "crane", "La multa por la grúa fue de S/ 4 millones.", hours=5))
    assert differing(db)[1][2:5] == ("fine", "differs", [3000000, 4000000])
    both = tell("wire", "crane", "La alcaldía dice que son S/ 3 millones; la firma, que S/ 4 millones.", hours=6)
    assert {figure.measure for figure in both.figures} == {""}
    store(db, both)
    assert differing(db)[1][2:5] == ("fine", "sources", [3000000, 4000000])


def test_a_revision_closes_the_divergence_and_opens_it_again(db: Database) -> None:
    revised = tell("diario", "crane", "Tres obreros murieron al caer una grúa en Quilca.")
    store(db, revised, days=11)
    assert [row[5] for row in differing(db)] == [True]
    store(db, tell("diario", "crane", "Dos obreros murieron al caer una grúa en Quilca."), days=12)
    assert differing(db) == [KILLED]


def test_a_page_of_which_only_repeated_lines_changed_keeps_its_figures_in_the_divergence(db: Database) -> None:
    more = "Lea también: las noticias de la semana."
    page = tell("diario", "crane", f"Dos obreros murieron al caer una grúa en Quilca.\n{more}")
    saved = save_article(db, page, seen_at=NOON + dt.timedelta(days=11), place=None, repeated=[more])
    assert saved.outcome == "unchanged"
    assert differing(db) == [KILLED]


def test_a_split_ends_it_and_a_join_begins_it(db: Database) -> None:
    split_story(db, 2, now=NOON)
    assert [row[5] for row in differing(db)] == [True]
    join_stories(db, 1, 2, now=NOON)
    assert differing(db) == [KILLED]


def test_a_merged_story_takes_its_divergence_along(db: Database) -> None:
    later = tell("chasqui", "strike", "Cinco obreros murieron, según la agencia.", hours=5)
    store(db, later)
    store(db, tell("xinwen", "strike", "Cuatro obreros murieron en el puerto.", hours=6))
    assert [row[0] for row in differing(db)] == [1, 3]
    join_stories(db, 1, 3, now=NOON)
    assert [(row[0], row[4], row[5]) for row in differing(db)] == [(1, [2, 3, 4, 5], False)]


def test_an_article_that_is_deleted_takes_its_figure_along(db: Database) -> None:
    rejection = Rejection(url="https://radio.test/1", key="radio.test/1", outlet="radio", reason=RejectionReason.MARKED)
    save_rejection(db, rejection, seen_at=NOON + dt.timedelta(days=11), place=None)
    assert [row[5] for row in differing(db)] == [True]


def test_a_lasting_property_is_compared_across_stories(db: Database) -> None:
    store(db, tell("chasqui", "visit", OF_PORT.format("1.300"), hours=5))
    store(db, tell("xinwen", "strike", OF_PORT.format("3.600"), hours=400))
    values = [1_300_000_000, 3_600_000_000]
    assert differing(db)[1:] == [(None, "chancay-port", "cost", "differs", values, False)]


def test_stories_that_are_begun_anew_find_the_same(db: Database) -> None:
    begin_stories_anew(db)
    assert differing(db) == []
    for name, hours, text in (
        ("diario", 0, "Dos obreros murieron al caer una grúa en Quilca."),
        ("radio", 3, "Murieron tres obreros por la grúa, dice la radio."),
    ):
        store(db, tell(name, "crane", text + " Hoy.", hours=hours), days=11)
    assert differing(db) == [KILLED]


def test_a_public_copy_keeps_divergences_with_their_figures(db: Database, tmp_path: Path) -> None:
    publish_copy(tmp_path / "news.db", tmp_path / "public.db")
    with closing(open_news(tmp_path / "public.db", readonly=True)) as public:
        assert differing(public) == [KILLED]


def test_an_article_that_moves_takes_its_figure_out_of_the_divergence(db: Database) -> None:
    db.execute("UPDATE story_bodies SET details = 'crane award builder' WHERE article = 2")
    store(db, tell("chasqui", "award builder", "El consorcio construirá el muelle de Quilca.", hours=5))
    assert find_story(db, 2) != find_story(db, 1)
    assert [row[5] for row in differing(db)] == [True]
