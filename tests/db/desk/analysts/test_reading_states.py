"""What is read and starred in apps: states against a plain model, and what a restored news.db takes away."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db import migrations
from db.connection import open_desk
from db.desk.analysts.reading_states import (
    MAX_STARS,
    load_reading_states,
    release_read_articles,
    save_read,
    save_stars,
)

NOW = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)
LISTED = range(3, 20)  # what is older is read
STEPS = st.lists(st.tuples(st.booleans(), st.sets(st.sampled_from(LISTED), max_size=6)), max_size=8)


@given(STEPS)
@settings(max_examples=40, deadline=None)
def test_marks_give_the_states_that_a_set_of_read_articles_would(steps: list[tuple[bool, set[int]]]) -> None:
    db, read = Database(memory=True), {1, 2}
    migrations.desk.apply(db)
    for is_read, articles in steps:
        save_read(db, "ana", articles, is_read=is_read, listed=LISTED)
        read = read | articles if is_read else read - articles
        states = load_reading_states(db, "ana")
        assert {article for article in LISTED if states.is_read(article)} == read & set(LISTED)
        exceptions = [row["article"] for row in db.query("SELECT article FROM read_articles")]
        assert len(exceptions) <= len(LISTED)
        if read >= set(LISTED):
            assert exceptions == []
    assert load_reading_states(db, "li").read_upto == 0
    db.close()


def test_stars_have_a_bound_and_a_restored_news_db_takes_ids_away(tmp_path: Path) -> None:
    with closing(open_desk(tmp_path / "desk.db")) as db:
        assert save_stars(db, "ana", [f"a{n}" for n in range(MAX_STARS)], is_starred=True, now=NOW)
        assert not save_stars(db, "ana", ["another"], is_starred=True, now=NOW)
        assert save_stars(db, "ana", ["a1"], is_starred=True, now=NOW)
        assert save_stars(db, "ana", ["a1", "unknown"], is_starred=False, now=NOW)
        assert len(load_reading_states(db, "ana").starred_keys) == MAX_STARS - 1
        save_read(db, "ana", [3, 4, 5, 9], is_read=True, listed=LISTED)
        release_read_articles(db, above=4)
        states = load_reading_states(db, "ana")
        assert [article for article in range(1, 20) if states.is_read(article)] == [1, 2, 3, 4]
