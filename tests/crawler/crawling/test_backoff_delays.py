"""The time after which a host, a page or an outlet is requested again."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.crawling.backoff_delays import get_host_wait, get_next_crawl, get_page_retry, parse_retry_after

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def wait_minutes(asked: str, failures: int) -> float:
    """The minutes until a host, a page, or an outlet with an interval of an hour is asked again."""
    if asked == "host":
        wait = get_host_wait(None, failures=failures)
    elif asked == "page":
        wait = get_page_retry(failures, now=NOW) - NOW
    else:
        wait = get_next_crawl(NOW, dt.timedelta(hours=1), failures=failures, chance=lambda: 0.5) - NOW
    return wait.total_seconds() / 60


@pytest.mark.parametrize(
    ("asked", "waits", "longest"),
    [("host", [5, 10, 20, 40], 60), ("page", [10, 20, 40, 80], 1440), ("outlet", [60, 120, 240, 480], 1440)],
)
def test_every_wait_doubles_with_each_failure_up_to_its_longest(asked: str, waits: list[float], longest: float) -> None:
    assert [wait_minutes(asked, failures) for failures in range(4)] == waits
    assert wait_minutes(asked, 12) == wait_minutes(asked, 10_000) == longest


def test_an_outlet_of_a_long_interval_never_waits_longer_than_that() -> None:
    week = dt.timedelta(days=7)
    assert get_next_crawl(NOW, week, failures=9, chance=lambda: 0.5) == NOW + week


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("Sun, 22 Nov 2026 12:02:00 GMT", 120),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("999999999999", 86400),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(header: str | None, seconds: int | None) -> None:
    asked = parse_retry_after(header, now=NOW)
    assert (None if asked is None else asked.total_seconds()) == seconds


def test_a_host_waits_as_long_as_it_asks_up_to_a_day() -> None:
    assert get_host_wait(dt.timedelta(seconds=120), failures=7) == dt.timedelta(seconds=120)
    assert get_host_wait(dt.timedelta(days=30), failures=0) == dt.timedelta(days=1)
    assert get_host_wait(dt.timedelta(0), failures=0) == dt.timedelta(seconds=1)


@given(st.integers(0, 60), st.floats(0, 1, exclude_max=True), st.integers(1, 100_000))
def test_the_next_time_lies_ahead_within_a_tenth_of_its_interval_or_a_day(
    failures: int, chance: float, minutes: int
) -> None:
    interval = dt.timedelta(minutes=minutes)
    due = get_next_crawl(NOW, interval, failures=failures, chance=lambda: chance)
    longest = max(interval, min(interval * 2 ** min(failures, 8), dt.timedelta(days=1)))
    assert NOW < due <= NOW + longest * 1.1
    if failures == 0:
        assert due >= NOW + interval * 0.9
