"""What counts as new in a source: pages that it did not list before, whatever their dates are."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery import Candidate
from crawler.discovery.new_listings import MAX_CHILDREN, NEWEST_CHILDREN, choose_children, is_child_due, select_new
from db.model.child_state import ChildState

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
DATES = st.none() | st.integers(0, 13_000).map(lambda days: NOW - days * DAY)


def page(number: int, *, published: dt.datetime | None = None, modified: dt.datetime | None = None) -> Candidate:
    address = f"https://diario.test/nota-{number}"
    return Candidate(url=address, key=address, published=published, modified=modified)


def pages(dates: list[tuple[dt.datetime | None, dt.datetime | None]]) -> list[Candidate]:
    return [page(number, published=one, modified=other) for number, (one, other) in enumerate(dates)]


@given(st.lists(st.tuples(DATES, DATES), max_size=20), DATES)
def test_every_page_that_was_never_listed_is_new_whatever_its_dates_are(
    dates: list[tuple[dt.datetime | None, dt.datetime | None]], since: dt.datetime | None
) -> None:
    unknown = pages(dates)
    news = select_new(unknown, since=since, limit=20, is_first=False, was_read=True)
    assert {candidate.key for candidate in news} == {candidate.key for candidate in unknown}


@given(st.lists(st.tuples(DATES, DATES), max_size=20), DATES, st.booleans(), st.booleans(), st.integers(0, 9))
def test_a_flood_of_unknown_pages_is_limited_and_what_is_recent_is_never_lost(
    dates: list[tuple[dt.datetime | None, dt.datetime | None]],
    since: dt.datetime | None,
    is_first: bool,
    was_read: bool,
    limit: int,
) -> None:
    unknown = pages(dates)
    news = select_new(unknown, since=since, limit=limit, is_first=is_first, was_read=was_read)
    recent = [one for one in unknown if since and any(date and date >= since for date in (one.published, one.modified))]
    assert all(candidate in news for candidate in recent)
    later = [one for one in news if not since or all(not d or d < since - DAY for d in (one.published, one.modified))]
    assert len(later) <= limit


def test_the_first_reading_takes_the_newest_pages_and_leaves_the_past() -> None:
    unknown = pages([(NOW, None), (NOW - DAY, None), (None, None), (None, NOW - 900 * DAY)])
    assert select_new(unknown, since=None, limit=2, is_first=True, was_read=False) == unknown[:2]


def test_of_a_child_sitemap_that_waited_only_what_is_dated_since_is_new() -> None:
    unknown = pages([(NOW, None), (None, NOW), (NOW - 3 * DAY, None), (None, None)])
    assert select_new(unknown, since=NOW - HOUR, limit=9, is_first=True, was_read=False) == unknown[:2]


def test_of_a_source_that_was_read_before_pages_were_remembered_undated_ones_are_new() -> None:
    unknown = pages([(NOW, None), (NOW - 3 * DAY, None), (None, None)])
    assert select_new(unknown, since=NOW - HOUR, limit=9, is_first=True, was_read=True) == [unknown[0], unknown[2]]


def child(number: int) -> str:
    return f"https://diario.test/sitemap-{number}.xml"


def test_new_child_sitemaps_come_first_then_the_newest_and_those_that_say_they_changed() -> None:
    named = {child(number): NOW - number * 100 * DAY for number in range(40)} | {child(99): NOW}
    states = [ChildState(url=url, fetched_at=NOW - HOUR, grew_at=NOW - 9 * DAY) for url in named if url != child(7)]
    chosen = choose_children(named, states, new={child(35)}, since=NOW - HOUR, now=NOW)
    assert chosen == [child(number) for number in (35, 0, 1, 2, 99, 7)]


def test_a_few_child_sitemaps_are_read_at_each_crawl_however_old_they_say_they_are() -> None:
    named = {child(number): NOW - 900 * DAY for number in range(8)}
    states = [ChildState(url=url, fetched_at=NOW - HOUR, grew_at=NOW - HOUR) for url in named]
    assert set(choose_children(named, states, new=(), since=NOW - HOUR, now=NOW)) == set(named)


@given(st.integers(1, 120), st.sampled_from([None, NOW + DAY, NOW - 900 * DAY]))
def test_every_child_sitemap_has_its_turn(number: int, stated: dt.datetime | None) -> None:
    named = dict.fromkeys(map(child, range(number)), stated)
    states: dict[str, ChildState] = {}
    now, read = NOW, set()
    for _ in range(number // 5 + 2):
        chosen = choose_children(named, states.values(), new=(), since=now - HOUR, now=now)
        assert len(chosen) == len(set(chosen)) <= MAX_CHILDREN
        assert set(list(named)[:NEWEST_CHILDREN]) <= set(chosen)
        read |= set(chosen)
        for url in chosen:
            grew_at = states[url].grew_at if url in states else now
            states[url] = ChildState(url=url, fetched_at=now, grew_at=grew_at)
        now += HOUR / 2
    assert read == set(named)


def test_a_quiet_child_sitemap_is_read_more_and_more_rarely_and_at_least_once_a_day() -> None:
    at, times = NOW, []
    for step in range(40 * 48):
        now = NOW + step * HOUR / 2
        if is_child_due(ChildState(url=child(1), fetched_at=at, grew_at=NOW), now=now):
            times.append(now - at)
            at = now
    assert times == sorted(times)
    assert times[-1] == DAY
    assert len(times) < 80
