"""Days of a time zone as moments: one rule for filters of pages and for the period of a briefing."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from db.model.times import stamp

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEARS = range(1900, 2200)  # a moment of any time zone in them can be written


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBounds:
    """From the moment `since` on and before `until`, as stored; "" without a bound.

    `first_day` and `after_day`: the midnights in UTC of the first day and of the day after the last. A date without an
    hour is stored as such a midnight, and belongs to its own day in any time zone.
    """

    since: str = ""
    until: str = ""
    first_day: str = ""
    after_day: str = ""

    def holds(self, published: str, precision: str | None) -> bool:
        """Whether a stored moment is within, or a stored day if `precision` is "day"."""
        first, after = (self.first_day, self.after_day) if precision == "day" else (self.since, self.until)
        return published >= first and (not after or published < after)


def read_day(text: str) -> dt.date | None:
    """Read a date as 2026-11-30; None for anything else and for years outside 1900 to 2199."""
    if not _DAY.fullmatch(text):
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def bound_days(first: dt.date | None, last: dt.date | None, zone: dt.tzinfo) -> DayBounds:
    """Return the bounds of the days from `first` to `last`, both included, in a time zone; None leaves a side open."""
    after = last + dt.timedelta(days=1) if last else None
    since, until = (stamp(_midnight(day, zone)) if day else "" for day in (first, after))
    first_day, after_day = (stamp(_midnight(day, dt.UTC)) if day else "" for day in (first, after))
    return DayBounds(since=since, until=until, first_day=first_day, after_day=after_day)


def _midnight(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), zone)
