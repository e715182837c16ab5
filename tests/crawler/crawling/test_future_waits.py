"""Each table of desk.db with waits: a clock that was ahead leaves none that is longer than its rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from crawler.config.desk import Desk, load_desk
from crawler.crawling.backoff_delays import get_next_crawl, get_page_retry
from crawler.crawling.future_waits import bring_waits_forward
from db.connection import open_desk
from db.desk import hosts, visits
from db.desk.candidates import StoredCandidate, add_candidate, postpone_candidate, read_due_candidates
from db.desk.schedule import finish_task, read_due_times
from db.desk.sources import read_source_state, record_answer
from tests.fixtures.demo_desk import DemoDesk

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
AHEAD = NOW + DAY
TASKS = {"housekeeping": DAY}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = open_desk(tmp_path / "desk.db")
    yield database
    database.close()


@pytest.fixture
def configured(desk: DemoDesk) -> Desk:
    return load_desk(desk.folder)


def bring_back(db: Database, desk: Desk, now: dt.datetime = NOW) -> int:
    return bring_waits_forward(db, desk, now=now, tasks=TASKS)


def test_crawls_and_tasks(db: Database, configured: Desk) -> None:
    outlet = configured.enabled_outlets[0]
    for task, due in ((f"crawl:{outlet.id}", get_next_crawl(AHEAD, outlet.interval)), ("housekeeping", AHEAD + DAY)):
        finish_task(db, task, at=AHEAD, next_due=due, outcome="ok")
        assert bring_back(db, configured) == 1
        assert read_due_times(db)[task] == NOW


def test_what_is_planned_by_the_right_clock_stays(db: Database, configured: Desk) -> None:
    outlet = configured.enabled_outlets[0]
    finish_task(db, f"crawl:{outlet.id}", at=NOW, next_due=get_next_crawl(NOW, outlet.interval), outcome="ok")
    finish_task(db, "housekeeping", at=NOW, next_due=NOW + DAY, outcome="ok")
    hosts.back_off(db, "a.example", until=NOW + DAY, reason="429")
    hosts.save_robots_txt(db, "a.example", b"x", at=NOW)
    add_candidate(
        db,
        StoredCandidate(key="k", url="u", outlet="o", title=None, published=None, language=None, summary=None),
        at=NOW,
    )
    postpone_candidate(db, "k", until=get_page_retry(20, now=NOW), error="x")
    plan(db, first_seen=NOW, next_visit=NOW + max(configured.crawl.revisit))
    record_answer(db, url="s", outlet="o", at=NOW, status=200, outcome="ok")
    assert bring_back(db, configured) == 0
    assert bring_back(db, configured, NOW + DAY) == 0, "nor does a clock that jumps ahead"


def test_hosts(db: Database, configured: Desk) -> None:
    hosts.back_off(db, "a.example", until=AHEAD + dt.timedelta(minutes=5), reason="429")
    hosts.save_robots_txt(db, "a.example", b"old", at=AHEAD)
    assert bring_back(db, configured) == 2
    ((until, _),) = hosts.read_back_offs(db, now=NOW).values()
    assert until == NOW + dt.timedelta(minutes=5), "a host is not asked at once: its wait is no more known"
    assert hosts.read_robots_txt(db, "a.example", since=NOW - DAY) is None


def test_candidates(db: Database, configured: Desk) -> None:
    add_candidate(
        db,
        StoredCandidate(key="k", url="u", outlet="o", title=None, published=None, language=None, summary=None),
        at=AHEAD,
    )
    postpone_candidate(db, "k", until=get_page_retry(0, now=AHEAD), error="x")
    assert read_due_candidates(db, "o", now=NOW, limit=9) == []
    assert bring_back(db, configured) == 1
    assert len(read_due_candidates(db, "o", now=NOW, limit=9)) == 1


def plan(db: Database, *, first_seen: dt.datetime, next_visit: dt.datetime) -> None:
    visits.plan_visit(
        db,
        key="k",
        url="u",
        outlet="o",
        etag=None,
        last_modified=None,
        visited=0,
        first_seen=first_seen,
        next_visit=next_visit,
    )


def test_visits(db: Database, configured: Desk) -> None:
    plan(db, first_seen=AHEAD, next_visit=AHEAD + dt.timedelta(hours=1))
    assert bring_back(db, configured) == 1
    (visit,) = visits.read_due_visits(db, "o", now=NOW, limit=9)
    assert visit.first_seen == NOW


def test_sources(db: Database, configured: Desk) -> None:
    record_answer(db, url="s", outlet="o", at=AHEAD, status=200, outcome="ok")
    assert bring_back(db, configured) == 1
    state = read_source_state(db, "s")
    assert state is not None
    assert state.fetched_at is not None
    assert state.fetched_at < NOW, "what it listed meanwhile is not taken to be stored"


@pytest.mark.parametrize("behind", [NOW - DAY, dt.datetime(1970, 1, 1, tzinfo=dt.UTC)], ids=["a day", "since 1970"])
def test_what_a_clock_that_was_behind_has_planned_is_due_and_nothing_is_brought_back(
    db: Database, configured: Desk, behind: dt.datetime
) -> None:
    finish_task(db, "housekeeping", at=behind, next_due=behind + DAY, outcome="ok")
    hosts.back_off(db, "a.example", until=behind + dt.timedelta(minutes=5), reason="429")
    hosts.save_robots_txt(db, "a.example", b"old", at=behind)
    add_candidate(
        db,
        StoredCandidate(key="k", url="u", outlet="o", title=None, published=None, language=None, summary=None),
        at=behind,
    )
    postpone_candidate(db, "k", until=get_page_retry(0, now=behind), error="x")
    plan(db, first_seen=behind, next_visit=behind + dt.timedelta(hours=1))
    record_answer(db, url="s", outlet="o", at=behind, status=200, outcome="ok")
    assert bring_back(db, configured) == 0
    assert read_due_times(db)["housekeeping"] <= NOW
    assert hosts.read_back_offs(db, now=NOW) == {}
    assert hosts.read_robots_txt(db, "a.example", since=NOW - DAY + dt.timedelta(seconds=1)) is None
    assert len(read_due_candidates(db, "o", now=NOW, limit=9)) == 1
    assert len(visits.read_due_visits(db, "o", now=NOW, limit=9)) == 1
    state = read_source_state(db, "s")
    assert state is not None
    assert state.fetched_at == behind
