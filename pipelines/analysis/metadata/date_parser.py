"""Read dates as outlets write them, on pages and in sources.

Pure; never raises on any text. Relative dates ("2 hours ago") are not read.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import re
from dataclasses import dataclass

from pipelines.analysis.metadata.time_zones import ZONE_NAME, find_named_zone

UTC = dt.UTC

_MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "enero january janeiro januar jänner janvier gennaio ene jan",
        "febrero february fevereiro februar février fevrier febbraio feb fev",
        "marzo march março marco märz maerz mars mar",
        "abril april avril aprile abr apr avr",
        "mayo may maio mai maggio",
        "junio june junho juni juin giugno jun giu",
        "julio july julho juli juillet luglio jul lug",
        "agosto august août aout ago aug",
        "septiembre setiembre september setembro septembre settembre sep sept set",
        "octubre october outubro oktober octobre ottobre oct okt out ott",
        "noviembre november novembro novembre nov",
        "diciembre december dezembro dezember décembre decembre dicembre dic dec dez",
    ),
    1,
):
    _MONTHS.update(dict.fromkeys(_names.split(), _number))
_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
# After the day: what pages write before the hour (dash, bar, "a las", "at", "·", a weekday), then the hour.
_CLOCK = (
    r"(?:[\s,.|·•/–—-]|T|\b(?:a\s+las?|at|a\s+l'|às|as|um|hora|horas|updated|à|alle)\b){0,8}"
    r"(?P<hour>[01]?\d|2[0-3])\s?[:.hH]\s?(?P<minute>[0-5]\d)(?![\d.,]\d)(?::(?P<second>[0-5]\d))?(?:\s?(?P<half>[ap]\.?\s?m)\b\.?)?"
    rf"(?:\s?(?:hrs?\.?|horas|h|Uhr)\b)?(?:\s?\(?(?P<zone>Z|UTC|GMT|(?-i:{ZONE_NAME}))?(?P<offset>[+-]\d{{1,2}}(?::?\d\d)?)?\b)?"
)
# The abbreviation of an unknown zone after a time: XYZT, XST.
_UNKNOWN_ZONE = re.compile(r"\s?\(?[A-Z]{2,4}T\b")
_RFC_ZONE = re.compile(r"\d\s*\(?([A-Za-z]{1,5})\)?$")
_HALF_DAY = re.compile(r"\d\s?[ap]\.?\s?m\b", re.IGNORECASE)
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # 2024年11月14日 08:30
        rf"(?P<year>(?:19|20)\d\d)\s?年\s?(?P<number>\d{{1,2}})\s?月\s?(?P<day>\d{{1,2}})\s?[日号](?:\s?[（(]?(?:星期|周).[)）]?)?(?:{_CLOCK})?",
        # 2024-11-14 08:30, 2024/11/14, 2024.11.14
        rf"(?<![\d/.-])(?P<year>(?:19|20)\d\d)(?P<mark>[-/.])(?P<number>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})(?!\d)(?:{_CLOCK})?",
        # Viernes 21 de Junio de 2024 - 16:45; 21 June 2024; 7 de noviembre del 2012; 21. Juni 2024; 14/nov/2024
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:\s?(?:st|nd|rd|th|er|º|°|\.))?[\s/-]{{1,3}}(?:de\s+|of\s+)?{_MONTH}[\s,/-]{{1,3}}(?:del?\s+)?(?P<year>(?:19|20)\d\d)(?!\d)(?:{_CLOCK})?",
        # July 4, 2024; Jul. 4 2024 10:20 AM; junio 21, 2024
        rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(?:del?\s+)?(?P<year>(?:19|20)\d\d)(?!\d)(?:{_CLOCK})?",
        # 21/06/2024 16:45, 21.06.2024; outside the United States the day is first, if it can be
        rf"(?<![\d/.-])(?P<day>\d{{1,2}})(?P<mark>[-/.])(?P<number>\d{{1,2}})(?P=mark)(?P<year>(?:19|20)\d\d)(?!\d)(?:{_CLOCK})?",
    )
)
_ISO = re.compile(
    r"^(\d{4})-?(\d\d)-?(\d\d)(?:[T ]\s?(\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r"\s?(Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?)?$",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"^\d{9,13}$")
_IN_URL = re.compile(r"(?:^|[/_-])((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2])[/_-]?(0[1-9]|[12]\d|3[01])(?!\d)")
_MAX_CHARACTERS = 400  # of a text that are read
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
    text = " ".join(text[:_MAX_CHARACTERS].split())
    if _EPOCH.match(text):
        return parse_epoch(int(text))
    if match := _ISO.match(text):
        return _iso(match)
    if ("," in text or "GMT" in text or "+" in text) and (value := _rfc(text, zone)):
        return value
    for form in _FORMS:
        for match in form.finditer(text):
            if found := _written(match, zone, month_first):
                return found
    return None


def find_date_in_url(url: str) -> dt.date | None:
    """Return the day in an address like /2024/06/21/ or /20240621-…; None if there is none."""
    for year, month, day in _IN_URL.findall(url[:_MAX_CHARACTERS]):
        try:
            return dt.date(int(year), int(month), int(day))
        except ValueError:
            continue
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
            value = value.replace(tzinfo=_offset(offset))
    except ValueError:
        return None
    return value


def _offset(text: str) -> dt.timezone:
    """Return +0500, -05:00, +8 or Z as a zone. Raises ValueError for an impossible offset."""
    if text.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if hours > 14 or minutes > 59:
        raise ValueError(text)
    return dt.timezone((-1 if text[0] == "-" else 1) * dt.timedelta(hours=hours, minutes=minutes))


def _rfc(text: str, zone: dt.tzinfo | None) -> dt.date | None:
    """Read RFC 5322 and HTTP dates: Thu, 14 Nov 2024 15:30:00 -0500.

    email.utils gives a naive time for zone names that it does not know, so names are looked up here.
    """
    if _HALF_DAY.search(text):
        return None  # email.utils takes PM for a zone
    try:
        value = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if match := _RFC_ZONE.search(text):
        found = find_named_zone(match[1], value.replace(tzinfo=None), zone)
        return None if found is None else value.replace(tzinfo=found)  # after None the other forms are tried
    return value


def _written(match: re.Match[str], zone: dt.tzinfo | None, month_first: bool) -> dt.date | None:
    part = match.groupdict()
    day = int(part["day"])
    month = _MONTHS[part["month"].lower()] if part.get("month") else int(part["number"])
    if (
        part.get("mark")
        and match.start("day") < match.start("year")
        and (day <= 12 < month or (month_first and day <= 12))
    ):
        day, month = month, day
    try:
        date = dt.date(int(part["year"]), month, day)
        if part["hour"] is None:
            return date
        hour = int(part["hour"])
        if part["half"]:
            if not 1 <= hour <= 12:
                return date
            hour = hour % 12 + (12 if part["half"][0] in "pP" else 0)
        value = dt.datetime(date.year, date.month, date.day, hour, int(part["minute"]), int(part["second"] or 0))  # noqa: DTZ001 - the zone follows
        name = (part["zone"] or "").upper()
        if part["offset"] and name in {"", "GMT", "UTC"}:
            value = value.replace(tzinfo=_offset(part["offset"]))
        elif name:
            value = value.replace(tzinfo=find_named_zone(name, value, zone))
        elif _UNKNOWN_ZONE.match(match.string, match.end()):
            return date  # the hour means nothing if its zone is unknown
    except ValueError:
        return None
    return value
