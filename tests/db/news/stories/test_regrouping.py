"""The first articles of a story are looked at again when one comes that is like them."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db import migrations
from db.model.story_wording import StoryWording
from db.news.stories.corrections import join_stories
from db.news.stories.grouping import group_alike
from db.news.stories.pending import begin_stories_anew
from db.news.stories.rows import find_story
from pipelines.stories.article_wording import make_story_wording
from pipelines.stories.matcher import load_matcher
from tests.fixtures.story_desk import find_faults, make_article, store, stories_of

FALL, AWARD = "fall", "award builder"


def read_moves(db: Database) -> list[tuple[int, int, int]]:
    return db.execute("SELECT article, story_before, story FROM story_moves ORDER BY id").fetchall()


def test_an_article_moves_to_a_nearer_story_that_begins_later_and_its_copy_with_it(db: Database) -> None:
    text = "La adjudicación de los diez puentes recuerda la caída de la semana pasada en el río Moche. " * 3
    fall = store(db, make_article("a", FALL))
    names_both = store(db, make_article("b", f"{FALL} {AWARD}", hours=1, text=text))
    copy = store(db, make_article("c", f"{FALL} {AWARD}", hours=2, text=text))
    assert stories_of(db, fall, names_both, copy) == [fall, fall, fall]
    award = store(db, make_article("d", AWARD, hours=3))
    assert find_story(db, fall) == fall
    assert len(set(stories_of(db, names_both, copy, award))) == 1
    assert find_story(db, award) != fall
    assert read_moves(db) == [(names_both, fall, find_story(db, award))]
    assert db.execute(
        "SELECT because FROM story_articles WHERE article IN (:one, :other) ORDER BY article",
        {"one": copy, "other": award},
    ).fetchall() == [("copy",), ("near",)]


def test_a_story_keeps_its_number_where_most_of_its_articles_are(db: Database) -> None:
    names_both = store(db, make_article("a", f"{FALL} {AWARD}"))
    store(db, make_article("b", FALL, hours=1))
    store(db, make_article("c", FALL, hours=2))
    assert stories_of(db, 1, 2, 3) == [1, 1, 1]
    store(db, make_article("d", AWARD, hours=3))
    store(db, make_article("e", AWARD, hours=4))
    assert stories_of(db, 2, 3) == [1, 1]
    assert len(set(stories_of(db, names_both, 4, 5))) == 1


def test_what_an_analyst_joined_stays_together(db: Database) -> None:
    store(db, make_article("a", FALL))
    store(db, make_article("b", f"{FALL} {AWARD}", hours=1))
    join_stories(db, 1, 2, now=dt.datetime(2026, 12, 1, tzinfo=dt.UTC))
    store(db, make_article("c", AWARD, hours=2))
    assert stories_of(db, 1, 2) == [1, 1]
    assert read_moves(db) == []


def test_a_larger_story_is_not_taken_apart(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.news.stories.regrouping.MAX_MOVABLE", 1)
    store(db, make_article("a", FALL))
    store(db, make_article("b", f"{FALL} {AWARD}", hours=1))
    store(db, make_article("c", AWARD, hours=2))
    assert stories_of(db, 1, 2) == [1, 1]
    assert read_moves(db) == []


def test_what_was_moved_is_forgotten_with_the_article_and_when_all_stories_are_made_anew(db: Database) -> None:
    for n, (name, events) in enumerate((("a", FALL), ("b", f"{FALL} {AWARD}"), ("c", AWARD))):
        store(db, make_article(name, events, hours=n))
    assert len(read_moves(db)) == 1
    begin_stories_anew(db)
    assert read_moves(db) == []


@settings(max_examples=12)
@given(st.permutations([FALL, FALL, f"{FALL} {AWARD}", AWARD, AWARD, "strike"]))
def test_in_any_order_of_arrival_an_article_ends_with_what_it_is_nearest_to(events: Sequence[str]) -> None:
    db = Database(memory=True)
    migrations.news.apply(db)
    for n, event in enumerate(events):
        store(db, make_article(f"o{n}", event, hours=float(len(event))))
    found = {event: {find_story(db, n + 1) for n, told in enumerate(events) if told == event} for event in events}
    assert found[f"{FALL} {AWARD}"] == found[AWARD]
    assert len({story for stories in found.values() for story in stories}) == 3
    assert find_faults(db) == []
    db.conn.close()


@given(
    st.dictionaries(
        st.sampled_from(list(itertools.combinations(range(6), 2))), st.floats(-5, 5, allow_nan=False), max_size=15
    ),
    st.permutations(range(6)),
)
@settings(max_examples=50)
def test_groups_do_not_depend_on_the_order_of_their_articles(
    logits: dict[tuple[int, int], float], order: Sequence[int]
) -> None:
    def group(units: Sequence[int]) -> set[frozenset[int]]:
        groups = group_alike([[article] for article in units], distinct, threshold=0.5)
        return {frozenset(units[place] for place in places) for places in groups}

    distinct = {pair: logit + n * 1e-3 for n, (pair, logit) in enumerate(sorted(logits.items()))}
    found = group(range(6))
    assert sorted(article for members in found for article in members) == list(range(6))
    assert group(order) == found


class Told(NamedTuple):
    event: str
    hours: float
    title: str
    text: str


# The first report of the award names the fall, in the same region and of the same ministry.
BRIDGES = [
    Told("fall", 0, "Se desploma un puente en construcción en Virú y muere un obrero",
        "Un obrero murió y dos quedaron heridos al ceder el tablero del puente que una empresa china levanta sobre el"
        " río Virú. El Ministerio de Transportes ordenó parar la obra. Los bomberos buscan bajo los escombros."),
    Told("fall", 6, "Worker killed as half-built bridge collapses in Peru's Virú valley",
        "One worker was killed and two were hurt when the deck of a bridge that a Chinese company is building over the"
        " Virú river gave way. Peru's transport ministry stopped the works while firefighters searched the rubble."),
    Told("fall", 20, "秘鲁维鲁河在建桥梁坍塌致一人死亡",
        "中国企业承建的维鲁河大桥在施工中桥面坍塌，造成一名工人死亡、两人受伤。秘鲁交通部已下令停工，消防员仍在废墟中搜救。"),
    Told("award", 50, "Consorcio chino gana doce puentes en La Libertad por S/ 380 millones",
        "Un consorcio encabezado por Sinohydro hará doce puentes en La Libertad por 380 millones de soles, informó"
        " el Ministerio de Transportes. Otro puente de una empresa china se desplomó hace dos días en Virú y mató a un"
        " obrero; el ministro dijo que aquella obra es de otro contrato."),
    Told("award", 54, "Sinohydro-led group to build 12 bridges in northern Peru",
        "A consortium led by Sinohydro won a 380 million sol contract to build 12 bridges in La Libertad, the transport"
        " ministry said. The works will take 30 months and replace crossings that floods destroyed in 2017."),
    Told("award", 66, "中国水电联合体中标秘鲁十二座桥梁项目",
        "由中国水电牵头的联合体中标秘鲁拉利伯塔德大区十二座桥梁建设项目，合同金额3.8亿索尔，工期30个月。新桥将取代洪水冲毁的桥梁。"),
]  # fmt: skip


@pytest.fixture(scope="module")
def wordings() -> list[StoryWording]:
    return [
        make_story_wording(told.title, told.text, "zh" if told.title > "一" else "en" if "in " in told.title else "es")
        for told in BRIDGES
    ]


@pytest.mark.slow
def test_an_award_that_names_an_accident_ends_with_the_award_in_any_order(wordings: list[StoryWording]) -> None:
    matcher = load_matcher()
    for seed in range(12):
        order = list(range(len(BRIDGES)))
        random.Random(seed).shuffle(order)
        db = Database(memory=True)
        migrations.news.apply(db)
        for place in order:
            told = BRIDGES[place]
            article = make_article(f"o{place}", "", hours=told.hours, text=told.text)
            store(db, replace(article, title=told.title, wording=wordings[place]), matcher=matcher)
        stories: dict[str, set[int | None]] = {"fall": set(), "award": set()}
        for number, place in enumerate(order, 1):
            stories[BRIDGES[place].event].add(find_story(db, number))
        assert not stories["fall"] & stories["award"], order
        assert all(len(found) == 1 for found in stories.values()), order
        db.conn.close()
