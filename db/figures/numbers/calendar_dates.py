"""Days of the calendar in texts, and numbers that belong to a date or a clock and are no quantity."""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from db.text.months import MONTHS

_MONTH = rf"(?P<month>{'|'.join(sorted((name for name in MONTHS if name.isascii()), key=len, reverse=True))})\b\.?"
_YEAR = r"(?P<year>(?:1[5-9]|20|21)[0-9]{2})(?![0-9])"
_DAY = r"(?P<day>[0-9]{1,2})"
_ORDINAL = r"(?:st|nd|rd|th|º|°|\.º|ro)?"
_END = r"(?![0-9]|[.,/-][0-9])"
# Forms that begin with a digit; the first that fits counts. Those without a day are dates that are left out.
_DIGIT_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_YEAR}年(?P<number>[0-9]{{1,2}})月{_DAY}[日号]",
        r"(?:[0-9]{2}|[0-9]{4})年[0-9]{1,2}月(?:份|[上中下]旬)?",
        r"[0-9]{1,2}月(?:[0-9]{1,2}[日号]?(?:\s?[至到~-]\s?(?:[0-9]{1,2}月)?[0-9]{1,2}[日号]|(?<=[日号]))|份|[上中下]旬|底|初)?",
        rf"{_YEAR}(?P<mark>[-/.])(?P<number>[0-9]{{1,2}})(?P=mark){_DAY}{_END}",
        rf"{_DAY}(?P<mark>[-/.])(?P<number>[0-9]{{1,2}})(?P=mark){_YEAR}{_END}",
        rf"{_DAY}{_ORDINAL},? (?:de |of )?{_MONTH},? (?:de |del |of )?(?:ano )?{_YEAR}",
        (
            rf"{_DAY}{_ORDINAL}(?: (?:y|e|al?|and|to|o|hasta el) |-|, )(?:el )?[0-9]{{1,2}} (?:de |of )?{_MONTH}"
            rf"(?:,? (?:de |del )?{_YEAR})?(?P<range>)"
        ),
        rf"{_DAY}{_ORDINAL}(?: de | of | |-){_MONTH}(?![a-z])",
        r"[0-9]{1,2}[:h][0-9]{2}(?::[0-9]{2})?(?![0-9])(?:\s?[ap]\.?\s?m\b\.?)?",
        r"[0-9]{1,2}(?:[.:][0-9]{2})?\s?(?:[ap]\.\s?m\.|[ap]m\b|o'clock)",
        r"[0-9]{1,2}[.:][0-9]{2} (?:horas|hrs?|h)\b",
        r"[0-9]{1,2}[时点](?:[0-9]{1,2}分?|半|许|整|钟)?(?:[0-9]{1,2}秒)?",
        r"[0-9]{1,2}[日号](?=[上下中凌早晚傍清夜，,、。在起至前后从的晨当发抵举开出召离与到]|$)",
        r"(?:1[0-9]|20|21)[0-9]{2}(?:年代?|/[0-9]{2,4}(?![0-9])|-(?:1[0-9]|20|21)?[0-9]{2}(?![0-9]|[-/][0-9]))",
        r"[0-9]{2}年代",
    )
)
_MONTH_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_MONTH} {_DAY}(?:st|nd|rd|th)?,? (?:de |del )?{_YEAR}",
        (
            rf"{_MONTH} [0-9]{{1,2}}(?:st|nd|rd|th)?(?:\s?(?:-|to|and)\s?[0-9]{{1,2}})?(?![0-9%]|[.,][0-9]| million)"
            r"(?:, (?:19|20)[0-9]{2})?(?P<range>)"
        ),
        rf"{_MONTH},? (?:de |del |of )?(?:1[5-9]|20|21)[0-9]{{2}}(?![0-9])",
    )
)
_HAN_MONTH = "十[一二]?|[一二三四五六七八九]"
_HAN_DAY = "[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九]"
_HAN_DATE = re.compile(
    rf"(?P<year>[一二][〇零○一二三四五六七八九]{{3}})年(?:(?P<number>{_HAN_MONTH})月(?:(?P<day>{_HAN_DAY})[日号])?)?"
    rf"|(?:{_HAN_MONTH})月(?:(?:{_HAN_DAY})[日号]|份|[上中下]旬)?"
)
_HAN_DIGITS = dict(zip("〇零○一二三四五六七八九", (0, 0, 0, *range(1, 10)), strict=True))


class DateFound(NamedTuple):
    """A date that ends at `end`; `value` is None if it is no whole date, or a time of day."""

    end: int
    value: dt.date | None


def begins_date(word: str) -> bool:
    """Return True if a folded word is the name of a month."""
    return word in MONTHS


def read_date(text: str, start: int, *, month_first: bool) -> DateFound | None:
    """Read the date, month, year with its sign or time of day that begins at `start` of a folded text."""
    forms = _DIGIT_FORMS if text[start] in "0123456789" else _MONTH_FORMS
    for form in forms:
        if match := form.match(text, start):
            return DateFound(match.end(), _date_value(match, month_first=month_first))
    return None


def read_chinese_date(text: str, start: int) -> DateFound | None:
    """Read a date in Chinese numerals: 二〇二〇年五月十一日."""
    match = _HAN_DATE.match(text, start)
    if match is None:
        return None
    if not match["day"]:
        return DateFound(match.end(), None)
    year = int("".join(str(_HAN_DIGITS[sign]) for sign in match["year"]))
    return DateFound(match.end(), _make_date(year, _small_han(match["number"]), _small_han(match["day"])))


def _small_han(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    return (10 * (_HAN_DIGITS[tens] if tens else 1) if ten else 0) + (_HAN_DIGITS[ones] if ones else 0)


def _date_value(match: re.Match[str], *, month_first: bool) -> dt.date | None:
    part = match.groupdict()
    if not part.get("day") or not part.get("year") or "range" in part:
        return None
    day = int(part["day"])
    month = MONTHS[part["month"]] if part.get("month") else int(part["number"])
    if (
        part.get("mark")
        and match.start("day") < match.start("year")
        and (day <= 12 < month or (month_first and day <= 12))
    ):
        day, month = month, day
    return _make_date(int(part["year"]), month, day)


def _make_date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
