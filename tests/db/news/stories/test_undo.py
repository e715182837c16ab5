"""What an analyst corrected can be undone, and what came meanwhile stays."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db import migrations
from db.news.stories.corrections import join_stories, split_story
from db.news.stories.joining import join_article
from db.news.stories.pending import begin_stories_anew
from db.news.stories.rows import find_standing_story, find_story
from db.news.stories.undo import find_last_correction, undo_correction
from tests.fixtures.story_desk import (
    NOON,
    EventMatcher,
    find_faults,
    make_article,
    make_wording,
    store,
    stories_of,
)


def fresh() -> Database:
    db = Database(memory=True)
    migrations.news.apply(db)
    return db


def last_correction(db: Database) -> int:
    return int(db.execute("SELECT max(id) FROM story_corrections").fetchone()[0])


def state(db: Database) -> list[list[Any]]:
    """Return stories, their articles and the corrections, as far as a reader or a rebuild can tell."""
    return [
        db.execute("SELECT article, story, because, similarity FROM story_articles ORDER BY article").fetchall(),
        db.execute("SELECT id, began, latest, first_article, merged_into FROM stories ORDER BY id").fetchall(),
        db.execute("SELECT kind, key, other_key, made_at FROM story_corrections ORDER BY key, kind").fetchall(),
    ]


def test_a_join_that_is_undone_leaves_both_stories_as_they_were() -> None:
    db = fresh()
    ids = [store(db, make_article(name, event)) for name, event in (("a", "crane"), ("b", "crane"), ("c", "strike"))]
    before = state(db)
    join_stories(db, ids[0], ids[2], now=NOON)
    assert len(set(stories_of(db, *ids))) == 1
    assert undo_correction(db, last_correction(db), now=NOON) == ids[0]
    assert state(db) == before


def test_what_joined_meanwhile_stays_in_the_story_that_stands() -> None:
    db = fresh()
    one, other = (store(db, make_article(name, event)) for name, event in (("a", "crane"), ("b", "strike")))
    join_stories(db, one, other, now=NOON)
    later = store(db, make_article("c", "crane strike"))
    undo_correction(db, last_correction(db), now=NOON)
    assert stories_of(db, one, other, later) == [one, other, one]
    assert find_faults(db) == []


def test_a_split_that_is_undone_brings_article_and_copies_back_and_the_join_before_it() -> None:
    db = fresh()
    text = "Una grúa cayó sobre el muelle de Quilca y hundió dos lanchas, según contó el capitán del puerto. " * 9
    one, other = (store(db, make_article(name, event)) for name, event in (("a", "crane"), ("b", "strike")))
    own = store(db, make_article("c", "storm", text=text))
    copy = store(db, make_article("d", "storm", text=text, hours=1))
    join_stories(db, one, own, now=NOON)
    before = state(db)
    apart = split_story(db, own, now=NOON)
    assert stories_of(db, one, own, copy) == [one, apart, apart]
    assert undo_correction(db, last_correction(db), now=NOON) == one
    assert state(db)[0] == before[0]
    assert state(db)[2] == before[2]
    assert find_faults(db) == []
    assert stories_of(db, other) == [other]


def test_a_story_that_stands_again_without_its_first_article_has_the_times_of_the_others() -> None:
    db = fresh()
    events = (("a", "crane", 0), ("b", "strike", 1), ("c", "strike", 2), ("d", "strike", 3))
    one, first, second, last = (store(db, make_article(name, event, hours=hours)) for name, event, hours in events)
    join_stories(db, one, second, now=NOON)
    number = last_correction(db)
    split_story(db, first, now=NOON)
    split_story(db, last, now=NOON)
    undo_correction(db, number, now=NOON)
    assert find_faults(db) == []
    story = stories_of(db, second)[0]
    row = db.execute("SELECT first_article, began, latest FROM stories WHERE id = :id", {"id": story}).fetchone()
    assert row == (second, "2026-11-20T14:00:00Z", "2026-11-20T14:00:00Z")


def test_a_correction_can_be_undone_once() -> None:
    db = fresh()
    one, other = (store(db, make_article(name, event)) for name, event in (("a", "crane"), ("b", "strike")))
    join_stories(db, one, other, now=NOON)
    number = last_correction(db)
    assert undo_correction(db, number, now=NOON) == one
    assert undo_correction(db, number, now=NOON) is None
    assert undo_correction(db, 99, now=NOON) is None


def test_the_number_of_a_correction_that_was_undone_names_no_later_one() -> None:
    db = fresh()
    one, other, third = (store(db, make_article(name, name)) for name in ("crane", "strike", "storm"))
    join_stories(db, one, other, now=NOON)
    number = last_correction(db)
    undo_correction(db, number, now=NOON)
    join_stories(db, one, third, now=NOON)
    assert undo_correction(db, number, now=NOON) is None, "the button of a page that was opened earlier"
    assert stories_of(db, one, other, third) == [one, other, one]


def test_a_join_that_is_undone_after_a_rebuild_takes_no_number_of_another_story() -> None:
    db = fresh()
    one, other = (store(db, make_article(name, event)) for name, event in (("a", "crane"), ("b", "strike")))
    join_stories(db, one, other, now=NOON)
    number = split_story(db, other, now=NOON)
    third = store(db, make_article("c", "crane strike"))
    assert number == third, "the number of the split story is that of a later article"
    join_stories(db, one, other, now=NOON)
    correction = last_correction(db)
    begin_stories_anew(db)
    with db.atomic():
        for event, article in (("crane", one), ("crane", third), ("strike", other)):
            join_article(db, article, wording=make_wording(event), matcher=EventMatcher(), now=NOON)
    assert stories_of(db, one, other, third) == [one, one, one]
    undo_correction(db, correction, now=NOON)
    assert find_standing_story(db, number) == one, "the number leads to the article that began this story"
    assert find_story(db, other) not in (one, number)
    assert find_faults(db) == []


def test_what_is_stored_of_a_correction_does_not_grow_with_those_before_it() -> None:
    db = fresh()
    one, other = (store(db, make_article(name, event)) for name, event in (("a", "crane"), ("b", "strike")))
    lengths = []
    for _ in range(5):
        join_stories(db, one, other, now=NOON)
        apart = split_story(db, other, now=NOON)
        assert split_story(db, other, now=NOON) == apart
        ((length,),) = db.execute("SELECT length(undo) FROM story_corrections").fetchall()
        lengths.append(length)
    assert lengths[4] - lengths[1] <= 3 * len(', [9, "b.test/1"]')  # each round ends a story, whose number is kept
    before = state(db)
    join_stories(db, one, other, now=NOON)
    undo_correction(db, last_correction(db), now=NOON)
    assert state(db)[2] == before[2]
    undo_correction(db, last_correction(db), now=NOON)
    assert db.execute("SELECT kind, undo FROM story_corrections").fetchall() == [("join", None)]
    assert stories_of(db, one, other) == [one, one]


def test_the_last_correction_is_the_last_that_was_made_also_if_an_undone_one_put_earlier_ones_back() -> None:
    db = fresh()
    one, other, third = (store(db, make_article(name, name)) for name in ("crane", "strike", "storm"))
    join_stories(db, one, other, now=NOON)
    join_stories(db, one, third, now=NOON + dt.timedelta(hours=1))
    split_story(db, other, now=NOON + dt.timedelta(hours=2))
    undone = []
    while last := find_last_correction(db, [one, other, third]):
        undo_correction(db, last[0], now=NOON)
        undone.append((last[1], stories_of(db, one, other, third)))
    assert undone == [
        ("split", [one, one, one]),
        ("join", [one, one, third]),
        ("join", [one, other, third]),
    ]


kinds = st.sampled_from(["join", "split", "undo", "store"])
corrections = st.lists(st.tuples(kinds, st.integers(0, 5), st.integers(0, 5)), max_size=8)


@settings(deadline=None, max_examples=12)
@given(corrections)
@pytest.mark.slow
def test_whatever_is_joined_split_and_undone_the_stories_stay_sound(steps: list[tuple[str, int, int]]) -> None:
    db = fresh()
    ids = [store(db, make_article(f"o{n}", event)) for n, event in enumerate(("a", "a", "b", "b", "c", "d"))]
    for n, (step, one, other) in enumerate(steps):
        if step == "join" and one != other:
            join_stories(db, ids[one], ids[other], now=NOON)
        elif step == "split":
            split_story(db, ids[one], now=NOON)
        elif step == "store":
            store(db, make_article(f"new{n}", "a b"))
        else:
            undo_correction(db, one + 1, now=NOON)
        assert find_faults(db) == [], step
