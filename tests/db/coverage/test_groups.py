"""Who was first among groups of outlets, and how much later the others were."""

from __future__ import annotations

import datetime as dt
from itertools import permutations

import pytest

from db.coverage.groups import GroupCoverage, OutletGroup, StoryReport, compare_groups, group_of

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
PRESS, STATE = OutletGroup("private", "PE"), OutletGroup("state", "CN")


def report(
    article: int, group: OutletGroup, hours: float, *, exact: bool = True, copy: bool = False, outlet: str = ""
) -> StoryReport:
    moment = NOON + dt.timedelta(hours=hours)
    return StoryReport(
        article=article,
        outlet=outlet or f"{group.country}-{article}",
        group=group,
        moment=moment,
        day=moment.date(),
        is_exact=exact,
        is_copy=copy,
    )


def compare(*reports: StoryReport) -> dict[OutletGroup, GroupCoverage]:
    """Compare, and check that the order of the reports does not matter."""
    found = compare_groups(reports)
    for order in permutations(reports):
        assert compare_groups(order) == found
    return {one.group: one for one in found}


def test_the_second_group_is_told_how_much_later_it_was() -> None:
    found = compare(report(1, PRESS, 0), report(2, STATE, 11.5), report(3, PRESS, 20))
    assert list(found) == [PRESS, STATE]
    assert (found[PRESS].is_first, found[PRESS].originals, found[PRESS].lag) == (True, 2, None)
    assert (found[STATE].is_first, found[STATE].lag) == (False, dt.timedelta(hours=11.5))


def test_of_two_groups_within_a_minute_neither_is_first() -> None:
    found = compare(report(1, PRESS, 0), report(2, STATE, 0))
    assert [one.is_first for one in found.values()] == [False, False]
    assert found[STATE].lag == dt.timedelta()
    assert not any(one.is_first for one in compare(report(1, PRESS, 0.01), report(2, STATE, 0)).values())
    assert compare(report(1, PRESS, 0.02), report(2, STATE, 0))[STATE].is_first


@pytest.mark.parametrize("hours", [-3, 2])  # a day alone stands at some moment of that day
def test_a_day_alone_says_no_more_than_the_same_day(hours: float) -> None:
    found = compare(report(1, PRESS, 0), report(2, STATE, hours, exact=False))
    assert not any(one.is_first for one in found.values())
    assert all(one.lag is None for one in found.values())
    assert sum(one.is_same_day for one in found.values()) == 1


def test_a_day_alone_on_a_later_day_is_neither_the_same_day_nor_a_lag() -> None:
    found = compare(report(1, PRESS, 0), report(2, STATE, 30, exact=False))
    assert found[PRESS].is_first
    assert (found[STATE].lag, found[STATE].is_same_day) == (None, False)


def test_a_lag_is_not_told_where_the_group_may_have_been_earlier() -> None:
    found = compare(report(1, PRESS, 0), report(2, STATE, 8), report(3, STATE, 9, exact=False))
    assert (found[STATE].lag, found[STATE].is_same_day) == (None, True)
    # What the first group has beside its first article makes it no later.
    found = compare(report(1, PRESS, 0), report(2, STATE, 8), report(3, PRESS, 9, exact=False))
    assert (found[PRESS].is_first, found[STATE].lag) == (True, dt.timedelta(hours=8))


def test_a_copy_makes_no_group_first() -> None:
    found = compare(report(1, STATE, -1, copy=True), report(2, PRESS, 0), report(3, PRESS, 2, copy=True))
    assert list(found) == [PRESS, STATE]
    assert found[PRESS].is_first
    assert (found[STATE].originals, found[STATE].copies, found[STATE].first) == (0, 1, None)
    assert (found[PRESS].originals, found[PRESS].copies, found[PRESS].outlets) == (1, 1, 2)


def test_a_state_speaks_through_its_media_whatever_the_directory_knows_of_their_owner() -> None:
    assert group_of("state-media", None, "CN") == group_of("press", "state", "CN") == STATE


@pytest.mark.parametrize("value", [None, "", "unknown", "{{ 7*7 }}", "' OR 1=1 --", "中国"])
def test_what_is_no_ownership_and_no_country_is_unknown(value: str | None) -> None:
    assert group_of("press", value, value) == OutletGroup("unknown", "XX")
