"""What an analyst says of stories wins, now and when all stories are made anew."""

from __future__ import annotations

from sqlite_utils import Database

from db import migrations
from db.news.stories.corrections import join_stories, split_story
from db.news.stories.joining import join_article
from db.news.stories.pending import begin_stories_anew, read_pending_ids
from db.news.stories.undo import undo_correction
from tests.fixtures.story_desk import NOON, EventMatcher, find_faults, make_article, make_wording, store, stories_of


def make_anew(db: Database, **events: str) -> None:
    """Begin all stories anew and compare every article again, as a rebuild does."""
    begin_stories_anew(db)
    outlets = dict(db.execute("SELECT id, outlet FROM articles"))
    for id_ in read_pending_ids(db):
        wording = make_wording(events[outlets[id_]])
        with db.atomic():
            join_article(db, id_, wording=wording, matcher=EventMatcher(), now=NOON)


def test_joined_stories_stay_one_when_all_are_made_anew(db: Database) -> None:
    one, other = store(db, make_article("a", "crane")), store(db, make_article("b", "strike"))
    assert join_stories(db, one, other, now=NOON) == one
    rows = db.execute("SELECT because FROM story_articles WHERE article = :id", {"id": other})
    assert rows.fetchone() == ("analyst",)
    make_anew(db, a="crane", b="strike")
    assert stories_of(db, one, other) == [one, one]


def test_an_article_that_was_split_off_stands_apart_with_its_copies(db: Database) -> None:
    text = "La misma nota de agencia, palabra por palabra, en dos diarios de la costa sur. " * 4
    first, own = store(db, make_article("a", "crane")), store(db, make_article("b", "crane", hours=1, text=text))
    copy = store(db, make_article("c", "crane", hours=2, text=text))
    apart = split_story(db, own, now=NOON)
    assert stories_of(db, first, own, copy) == [first, apart, apart]
    assert apart != first
    later = store(db, make_article("d", "crane", hours=3))
    assert stories_of(db, later) == [first]
    make_anew(db, a="crane", b="crane", c="crane", d="crane")
    assert stories_of(db, first, later) == [first, first]
    assert stories_of(db, own, copy) == [own, own]


def test_the_first_article_can_be_split_off_its_story(db: Database) -> None:
    first, later = store(db, make_article("a", "crane")), store(db, make_article("b", "crane", hours=1))
    apart = split_story(db, first, now=NOON)
    assert stories_of(db, first, later) == [apart, first]  # the story keeps its number
    assert db.execute("SELECT first_article FROM stories WHERE id = :id", {"id": first}).fetchone() == (later,)


def test_a_later_word_takes_the_earlier_one_back(db: Database) -> None:
    one, other = store(db, make_article("a", "crane")), store(db, make_article("b", "crane"))
    split_story(db, other, now=NOON)
    assert len(set(stories_of(db, one, other))) == 2
    join_stories(db, one, other, now=NOON)
    make_anew(db, a="crane", b="crane")
    assert len(set(stories_of(db, one, other))) == 1
    split_story(db, other, now=NOON)
    make_anew(db, a="crane", b="crane")
    assert len(set(stories_of(db, one, other))) == 2


def test_joining_a_copy_takes_back_that_its_original_stands_apart(db: Database) -> None:
    text = "La misma nota de agencia, palabra por palabra, en dos diarios de la costa sur. " * 4
    first, own = store(db, make_article("a", "crane")), store(db, make_article("b", "crane", hours=1, text=text))
    copy = store(db, make_article("c", "crane", hours=2, text=text))
    split_story(db, own, now=NOON)
    assert join_stories(db, first, copy, now=NOON) == first
    assert db.execute("SELECT kind, key, other_key FROM story_corrections").fetchall() == [
        ("join", "a.test/1", "c.test/1")
    ]
    make_anew(db, a="crane", b="crane", c="crane")
    assert stories_of(db, first, own, copy) == [first, first, first]
    ((number,),) = db.execute("SELECT id FROM story_corrections").fetchall()
    undo_correction(db, number, now=NOON)
    assert db.execute("SELECT kind, key FROM story_corrections").fetchall() == [("split", "b.test/1")]


def test_a_split_is_undone_after_all_stories_were_made_anew(db: Database) -> None:
    ids = [store(db, make_article(name, "crane", hours=hours)) for hours, name in enumerate("abc")]
    split_story(db, ids[0], now=NOON)
    make_anew(db, a="crane", b="crane", c="crane")
    assert stories_of(db, *ids) == [ids[0], ids[1], ids[1]]  # the story has another number now
    ((number,),) = db.execute("SELECT id FROM story_corrections").fetchall()
    assert undo_correction(db, number, now=NOON) == ids[1]
    assert stories_of(db, *ids) == [ids[1]] * 3


def test_an_older_desk_begins_with_a_story_for_each_text() -> None:
    text = "La misma nota de agencia, palabra por palabra, en dos diarios de la costa sur. " * 4
    db = Database(memory=True)
    migrations.news.apply(db, stop_before="stories")
    row = {"outlet": "a", "language": "es", "text": text, "text_sha256": "", "first_seen": "2026-11-21T00:00:00Z"}
    row |= {
        "last_seen": "2026-11-21T00:00:00Z",
        "published_precision": "time",
        "words": 9,
        "relevance": 1,
        "verdict": "relevant",
    }
    db.table("outlets").insert({"id": "a", "name": "A"})
    for id_, published, original in (
        (1, "2026-11-20T12:00:00Z", None),
        (2, "2026-11-20T15:00:00Z", 1),
        (3, None, None),
    ):
        place = {"id": id_, "url": f"u{id_}", "key": f"k{id_}", "title": f"t{id_}", "original": original}
        db.table("articles").insert(row | place | {"published": published})
    migrations.news.apply(db)
    tables = ("stories", "story_articles", "story_pending")
    migrated = [db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables]
    assert migrated[0] == [
        (1, "2026-11-20T12:00:00Z", "2026-11-20T15:00:00Z", 1, None),
        (3, "2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z", 3, None),
    ]
    assert migrated[2] == [(1,), (3,)]
    begin_stories_anew(db)
    assert [db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables] == migrated
    assert find_faults(db) == []
