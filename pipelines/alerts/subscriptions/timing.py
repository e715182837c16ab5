"""Compute when a subscription may send: rhythms and quiet hours in a time zone. Pure.

Hours are local time. When summer time begins, a skipped hour of a rhythm comes later by the length of the skip. When it
ends, a repeated hour counts the first time (PEP 495, fold=0). Quiet hours follow the local clock: skipped ones have no
effect, and repeated ones are quiet both times.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from db.model.times import WEEKDAYS

_DAY = "|".join(WEEKDAYS)
_HOUR = r"(?:[01]\d|2[0-3]):[0-5]\d"
_RHYTHM = re.compile(rf"immediately|hourly|daily {_HOUR}|weekly (?:{_DAY}) {_HOUR}")
_QUIET = re.compile(rf"(?P<days>(?:{_DAY})(?: (?:{_DAY}))*)?(?:(?:^| )(?P<begin>{_HOUR})-(?P<end>{_HOUR}))?")
RHYTHM_HELP = 'write "immediately", "hourly", "daily 07:30" or "weekly mon 07:30"'
QUIET_HELP = 'write hours "22:00-07:00", days "sat sun", both "sat sun 00:00-10:00", or several of these with commas'

_ONE_HOUR = dt.timedelta(hours=1)
_ONE_MINUTE = dt.timedelta(minutes=1)
ONE_DAY = dt.timedelta(days=1)
MAX_QUIET_MINUTES = 9 * 24 * 60  # a week, and more than any change of the clock


@dataclass(frozen=True, slots=True)
class QuietPeriod:
    """A period of quiet hours on these days (0 is Monday). It ends on the next day if `end` < `begin`."""

    days: frozenset[int]
    begin: dt.time
    end: dt.time

    def holds(self, wall: dt.datetime) -> bool:
        """Return True if it is quiet at that local time. A night belongs to the day on which it begins."""
        time, day = wall.time(), wall.weekday()
        if self.begin < self.end:
            return day in self.days and self.begin <= time < self.end
        return (day in self.days and time >= self.begin) or ((day - 1) % 7 in self.days and time < self.end)


def read_rhythm(value: str) -> str:
    """Parse a rhythm. Raises ValueError with the allowed forms."""
    if not _RHYTHM.fullmatch(value):
        raise ValueError(RHYTHM_HELP)
    return value


@lru_cache(maxsize=1024)
def read_quiet_hours(value: str) -> tuple[QuietPeriod, ...]:
    """Parse quiet hours; none for an empty text. Raises ValueError with the allowed forms."""
    pieces = tuple(_read_quiet_period(part.strip()) for part in value.split(",")) if value.strip() else ()
    week = (dt.datetime(2001, 1, 1, tzinfo=dt.UTC) + minute * _ONE_MINUTE for minute in range(7 * 24 * 60))
    if pieces and all(any(piece.holds(minute) for piece in pieces) for minute in week):
        raise ValueError("always quiet: nothing would ever be sent; leave some hours")
    return pieces


def _read_quiet_period(text: str) -> QuietPeriod:
    found = _QUIET.fullmatch(text)
    if not text or not found:
        raise ValueError(QUIET_HELP)
    days = frozenset(WEEKDAYS.index(day) for day in found["days"].split()) if found["days"] else frozenset(range(7))
    if found["begin"] is None:
        return QuietPeriod(days, dt.time(), dt.time())  # from midnight to midnight
    if found["begin"] == found["end"]:
        raise ValueError(f"{text}: begins when it ends; {QUIET_HELP}")
    return QuietPeriod(days, dt.time.fromisoformat(found["begin"]), dt.time.fromisoformat(found["end"]))


def find_next_moment(when: str, after: dt.datetime, *, zone: str) -> dt.datetime | None:
    """Return the next moment (UTC) of a rhythm strictly after another; None for "immediately".

    "hourly" is the full hour of local time. When the clock changes by half an hour, one of them is at half past.
    """
    if when == "immediately":
        return None
    here = ZoneInfo(zone)
    wall = after.astimezone(here)
    if when == "hourly":
        since = dt.timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
        return after.astimezone(dt.UTC) - since + _ONE_HOUR
    *_, weekday, time = when.split()
    hour, minute = map(int, time.split(":"))
    day = wall.date() - ONE_DAY
    while True:
        due = dt.datetime.combine(day, dt.time(hour, minute), tzinfo=here).astimezone(dt.UTC)
        if due > after and (weekday == "daily" or day.weekday() == WEEKDAYS.index(weekday)):
            return due
        day += ONE_DAY


def is_quiet(quiet: str, at: dt.datetime, *, zone: str) -> bool:
    """Return True if nothing may be sent at that moment."""
    if not quiet:
        return False
    wall = at.astimezone(ZoneInfo(zone))
    return any(piece.holds(wall) for piece in read_quiet_hours(quiet))


def find_quiet_end(quiet: str, at: dt.datetime, *, zone: str) -> dt.datetime:
    """Return the first moment (UTC) from `at` on that is not quiet."""
    if not is_quiet(quiet, at, zone=zone):
        return at
    end = at.astimezone(dt.UTC).replace(second=0, microsecond=0)
    for _ in range(MAX_QUIET_MINUTES):  # minute by minute, because the local clock may change in between
        end += _ONE_MINUTE
        if not is_quiet(quiet, end, zone=zone):
            break
    return end


def find_local_day(at: dt.datetime, *, zone: str) -> tuple[dt.date, dt.datetime, dt.datetime]:
    """Return (local day, its beginning in UTC, its end in UTC)."""
    here = ZoneInfo(zone)
    day = at.astimezone(here).date()
    begin, end = (dt.datetime.combine(one, dt.time(), tzinfo=here).astimezone(dt.UTC) for one in (day, day + ONE_DAY))
    return day, begin, end
