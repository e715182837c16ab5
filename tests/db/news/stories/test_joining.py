"""Each article is in exactly one story: its original's, the one that is most alike, or one of its own."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db import migrations
from db.connection import Store, open_news
from db.model.rejection import Rejection, RejectionReason
from db.news.articles import save_article, save_rejection
from db.news.stories.corrections import join_stories, split_story
from db.news.stories.joining import join_article
from db.news.stories.lookup import read_story
from db.news.stories.pending import begin_stories_anew, read_pending_article, read_pending_ids
from db.news.stories.rows import find_story
from db.news.stories.wordings import StoredWording
from tests.fixtures.story_desk import (
    NOON,
    EventMatcher,
    find_faults,
    make_article,
    make_wording,
    store,
    store_without_encoder,
    stories_of,
)

LONG_TEXT = (
    "La grúa que descargaba planchas de acero se inclinó sobre el muelle norte y derribó dos torres de luz. "
    "El puerto cerró la zona hasta que los peritos de la aseguradora terminen de revisar los cables y los frenos. "
    "La empresa dijo que el turno de noche no había empezado y que nadie trabajaba debajo de la carga a esa hora."
)


def make_news() -> Database:
    db = Database(memory=True)
    migrations.news.apply(db)
    return db


def test_articles_of_one_event_share_a_story_and_others_do_not(db: Database) -> None:
    first, other = store(db, make_article("diario", "crane")), store(db, make_article("radio", "strike", hours=1))
    later = store(db, make_article("chasqui", "crane", hours=30))
    assert stories_of(db, first, other, later) == [first, other, first]
    assert list(db.query("SELECT * FROM stories WHERE id = :id", {"id": first})) == [
        {
            "id": first,
            "began": "2026-11-20T12:00:00Z",
            "latest": "2026-11-21T18:00:00Z",
            "first_article": first,
            "merged_into": None,
        }
    ]
    rows = db.query("SELECT article, similarity, because FROM story_articles ORDER BY article")
    assert [tuple(row.values()) for row in rows] == [(first, None, "first"), (other, None, "first"), (later, 1, "near")]


def test_an_article_that_arrives_late_and_was_published_first_is_the_first_of_its_story(db: Database) -> None:
    store(db, make_article("diario", "crane"))
    early = store(db, make_article("radio", "crane", hours=-5))
    story = read_story(db, 1)
    assert story is not None
    assert (story["articles"][0]["id"], story["began"]) == (early, "2026-11-20T07:00:00Z")


def test_a_day_without_a_time_is_not_before_a_time_of_that_day(db: Database) -> None:
    day = replace(make_article("diario", "crane"), published="2026-11-20T00:00:00Z", published_precision="day")
    store(db, day)
    exact = store(db, make_article("radio", "crane", hours=2))
    assert db.execute("SELECT first_article FROM stories").fetchall() == [(exact,)]


def test_articles_more_than_a_week_apart_tell_different_events(db: Database) -> None:
    articles = [store(db, make_article(name, "crane", hours=hours), days=30) for name, hours in (("a", 0), ("b", 169))]
    assert stories_of(db, *articles) == articles


def test_an_article_is_compared_with_the_older_articles_of_a_story_too(db: Database) -> None:
    """Alone the one that is near enough in time would let it join: the others were told more than a week before."""
    first = [store(db, make_article(f"diario{n}", "accident victims", hours=n)) for n in range(3)]
    follow_up = store(db, make_article("ministerio", "accident victims buses", hours=30))
    assert len({*stories_of(db, *first, follow_up)}) == 1
    week_later = store(db, make_article("alcaldia", "buses", hours=30 + 6.9 * 24))
    assert stories_of(db, week_later) != stories_of(db, follow_up)
    accident_again = store(db, make_article("portal", "accident victims", hours=30 + 6.9 * 24))
    assert stories_of(db, accident_again) == stories_of(db, follow_up)


def test_an_article_that_is_like_two_stories_merges_them_and_the_older_number_stands(db: Database) -> None:
    one, other = store(db, make_article("diario", "crane")), store(db, make_article("radio", "strike"))
    both = store(db, make_article("chasqui", "crane strike", hours=3))
    assert stories_of(db, one, other, both) == [one, other, one]  # the two are not alike
    for name in ("inti", "ledger"):
        store(db, make_article(name, "crane strike", hours=4))
    last = store(db, make_article("yauli", "strike crane", hours=5))
    assert stories_of(db, one, other, last) == [one, one, one]
    assert db.execute("SELECT merged_into FROM stories WHERE id = :id", {"id": other}).fetchall() == [(one,)]
    assert read_story(db, other) == read_story(db, one)
    assert db.execute("SELECT because FROM story_articles WHERE article = :id", {"id": other}).fetchone() == ("merged",)


def test_a_copy_joins_the_story_of_its_original_without_being_compared(db: Database) -> None:
    original = store(db, make_article("diario", "crane", text=LONG_TEXT))
    copy = store(db, make_article("radio", "strike", hours=1, text=LONG_TEXT))
    assert stories_of(db, original, copy) == [original, original]
    rows = db.query("SELECT similarity, because FROM story_articles WHERE article = :id", {"id": copy})
    assert list(rows) == [{"similarity": 1.0, "because": "copy"}]
    assert db.execute("SELECT article FROM story_heads").fetchall() == [(original,)]


def test_an_original_that_arrives_after_its_copy_joins_the_story_of_that(db: Database) -> None:
    other, copy = store(db, make_article("a", "crane")), store(db, make_article("b", "crane", hours=6, text=LONG_TEXT))
    original = store(db, make_article("c", "strike", hours=5, text=LONG_TEXT))
    assert db.execute("SELECT original FROM articles WHERE id = :id", {"id": copy}).fetchone() == (original,)
    assert stories_of(db, other, copy, original) == [other, other, other]


def test_without_an_encoder_every_article_is_a_story_and_is_compared_later(db: Database) -> None:
    articles = [store_without_encoder(db, make_article(name, "crane")) for name in ("diario", "radio")]
    assert stories_of(db, *articles) == articles
    assert read_pending_ids(db) == articles[::-1]
    for id_ in read_pending_ids(db):
        with db.atomic():
            join_article(db, id_, wording=make_wording("crane"), matcher=EventMatcher(), now=NOON)
    assert stories_of(db, *articles) == [articles[0], articles[0]]
    assert read_pending_ids(db) == []
    assert read_pending_article(db, articles[0]) is None


def test_vectors_of_another_encoder_are_not_compared(db: Database) -> None:
    old = replace(make_article("diario", "crane"), wording=make_wording("crane", encoder="words/0"))
    articles = [store(db, old), store(db, make_article("radio", "crane"))]
    assert stories_of(db, *articles) == articles


def test_a_revised_article_stays_in_its_story_and_one_alone_is_compared_again(db: Database) -> None:
    crane = store(db, make_article("diario", "crane"))
    store(db, make_article("radio", "crane"))
    alone = store(db, make_article("chasqui", "strike"))
    store(db, make_article("radio", "crane fine", text="Otra cosa dice ahora la radio de la provincia."))
    store(db, make_article("chasqui", "crane", text="Otra cosa dice ahora la agencia de noticias."))
    assert stories_of(db, crane, 2, alone) == [crane, crane, crane]


def test_a_corrected_date_moves_the_beginning_of_its_story(db: Database) -> None:
    store(db, make_article("diario", "crane"))
    late = store(db, make_article("radio", "crane", hours=3))
    store(db, make_article("radio", "crane", hours=-2))
    assert db.execute("SELECT first_article, began, latest FROM stories").fetchall() == [
        (late, "2026-11-20T10:00:00Z", "2026-11-20T12:00:00Z")
    ]


def test_a_deleted_article_leaves_its_story_and_an_empty_one_goes(db: Database) -> None:
    first, later = store(db, make_article("diario", "crane")), store(db, make_article("radio", "crane", hours=1))
    reject(db, "diario")
    assert db.execute("SELECT id, first_article, began FROM stories").fetchall() == [
        (first, later, "2026-11-20T13:00:00Z")
    ]
    reject(db, "radio")
    assert [db.table(name).count for name in ("stories", "story_heads", "story_bodies", "story_pending")] == [0] * 4


def test_the_copy_of_a_deleted_original_is_compared_later(db: Database) -> None:
    store(db, make_article("diario", "crane", text=LONG_TEXT))
    copy = store(db, make_article("radio", "crane", text=LONG_TEXT))
    reject(db, "diario")
    assert read_pending_ids(db) == [copy]


def reject(db: Database, name: str) -> None:
    key = f"{name}.test/1"
    rejection = Rejection(url=f"https://{key}", key=key, outlet=name, reason=RejectionReason.OFF_TOPIC)
    save_rejection(db, rejection, seen_at=NOON, place=None, replace=True)


NAMES = ("a", "b", "c", "d", "e")
STEPS = st.tuples(
    st.sampled_from(("save", "save", "save", "forget", "reject", "join", "split", "anew")),
    st.sampled_from(NAMES),
    st.sampled_from(("crane", "strike", "crane strike", "fine")),
    st.sampled_from((LONG_TEXT, None)),
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, max_size=14))
def test_every_article_is_in_exactly_one_story_whatever_happens(steps: list[tuple[str, str, str, str | None]]) -> None:
    db = make_news()
    for number, (what, name, events, text) in enumerate(steps):
        ids = [row[0] for row in db.execute("SELECT id FROM articles ORDER BY id")]
        article = make_article(name, events, hours=number, text=text)
        match what:
            case "save":
                store(db, article)
            case "forget":
                store_without_encoder(db, article)
            case "reject":
                reject(db, name)
            case "join" if ids:
                join_stories(db, ids[0], ids[-1], now=NOON)
            case "split" if ids:
                split_story(db, ids[len(ids) // 2], now=NOON)
            case "anew":
                begin_stories_anew(db)
        assert find_faults(db) == []
    db.conn.close()


class Killed(Exception):  # noqa: N818 -- no error, an end
    """The process ends here."""


def test_nothing_is_half_joined_at_whatever_statement_a_process_ends(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "news.db"
    db = open_news(path)
    for name, events in (("a", "crane"), ("b", "strike"), ("c", "crane strike")):
        store(db, make_article(name, events))
    assert len(set(stories_of(db, 1, 2))) == 2
    merging = make_article("e", "crane strike", hours=1)

    def read_tables(db: Database) -> dict[str, list[Any]]:
        names = ("articles", "stories", "story_articles", "story_heads", "story_bodies", "story_pending")
        return {name: db.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in names}

    before, execute, ends = read_tables(db), Store.execute, 0
    counted = 0

    def end_at(self: Store, *arguments: Any, **options: Any) -> Any:
        nonlocal counted
        counted += 1
        if counted == ends:
            raise Killed
        return execute(self, *arguments, **options)

    for ends in range(1, 500):  # noqa: B007 -- read by `end_at`
        counted = 0
        monkeypatch.setattr(Store, "execute", end_at)
        try:
            save_article(db, merging, seen_at=NOON, place=None, matcher=EventMatcher())
        except Killed:
            monkeypatch.setattr(Store, "execute", execute)
            assert read_tables(db) == before
        else:
            break
    monkeypatch.setattr(Store, "execute", execute)
    assert ends > 40
    assert len(set(stories_of(db, 1, 2, 4))) == 1
    assert find_faults(db) == []
    db.conn.close()


def test_the_order_of_arrival_does_not_matter_where_events_are_plain() -> None:
    def group(order: Callable[[list[int]], None]) -> set[frozenset[str]]:
        db = make_news()
        numbers = list(range(12))
        order(numbers)
        for number in numbers:
            store(db, make_article(f"o{number}", ("crane", "strike", "fine")[number % 3], hours=number * 3))
        rows = db.execute(
            """
            SELECT group_concat(a.outlet) FROM story_articles AS s JOIN articles AS a ON a.id = s.article
            GROUP BY s.story
            """
        )
        return {frozenset(outlets.split(",")) for (outlets,) in rows}

    plain = group(lambda numbers: None)
    assert len(plain) == 3
    assert all(group(random.Random(seed).shuffle) == plain for seed in range(3))


def test_of_articles_of_one_moment_the_order_in_which_they_are_stored_does_not_tell_who_was_first() -> None:
    told = [("late", 9), ("early", 8), ("other", 9)]  # the days after which they were seen
    found = set()
    for order in itertools.permutations(told):
        db = make_news()
        for name, days in order:
            store(db, make_article(name, "crane"), days=days)
        found.add(db.execute("SELECT a.outlet FROM stories JOIN articles AS a ON a.id = first_article").fetchall()[0])
        db.conn.close()
    assert found == {("early",)}


class FollowingMatcher(EventMatcher):
    """Says that the last article is like the latest of the story, and less like the others than would do."""

    def __init__(self, logits: Sequence[float]) -> None:
        self.logits = logits

    def score(self, one: StoredWording, others: Sequence[StoredWording]) -> list[float]:
        """Return what was given, the nearest in time first, for what follows; else 4."""
        if "follows" in one.wording.details:
            return list(self.logits[: len(others)])
        return [4.0] * len(others)


@pytest.mark.parametrize(("logits", "joins"), [((5.0, -2.0, -1.8), True), ((0.6, 0.4, 0.3), False)])
def test_one_article_that_is_very_like_counts_more_than_the_rest(
    db: Database, logits: Sequence[float], joins: bool
) -> None:
    matcher = FollowingMatcher(logits)  # means of 0.40 and 0.43: both too little alone
    told = [store(db, make_article(name, "crane", hours=n), matcher=matcher) for n, name in enumerate("abc")]
    follows = store(db, make_article("d", "crane follows", hours=3), matcher=matcher)
    assert (find_story(db, follows) == find_story(db, told[0])) is joins
