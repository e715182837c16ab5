"""Find the dates that stand in a text, in the forms in which people write them. Pure.

Forms are those of Spanish, English, Portuguese, French, German, Italian, Chinese, Japanese and Korean. A date has a
year of four digits, a month and a day; what has less ("May 2026", "14 May", "two hours ago") is no date here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import NamedTuple

from db.figures.lexicon import NUMBER_WORDS
from db.text.folding import fold
from db.text.months import MONTHS
from pipelines.analysis.metadata.time_zones import ZONE_NAME, find_named_zone

MAX_DATE_TEXT_CHARACTERS = 400  # of a text that are read
MAX_WRITTEN_DATES = 8  # of one form in one text

_MONTH = "(?P<month>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"

# Parts of the day by which a clock of twelve hours is understood.
_PARTS: dict[str, str] = {}
for _part, _names in {
    "dawn": "madrugada 凌晨 清晨 午前 오전",
    "morning": "mañana manana manhã manha morning matin mattina mattino morgens vormittags 早上 早晨 上午 早",
    "noon": "mediodía mediodia noon midday 中午",
    "afternoon": "tarde afternoon après-midi apres-midi pomeriggio nachmittags 下午 午后 午後 오후",
    "night": "noche noite evening night soir sera notte abends nachts 傍晚 晚上 晚间 晚間 夜间 夜間 深夜 晚",
}.items():
    _PARTS.update(dict.fromkeys(_names.split(), _part))
_BY_LENGTH = sorted(_PARTS, key=len, reverse=True)
_PART_BEFORE = "|".join(word for word in _BY_LENGTH if ord(word[0]) > 0x2E80)
_PART_AFTER = "|".join(word for word in _BY_LENGTH if ord(word[0]) <= 0x2E80)
_HALF = rf"""
    (?: \s?(?P<half>[ap])\.?\s?m\b\.?
      | \s(?:(?:de\s(?:la|l')|del?|da|du|della|di|in\sthe|at)\s?)?(?P<after>{_PART_AFTER})\b )
"""
_HALF_AHEAD = re.sub(r"\?P<\w+>", "?:", _HALF)
# After the day: what pages write before the hour (dash, bar, "a las", "at", "·", a weekday), then the hour.
_CLOCK = rf"""
    (?:[\s,.|·•/–—-]|T|\b(?:a\s+las?|at|a\s+l'|às|as|um|hora|horas|updated|à|alle)\b){{0,8}}
    (?P<before>{_PART_BEFORE})?\s?
    (?P<hour>[01]?\d|2[0-4])
    (?: \s?[:.hH]\s?(?P<minute>[0-5]\d)(?!\d|[.,]\d)(?::(?P<second>[0-5]?\d)(?!\d)(?:[.,]\d{{1,9}})?)?
      | \s?[时時点點시]\s?(?: (?P<cjk_minute>[0-5]?\d)\s?[分분](?:\s?(?P<cjk_second>[0-5]?\d)\s?[秒초])?
                            | (?P<cjk_plain>[0-5]\d)(?!\d) | (?P<cjk_half>半) | (?!\d) )
      | (?={_HALF_AHEAD}) | \s?(?:hrs?|hs?|horas|Uhr)\b )
    (?:\s?(?:hrs?\.?|horas|hs?|Uhr)\b)?
    (?:{_HALF})?
    (?:\s?(?:hrs?\.?|horas|hs?|Uhr)\b)?
    (?: (?P<space>\s?[(（]?)
        (?: (?P<zone>Z|UTC|GMT|(?-i:{ZONE_NAME}))(?P<offset>[+-]\d{{1,2}}(?::?\d\d)?)?(?!\w)
          | (?P<bare_offset>[+-]\d\d(?::?\d\d)?)(?!\w) ) )?
"""
# The same before the day: "15:30, 14 May 2026".
_CLOCK_BEFORE = re.compile(
    rf"""
    (?<![\d:.])(?P<before>{_PART_BEFORE})?\s?(?P<hour>[01]?\d|2[0-3])\s?[:hH]\s?(?P<minute>[0-5]\d)
    (?::(?P<second>[0-5]\d))?(?:{_HALF})?(?:\s?(?:hrs?\.?|horas|hs?|Uhr)\b)?
    (?:\s?[(（]?(?P<zone>Z|UTC|GMT|(?-i:{ZONE_NAME}))\b[)）]?)?
    [\s,.|·•/–—-]{{0,4}}(?:\w{{3,12}}[,.]?\s)?(?:(?:on|del?|el|vom)\s)?$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BEFORE_CHARACTERS = 48  # before a date that may hold its hour
# The abbreviation of an unknown zone after a time: XYZT, XST.
_UNKNOWN_ZONE = re.compile(r"\s?\(?[A-Z]{2,4}T\b")
_FORMS = tuple(
    re.compile(form, re.IGNORECASE | re.VERBOSE)
    for form in (
        # 2024年11月14日 08:30, 2024년 11월 14일
        rf"""{_YEAR}\s?[年년]\s?(?P<number>\d{{1,2}})\s?[月월]\s?(?P<day>\d{{1,2}})\s?[日号號일]
        (?:\s?[(（]?(?:星期.|周.|[月火水木金土日월화수목금토일](?:曜日|요일)?)[)）]|\s?(?:星期|周|礼拜).)?(?:{_CLOCK})?""",
        # 2024-11-14 08:30, 2024/11/14, 2024.11.14, 2024. 11. 14.
        rf"""(?<![\d/.-]){_YEAR}(?P<mark>[-/.])\s?(?P<number>\d{{1,2}})(?P=mark)\s?(?P<day>\d{{1,2}})(?!\d)(?:{_CLOCK})?""",
        # Viernes 21 de Junio de 2024 - 16:45; 21 June 2024; 7 de noviembre del 2012; 21. Juni 2024; 14/nov/2024
        rf"""(?<!\d)(?P<day>\d{{1,2}})(?:\s?(?:st|nd|rd|th|er|º|°))?(?:\s?d[ií]as?\sdel\smes)?[\s,./-]{{1,3}}(?:de\s+|of\s+)?
        {_MONTH}[\s,./-]{{1,3}}(?:(?:del?|of)\s+(?:a[ñn]o\s+)?)?{_YEAR}(?!\d)(?:{_CLOCK})?""",
        # July 4, 2024; Jul. 4 2024 10:20 AM; junio 21, 2024; Jul-04-2024
        rf"""\b{_MONTH}[\s-]{{0,3}}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s?[,/-]\s?|\s+)(?:del?\s+)?{_YEAR}(?!\d)(?:{_CLOCK})?""",
        # Tue Nov 19 21:57:01 UTC 2019: dates of Unix and of C
        rf"""\b{_MONTH}\s+(?P<day>\d{{1,2}})\s+(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?
        \s+(?:(?P<zone>UTC|GMT|(?-i:{ZONE_NAME}))\s+|(?P<bare_offset>[+-]\d\d:?\d\d)\s+)?{_YEAR}(?!\d)""",
        # 21/06/2024 16:45, 21.06.2024, 21. 06. 2024; outside the United States the day is first, if it can be
        rf"""(?<![\d/.-])(?P<day>\d{{1,2}})(?P<mark>[-/.])\s?(?P<number>\d{{1,2}})(?P=mark)\s?{_YEAR}(?!\d)(?:{_CLOCK})?""",
        # 2024 Nov 14, 2024-Nov-14
        rf"""(?<![\d/.-]){_YEAR}[\s,/-]{{1,2}}{_MONTH}[\s,/-]{{1,2}}(?P<day>\d{{1,2}})(?!\d)(?:{_CLOCK})?""",
    )
)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# Marks of the writing direction, zero-width blanks and soft hyphens stand between parts of dates and are not seen.
_UNSEEN = dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF))
_PLAIN = {**_FULL_WIDTH, **_UNSEEN}
_HAN_ZEROS = "〇零○◯0OoΟО"  # as people type the zero of a year, with letters too
_HAN_DIGITS = {**dict.fromkeys(_HAN_ZEROS, 0), **{sign: value for value, sign in enumerate("一二三四五六七八九", 1)}}
_HAN_NUMBER = r"([一二三四五六七八九十](?:\s?[一二三四五六七八九十]){0,2})"  # PDF files have blanks between characters
_HAN_DATE = re.compile(
    rf"([一二](?:\s?[{_HAN_ZEROS}一二三四五六七八九]){{3}})\s?年\s?{_HAN_NUMBER}\s?月\s?{_HAN_NUMBER}\s?[日号號]"
)
# "a los tres días del mes de noviembre de dos mil veintiséis", as deeds, treaties and laws are dated
_SPANISH_NUMBERS = {word: int(value) for word, value in NUMBER_WORDS["es"].values.items() if 1 <= value < 60}
_SPANISH_NUMBERS["primero"] = 1
_NUMBER_WORD = "|".join(sorted(_SPANISH_NUMBERS, key=len, reverse=True))
_NUMBER_WORDS = rf"(?:{_NUMBER_WORD})(?:\sy\s(?:{_NUMBER_WORD}))?"
_SPANISH_DATE = re.compile(
    rf"\b(?P<day>\d{{1,2}}|{_NUMBER_WORDS})(?P<between>\s(?:dias?\sdel\smes\s)?de\s[a-z]{{4,10}}\sdel?\s(?:ano\s)?)"
    rf"(?P<year>dos\smil\s{_NUMBER_WORDS}|20\d\d)\b"
)
_YEAR_IN_WORDS = "dos mil "


class WrittenDate(NamedTuple):
    """One date of a text: where it stands, and a datetime (naive if no zone is written) or a date alone."""

    start: int
    end: int
    value: dt.date


def fold_date_text(text: str) -> str:
    """Return the beginning of a text with plain digits and signs, single blanks and without what is not seen."""
    text = text[:MAX_DATE_TEXT_CHARACTERS]
    if text.isascii():
        text = " ".join(text.split())
    else:
        text = _HAN_DATE.sub(_digits_of_han, " ".join(text.translate(_PLAIN).split()))
    return _digits_of_spanish(text)


def find_written_dates(text: str, *, zone: dt.tzinfo | None, month_first: bool = False) -> list[WrittenDate]:
    """Return the dates of a folded text in their order, none inside another.

    `zone` is the outlet's: it decides what CST means. With `month_first`, 06/07/2024 is in June.
    """
    found: list[WrittenDate] = []
    for form in _FORMS:
        for count, match in enumerate(form.finditer(text)):
            if count >= MAX_WRITTEN_DATES:
                break
            if (value := _value(match, zone, month_first)) is not None:
                found.append(WrittenDate(match.start(), match.end(), value))
    found.sort(key=lambda date: (date.start, -date.end))
    return list(_without_overlaps(found))


def _without_overlaps(dates: list[WrittenDate]) -> Iterator[WrittenDate]:
    end = 0
    for date in dates:
        if date.start >= end:
            yield date
            end = date.end


def _digits_of_han(match: re.Match[str]) -> str:
    year = "".join(str(_HAN_DIGITS[sign]) for sign in match[1] if not sign.isspace())
    month, day = ("".join(match[number].split()) for number in (2, 3))
    return f"{year}年{_han_number(month)}月{_han_number(day)}日"


def _digits_of_spanish(text: str) -> str:
    """Return the text with days and years in digits where its dates have them as words."""
    folded = fold(text)
    if _YEAR_IN_WORDS not in folded and " del mes de " not in folded:
        return text
    pieces, end = [], 0
    for match in _SPANISH_DATE.finditer(folded):
        day, year = (_spanish_number(match[part].removeprefix(_YEAR_IN_WORDS)) for part in ("day", "year"))
        pieces += [text[end : match.start()], f"{day}{match['between']}{year if year >= 2000 else 2000 + year}"]
        end = match.end()
    return "".join((*pieces, text[end:]))


def _spanish_number(words: str) -> int:
    return int(words) if words.isdecimal() else sum(_SPANISH_NUMBERS.get(word, 0) for word in words.split())


def _han_number(text: str) -> int:
    """Read 三, 十, 十四, 二十, 二十一; what is none of them gives 0, which no calendar has."""
    tens, ten, ones = text.rpartition("十")
    if len(tens) > 1 or len(ones) > 1:
        return 0
    return (10 * (_HAN_DIGITS[tens] if tens else 1) if ten else 0) + (_HAN_DIGITS[ones] if ones else 0)


def _value(match: re.Match[str], zone: dt.tzinfo | None, month_first: bool) -> dt.date | None:
    part = match.groupdict()
    day = int(part["day"])
    month = MONTHS[part["month"].lower()] if part.get("month") else int(part["number"])
    if (
        part.get("mark")
        and match.start("day") < match.start("year")
        and (day <= 12 < month or (month_first and day <= 12))
    ):
        day, month = month, day
    try:
        date = dt.date(int(part["year"]), month, day)
    except ValueError:
        return None
    if part["hour"] is not None:
        if "before" in part and _UNKNOWN_ZONE.match(match.string, match.end()) and not part["zone"]:
            return date  # the hour means nothing if its zone is unknown
        return _at(date, part, zone)
    if (
        before := _CLOCK_BEFORE.search(match.string, max(0, match.start() - _BEFORE_CHARACTERS), match.start())
    ) is None:
        return date
    return _at(date, before.groupdict(), zone)


def _at(date: dt.date, part: dict[str, str | None], zone: dt.tzinfo | None) -> dt.date:
    """Return a date with the hour that was found beside it; the date alone if that is no hour."""
    minute = part.get("minute") or part.get("cjk_minute") or part.get("cjk_plain")
    half = part.get("half")
    words = part.get("after") or part.get("before")
    named = {"a": "am", "p": "pm"}[half.lower()] if half else _PARTS[words.lower()] if words else ""
    hour = hour_of_day(int(part["hour"] or 0), named)
    if hour is None:
        return date
    try:
        value = dt.datetime(  # noqa: DTZ001 - the zone follows
            date.year,
            date.month,
            date.day,
            hour,
            30 if part.get("cjk_half") else int(minute or 0),
            int(part.get("second") or part.get("cjk_second") or 0),
        )
        name, offset = part.get("zone") or "", part.get("offset") or part.get("bare_offset")
        if name == "" and offset and ":" in offset and not part.get("second") and part.get("space") == "":
            offset = None  # 09:00-10:30 is a range of hours
        if offset and name.upper() in {"", "GMT", "UTC"}:
            return value.replace(tzinfo=read_offset(offset))
    except ValueError:
        return date
    return value.replace(tzinfo=find_named_zone(name, value, zone)) if name else value


def hour_of_day(hour: int, part: str) -> int | None:
    """Return the hour (0 to 23) of a clock that goes to twelve; None where a part of the day leaves it open.

    `part` is "am", "pm", a part of the day, or "" on a clock of 24 hours. 12 at night may end the day or begin it.
    """
    if hour > 12 or not part:
        return hour if hour < 24 and not (part == "am" and hour > 12) else None
    match part:
        case "am" | "pm" if hour == 0:
            return None
        case "am" | "dawn":
            return hour % 12
        case "pm" | "afternoon":
            return hour % 12 + 12
        case "noon":
            return hour + 12 if hour < 10 else hour
        case "night":
            return hour + 12 if 5 <= hour < 12 else None
    return hour


def read_offset(text: str) -> dt.timezone:
    """Return +0500, -05:00, +8 or Z as a zone. Raises ValueError for an impossible offset."""
    if text.upper() in {"Z", "UTC", "GMT"}:
        return dt.UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if hours > 14 or minutes > 59:
        raise ValueError(text)
    return dt.timezone((-1 if text[0] == "-" else 1) * dt.timedelta(hours=hours, minutes=minutes))
