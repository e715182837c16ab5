"""The state of sources shows that an outlet fails."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.connection import open_desk
from db.desk.sources import count_failures_in_a_row, read_source_state, record_answer, record_source_failure
from db.outlet_status import read_sources_by_outlet

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
INDEX, FEED = "https://a.test/sitemap.xml", "https://a.test/feed"


@pytest.fixture
def desk(tmp_path: Path) -> Database:
    return open_desk(tmp_path / "desk.db")


def answers(desk: Database, url: str, *children: str) -> None:
    record_answer(desk, url=url, outlet="a", at=NOW, status=200, outcome="ok", children=dict.fromkeys(children))


def fails(desk: Database, url: str) -> None:
    record_source_failure(desk, url=url, outlet="a", at=NOW, status=500, outcome="http-500", detail="answered 500")


def test_child_sitemaps_and_removed_sources_do_not_hide_that_an_outlet_fails(desk: Database) -> None:
    answers(desk, INDEX, "https://a.test/2026-11-21.xml")
    answers(desk, "https://a.test/2026-11-21.xml")
    answers(desk, "https://a.test/old-feed")
    answers(desk, FEED)
    for _ in range(3):
        fails(desk, INDEX)
        fails(desk, FEED)
    assert count_failures_in_a_row(desk, [INDEX, FEED]) == 3
    standing = read_sources_by_outlet(desk, [INDEX, FEED])["a"]
    assert (standing["failures"], standing["last_reason"]) == (3, "answered 500")


def test_an_outlet_with_one_source_that_answers_is_not_failing(desk: Database) -> None:
    fails(desk, INDEX)
    answers(desk, FEED)
    assert count_failures_in_a_row(desk, [INDEX, FEED]) == 0
    assert count_failures_in_a_row(desk, []) == 0


def test_the_time_of_the_last_reading_moves_only_after_a_complete_response(desk: Database) -> None:
    def read(minutes: int, status: int, warning: str | None = None) -> tuple[dt.datetime | None, str | None]:
        at = NOW + dt.timedelta(minutes=minutes)
        record_answer(desk, url=FEED, outlet="a", at=at, status=status, outcome="ok", warning=warning)
        state = read_source_state(desk, FEED)
        assert state
        assert state.fetched_at == at
        ((detail,),) = desk.execute("SELECT detail FROM sources").fetchall()
        return state.sound_at, detail

    assert read(0, 200, "broken XML") == (None, "broken XML")
    assert read(1, 304) == (None, "broken XML")
    fails(desk, FEED)
    assert read(2, 304) == (None, "broken XML")
    assert read(3, 200) == (NOW + dt.timedelta(minutes=3), None)
    assert read(4, 304) == (NOW + dt.timedelta(minutes=4), None)
    assert read(5, 200, "broken XML") == (NOW + dt.timedelta(minutes=4), "broken XML")


def test_only_the_owner_may_read_the_private_database(tmp_path: Path) -> None:
    db = open_desk(tmp_path / "desk.db")
    db["hosts"].insert({"host": "faro.example"})
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()}
    assert set(modes.values()) == {"0o600"}, modes
