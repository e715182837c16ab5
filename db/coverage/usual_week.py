"""The usual rate of an outlet or a group, by weekday and time of day. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

MIN_EVENTS = 5  # for a usual rate
MIN_HISTORY = dt.timedelta(days=14)  # for a usual rate
FIRST_CRAWLS = dt.timedelta(days=2)  # after the first crawl; pages found in this time are older and do not count
WEEK_HOURS = 7 * 24
_ONE_HOUR = dt.timedelta(hours=1)
_EPOCH = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)  # a Monday


@dataclass(frozen=True, slots=True)
class UsualWeek:
    """The weight of each hour of an outlet's week, 1 on average: how much it usually publishes then."""

    weights_before: tuple[float, ...]  # [h]: the sum of the weights of all hours before hour h of the week

    def weighted_hours_until(self, at: dt.datetime) -> float:
        """Return the weighted hours from a fixed Monday to a moment."""
        weeks, rest = divmod((at - _EPOCH) / _ONE_HOUR, WEEK_HOURS)
        hour = int(rest)
        return (
            weeks * WEEK_HOURS
            + self.weights_before[hour]
            + (rest - hour) * (self.weights_before[hour + 1] - self.weights_before[hour])
        )

    def weighted_hours_between(self, begin: dt.datetime, end: dt.datetime) -> float:
        """Return the weighted hours between two moments."""
        return self.weighted_hours_until(end) - self.weighted_hours_until(begin)


def estimate_week(events: Sequence[dt.datetime]) -> UsualWeek:
    """Estimate the usual week from the weekdays and hours of these moments.

    A few moments give a nearly even week.
    """
    days, hours = [1.0] * 7, [1.0] * 24
    for event in events:
        days[event.weekday()] += 1
        for offset in (-1, 0, 1):  # an event counts for the neighbouring hours too: publication times vary
            hours[(event.hour + offset) % 24] += 1 / 3
    scale = WEEK_HOURS / (sum(days) * sum(hours))
    return UsualWeek((0.0, *accumulate(day * hour * scale for day in days for hour in hours)))
