"""Silent outlets: the rule alone, and applied to recorded crawls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db.connection import open_desk, open_news
from db.coverage.usual_week import MIN_HISTORY, WEEK_HOURS, estimate_week
from db.model.times import stamp
from db.news.outlet_activity import PagesInHour
from pipelines.silence import (
    MIN_SILENCE,
    Health,
    assess_activity,
    is_silent,
    rarity_of,
    read_health,
    update_activity,
)

MONDAY = dt.datetime(2026, 9, 7, tzinfo=dt.UTC)
ONE_HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
moments = st.integers(0, 200 * 24).map(lambda hours: MONDAY + hours * ONE_HOUR)
lives = st.lists(moments, min_size=1, max_size=150, unique=True).map(sorted)


def daily_paper(days: int, *, weekdays: range = range(7)) -> list[dt.datetime]:
    """Something new in each of ten hours of these days."""
    all_days = (MONDAY + number * DAY for number in range(days))
    return [day + hour * ONE_HOUR for day in all_days if day.weekday() in weekdays for hour in range(10, 20)]


@settings(deadline=None)
@given(lives, st.integers(0, 5000), st.integers(0, 5000))
def test_a_silent_outlet_stays_silent_until_it_publishes(events: list[dt.datetime], one: int, other: int) -> None:
    sooner, later = (events[-1] + hours * ONE_HOUR for hours in sorted((one, other)))
    begin = MONDAY - ONE_HOUR
    assert is_silent(events, begin=begin, until=later) >= is_silent(events, begin=begin, until=sooner)


@settings(deadline=None)
@given(lives, st.integers(0, 5000))
def test_no_outlet_is_silent_without_a_past_or_within_hours(events: list[dt.datetime], hours: int) -> None:
    until = events[-1] + hours * ONE_HOUR
    told = is_silent(events, begin=MONDAY - ONE_HOUR, until=until)
    if told:
        assert until - events[-1] >= MIN_SILENCE
        assert events[-1] - (MONDAY - ONE_HOUR) >= MIN_HISTORY
    young = [event for event in events if event - MONDAY < dt.timedelta(days=13)]
    assert not (young and is_silent(young, begin=MONDAY - ONE_HOUR, until=young[-1] + 1000 * DAY))


@settings(deadline=None)
@given(lives)
def test_a_week_weighs_as_many_hours_as_it_has(events: list[dt.datetime]) -> None:
    week = estimate_week(events)
    assert week.weighted_hours_between(MONDAY, MONDAY + 7 * DAY) == pytest.approx(WEEK_HOURS)
    assert week.weighted_hours_between(MONDAY + 5 * ONE_HOUR, MONDAY + 7 * DAY + 5 * ONE_HOUR) == pytest.approx(
        WEEK_HOURS
    )


@settings(deadline=None)
@given(st.lists(st.floats(0.1, 1000), min_size=5, max_size=200), st.floats(0, 5000), st.floats(0, 5000))
def test_a_longer_gap_is_rarer(gaps: list[float], one: float, other: float) -> None:
    shorter, longer = sorted((one, other))
    assert 0 <= rarity_of(shorter, gaps) <= rarity_of(longer, gaps)


def test_a_paper_of_every_day_is_silent_within_a_day() -> None:
    events = daily_paper(28)
    begin = MONDAY - ONE_HOUR
    assert not is_silent(events, begin=begin, until=events[-1] + 14 * ONE_HOUR)  # the night
    assert is_silent(events, begin=begin, until=events[-1] + 24 * ONE_HOUR)


def test_a_weekend_is_no_silence_for_an_outlet_without_weekend_issues() -> None:
    events = daily_paper(26, weekdays=range(5))  # ends on a Friday
    begin = MONDAY - ONE_HOUR
    assert events[-1].weekday() == 4
    monday_morning = events[-1].replace(hour=0) + 3 * DAY + 9 * ONE_HOUR
    assert not is_silent(events, begin=begin, until=monday_morning)
    assert is_silent(events, begin=begin, until=monday_morning + 36 * ONE_HOUR)


def test_a_weekly_outlet_is_not_silent_if_it_skips_one_week() -> None:
    events = [MONDAY + DAY + week * 7 * DAY + 15 * ONE_HOUR for week in range(26)]  # Tuesdays
    begin = MONDAY - ONE_HOUR
    assert not is_silent(events, begin=begin, until=events[-1] + 5 * DAY)
    assert not is_silent(events, begin=begin, until=events[-1] + 13 * DAY)
    assert is_silent(events, begin=begin, until=events[-1] + 42 * DAY)


def test_one_past_silence_does_not_hide_the_next() -> None:
    events = [event for event in daily_paper(28) if not MONDAY + 10 * DAY < event < MONDAY + 14 * DAY]
    assert is_silent(events, begin=MONDAY - ONE_HOUR, until=events[-1] + 2 * DAY)


def test_pages_of_the_first_days_give_no_usual_rate() -> None:
    flood = [PagesInHour(hour=MONDAY + hour * ONE_HOUR, pages=200) for hour in range(40)]
    usual = [PagesInHour(hour=event, pages=2) for event in daily_paper(30) if event > MONDAY + 2 * DAY]
    told = assess_activity([*flood, *usual], outlet="a", first=MONDAY, until=usual[-1].hour + 3 * DAY)
    assert told.usual_per_day is not None
    assert 17 < told.usual_per_day < 23
    assert told.silent_since == usual[-1].hour
    lively = assess_activity([*flood, *usual], outlet="a", first=MONDAY, until=usual[-1].hour + ONE_HOUR)
    assert (lively.usual_per_day, lively.silent_since) == (told.usual_per_day, None)


def test_an_outlet_that_lists_pages_which_can_not_be_fetched_is_not_silent() -> None:
    usual = [PagesInHour(hour=event, pages=2) for event in daily_paper(30)]
    until = usual[-1].hour + 3 * DAY
    first = MONDAY - 3 * DAY
    assert assess_activity(usual, outlet="a", first=first, until=until).silent_since is not None
    assert assess_activity(usual, outlet="a", first=first, until=until, listed=until - ONE_HOUR).silent_since is None


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    news, desk = open_news(tmp_path / "news.db"), open_desk(tmp_path / "desk.db")
    yield news, desk
    news.close()
    desk.close()


def crawl(news: Database, outlet: str, at: dt.datetime, *, new: int = 0, rejected: int = 0, **columns: str) -> None:
    news["outlets"].insert({"id": outlet, "name": outlet.title()}, pk="id", ignore=True)
    row = {"outlet": outlet, "started": stamp(at), "finished": stamp(at), "outcome": "ok", "new": new}
    news["crawls"].insert(row | {"rejected": rejected, **columns})


def looked(news: Database, desk: Database, *outlets: str, now: dt.datetime) -> Health:
    """Update the activity of these outlets after their crawls, and return their health."""
    update_activity(news, desk, outlets=outlets, now=now)
    return read_health(news, watched=outlets)


@pytest.mark.slow
def test_health_counts_outlets_that_answered_and_names_silent_ones(stores: tuple[Database, Database]) -> None:
    news, desk = stores
    now = MONDAY + 33 * DAY + 12 * ONE_HOUR
    for hour in range(int((now - MONDAY) / ONE_HOUR)):
        at = MONDAY + hour * ONE_HOUR
        busy = 10 <= at.hour < 20
        crawl(news, "gestion", at, rejected=2 * (busy and at < MONDAY + 30 * DAY))
        crawl(news, "andina", at, new=int(busy), rejected=int(busy))
        dead = at > MONDAY + 30 * DAY
        crawl(news, "muerto", at, rejected=int(busy and not dead), outcome="failed: answered 404" if dead else "ok")
        crawl(news, "pausa", at, new=0 if dead else int(busy), kind="visit" if dead else "crawl")
    found = looked(news, desk, "gestion", "andina", "muerto", "pausa", "never", now=now)
    assert (found.answered, found.watched) == (3, 5)
    # Pausa was not crawled since its last new page: visits of articles don't read its sources. Muerto has not answered
    # since then, which is another problem.
    assert [silence.outlet_name for silence in found.silent] == ["Gestion"]
    assert found.silent[0].since == MONDAY + 29 * DAY + 19 * ONE_HOUR
    assert found.silent[0].per_day == pytest.approx(20, abs=1)


def test_a_desk_that_begins_has_no_silent_outlets(stores: tuple[Database, Database]) -> None:
    news, desk = stores
    for hour in range(100):
        crawl(news, "gestion", MONDAY + hour * ONE_HOUR, new=200 if hour < 3 else 0)
    assert looked(news, desk, "gestion", now=MONDAY + 5 * DAY) == Health(answered=1, watched=1)
    assert list(news.query("SELECT silent_since, usual_per_day FROM outlets")) == [
        {"silent_since": None, "usual_per_day": None}
    ]


def test_no_outlet_is_silent_because_the_desk_was_off(stores: tuple[Database, Database]) -> None:
    news, desk = stores
    for event in daily_paper(30):
        crawl(news, "gestion", event, new=1)
    assert looked(news, desk, "gestion", now=MONDAY + 60 * DAY).silent == ()


@pytest.mark.slow
def test_no_outlet_is_silent_because_the_clock_was_ahead(stores: tuple[Database, Database]) -> None:
    news, desk = stores
    *_, last = daily_paper(30)
    for event in daily_paper(30):
        crawl(news, "gestion", event, new=1)
    crawl(news, "gestion", last + 300 * DAY)
    assert looked(news, desk, "gestion", now=last + ONE_HOUR).silent == ()


@pytest.mark.slow
def test_unchanged_activity_is_not_written(stores: tuple[Database, Database]) -> None:
    news, desk = stores
    for event in daily_paper(30):
        crawl(news, "gestion", event, new=1)
    assert looked(news, desk, "gestion", now=MONDAY + 60 * DAY).watched == 1
    written = news.conn.total_changes
    assert looked(news, desk, "gestion", now=MONDAY + 60 * DAY).watched == 1
    assert news.conn.total_changes == written


@pytest.mark.slow
def test_a_backfill_does_not_change_the_activity(stores: tuple[Database, Database]) -> None:
    news, desk = stores
    last = MONDAY + 34 * DAY
    for event in daily_paper(30):
        crawl(news, "gestion", event, new=1)
    crawl(news, "gestion", last, new=500, kind="backfill")
    crawl(news, "gestion", last + ONE_HOUR)
    (told,) = looked(news, desk, "gestion", now=last + 2 * ONE_HOUR).silent
    assert told.since < MONDAY + 30 * DAY
