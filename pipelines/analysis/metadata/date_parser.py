"""Read dates as outlets write them, on pages and in sources.

Pure; never raises on any text. Relative dates ("2 hours ago") are not read.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from pipelines.analysis.metadata import date_forms

UTC = dt.UTC

# RFC 850 and RFC 822 have years of two digits: Thursday, 14-Nov-24 15:30:00 GMT.
_SHORT_YEAR = re.compile(r"^((?:[A-Za-z]{3,9},?\s)?\d{1,2}[\s-][A-Za-z]{3}[\s-])(\d\d)(?=\s\d{1,2}:\d\d)")
_ISO = re.compile(
    r"^(\d{4})-?(\d\d)-?(\d\d)(?:[T ]\s?(\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r"\s?(Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?)?$",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"^\d{9,13}$")
_MONTH_PATH = re.compile(r"/((?:19|20)\d\d)/(0?[1-9]|1[0-2])/")
_DAY_PATH = re.compile(
    r"/((?:19|20)\d\d)(?:[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])|(0[1-9]|1[0-2])/?(0[1-9]|[12]\d|3[01])|"
    r"/(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|-(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01]))(?=/)"
)
_IN_URL = re.compile(r"(?:^|[/_-])((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2])[/_-]?(0[1-9]|[12]\d|3[01])(?!\d)")
MAX_SOURCE_DATE_CHARACTERS = 80  # of a date in a feed, sitemap or index


@dataclass(frozen=True, slots=True)
class Moment:
    """A publication moment: `utc` for comparing, `local` as the page gave it.

    `precision` is "time" or "day".
    """

    utc: dt.datetime  # aware; for a day alone, its midnight in UTC
    local: dt.datetime | None  # aware, with the page's own offset; None for a day alone
    precision: str
    zoned: bool = True  # the page (not the outlet's country) gave the offset

    def stamp(self) -> str:
        """Write it in UTC: 2024-11-14T20:30:00Z."""
        return self.utc.strftime("%Y-%m-%dT%H:%M:%SZ")

    def local_stamp(self) -> str | None:
        """Write it with its offset: 2024-11-14T15:30:00-05:00. None for a day alone."""
        return self.local.isoformat(timespec="seconds") if self.local is not None else None


def from_datetime(value: dt.datetime, *, zone: dt.tzinfo | None = None) -> Moment | None:
    """Return the Moment of a datetime; None if it can't be converted to UTC.

    A naive one is taken in `zone`, or as UTC if that is None. Midnight gives a day alone.
    """
    zoned = value.tzinfo is not None
    local = (value if zoned else value.replace(tzinfo=zone or UTC)).replace(microsecond=0)
    try:
        if (local.hour, local.minute, local.second) == (0, 0, 0):
            return from_date(local.date())
        return Moment(local.astimezone(UTC), local, "time", zoned)
    except (OverflowError, ValueError):
        return None


def from_date(day: dt.date) -> Moment:
    """Return the Moment of a day alone."""
    return Moment(dt.datetime(day.year, day.month, day.day, tzinfo=UTC), None, "day")


def parse_date(text: str, *, zone: dt.tzinfo | None = None, month_first: bool = False) -> Moment | None:
    """Read a machine-readable or written date; None for anything else.

    A time without a zone is taken in `zone`, or as UTC if that is None. With `month_first`, 06/07/2024 is in June.
    """
    value = _read(text, zone, month_first)
    if value is None:
        return None
    return from_datetime(value, zone=zone) if isinstance(value, dt.datetime) else from_date(value)


def parse_instant(text: str | None, *, zone: dt.tzinfo | None = None, month_first: bool = False) -> dt.datetime | None:
    """Read a date of a feed, sitemap or JSON index; aware, None if it is no date.

    Differs from `parse_date`: midnight is a time, and a day alone becomes its midnight in UTC.
    """
    value = _read((text or "")[:MAX_SOURCE_DATE_CHARACTERS], zone, month_first)
    if value is None:
        return None
    if not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value if value.tzinfo is not None else value.replace(tzinfo=zone or UTC)


def parse_epoch(number: float) -> dt.datetime | None:
    """Read seconds or milliseconds since 1970; None outside the years 1989 to 2128."""
    seconds = number / 1000 if number >= 10**11 else number
    return dt.datetime.fromtimestamp(seconds, tz=UTC) if 6 * 10**8 < seconds < 5 * 10**9 else None


def _read(text: str, zone: dt.tzinfo | None, month_first: bool) -> dt.date | None:
    """Return a datetime (naive if no zone is written), a date if no time is written, or None."""
    text = date_forms.fold_date_text(text)
    if _EPOCH.match(text):
        return parse_epoch(int(text))
    if match := _ISO.match(text):
        return _iso(match)
    text = _SHORT_YEAR.sub(_with_century, text)
    found = date_forms.find_written_dates(text, zone=zone, month_first=month_first)
    return found[0].value if found else None


def find_date_in_url(url: str) -> dt.date | None:
    """Return the day in an address like /2024/06/21/ or /20240621-…; None if there is none."""
    for year, month, day in _IN_URL.findall(url[: date_forms.MAX_DATE_TEXT_CHARACTERS]):
        try:
            return dt.date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


@dataclass(frozen=True, slots=True)
class AddressPeriod:
    """The time that an address names: one day, or a month (then `day` is None)."""

    first: dt.date
    last: dt.date
    day: dt.date | None = None
    is_path: bool = False  # the day is a folder of the address, not digits in a name


def find_address_period(url: str) -> AddressPeriod | None:
    """Return the day or month that an address names: /2024/06/21/…, /20240621-…, /2024/6/…; None if it names none."""
    path = url.partition("://")[2][: date_forms.MAX_DATE_TEXT_CHARACTERS].partition("?")[0]
    if (found := _DAY_PATH.search(path)) and (day := _day(*filter(None, found.groups()))):
        return AddressPeriod(day, day, day, True)
    if day := find_date_in_url(path):
        return AddressPeriod(day, day, day)
    if (found := _MONTH_PATH.search(path)) and (day := _day(found[1], found[2], "1")):
        return AddressPeriod(day, day + dt.timedelta(days=30))
    return None


def _day(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def is_plausible(moment: Moment, *, now: dt.datetime) -> bool:
    """Return True if an article can have appeared then: from 1990 until `now`.

    A day alone may be 14 hours ahead, because it may be today in any time zone.
    """
    slack = dt.timedelta(hours=14) if moment.precision == "day" else dt.timedelta(minutes=10)
    return moment.utc.year >= 1990 and moment.utc <= now + slack


def _iso(match: re.Match[str]) -> dt.date | None:
    year, month, day, hour, minute, second, _fraction, offset = match.groups()
    try:
        if hour is None:
            return dt.date(int(year), int(month), int(day))
        value = dt.datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))  # noqa: DTZ001 - the zone follows
        if offset:
            value = value.replace(tzinfo=date_forms.read_offset(offset))
    except ValueError:
        return None
    return value


def _with_century(match: re.Match[str]) -> str:
    """Write a year of two digits with its century, as RFC 5322, section 4.3, says."""
    return f"{match[1]}{'20' if int(match[2]) < 50 else '19'}{match[2]}"
