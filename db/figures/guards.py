"""Numbers that are names: years, articles of laws, telephones, scores, models, ages. They are no quantities."""

from __future__ import annotations

import re

from db.figures.lexicon import AGE_ENDINGS, AGE_PEOPLE, AGE_WORDS, LABELS_AFTER, LABELS_BEFORE, PERIOD_WORDS
from db.figures.numbers.numerals import Numeral
from db.figures.units import UnitFound
from db.text.scripts import HAN, is_han

_WINDOW = 40  # characters before a number
# Three groups of digits or more, with hyphens: telephones.
_PHONE = re.compile(r"[0-9]{1,4}(?:-[0-9]{2,}){2,}(?![0-9])")
# Before two groups of digits, the code of a region makes them a telephone: (01) 411-5200.
_AREA_CODE = re.compile(r"\((?:\+[0-9]{1,3}|0[0-9]{1,3})\)\s?$")
_LOCAL_PHONE = re.compile(r"[0-9]{3,4}-[0-9]{3,4}(?![0-9])")
_CODE = re.compile(
    r"(?<![0-9])(?:[0-9]++[+][0-9]++|[0-9]++(?:[/_][0-9][0-9a-z]*+)++(?:-[a-z]++)*+|[0-9]++-[0-9]++(?:-[a-z0-9]++)++|0[0-9]++-[0-9]++"
    r"|[0-9]++(?:[.,][0-9]*+)?+e[+-]?+[0-9]++)"
)
_DIGIT_GROUPS = re.compile(r"[0-9]+(?:[ -][0-9]+)*")
_REST_OF_CODE = re.compile(r"[0-9a-z]+(?:[-.,/][0-9a-z]+)*")
_LAST_WORD = re.compile(rf"(?<![^\W\d_{HAN}])([^\W\d_{HAN}]+)\.?[\s:(]{{0,3}}$")
_CHINESE_SCORE = re.compile(r"[0-9]{1,3}(?:比|:)[0-9]{1,3}")
_ORDINAL = re.compile(
    r"(?<![0-9])[0-9]++"
    r"(?:(?:st|nd|rd|th|\.?[ºª°](?! ?c\b)|r[ao]|d[ao]|t[ao]|v[ao]|m[ao]|avo|ava|er)\b|\.?[ºª])"
)
_NUMBER_SIGN = re.compile(r"(?:#|№|n\.?\s?[°ºo]\.?|nros?\.|nums?\.|nos?\.)\s?$")
_ELEMENT = re.compile(r"\s(?:Fe|Cu|Au|Ag|Zn|Pb|Li|Ni|Mo|Sn|U3O8|Li2O|grade)\b")
_GLUED_SIGNS = ("rmb", "usd", "pen", "eur", "cny", "mm")  # codes of currencies before digits: RMB1.85bn
_CLOCK_BEFORE = re.compile(r"\b(?:a|de|desde|hasta|para|entre|hacia) las?\s$")
_DENIED = re.compile(r", (?:y |and |but )?no $")  # "four billion, no 2,4": no label, but a denial
_MAX_PLAIN_DIGITS = 7  # of a number without separators and without a unit


def skip_code(text: str, start: int) -> int:
    """Return the end of a code, telephone, score or ordinal whose digits begin at `start`; 0 if there is none."""
    before = text[start - 1 : start]
    lead = text[max(0, start - 4) : start]
    if (before.isalpha() and not is_han(before) and not lead.endswith(_GLUED_SIGNS)) or before in ("_", "@"):
        return _end_of_code(text, start)
    if before in ("-", "/", ".") and lead[-2:-1].isalnum() and not lead.endswith("s/"):
        return _end_of_code(text, start)
    if before == "+" and not lead[-2:-1].isalnum():
        match = _DIGIT_GROUPS.match(text, start)
        return match.end() if match and len(match[0]) >= _MAX_PLAIN_DIGITS else 0
    if before == "+":
        return _end_of_code(text, start)
    if _AREA_CODE.search(text[max(0, start - 8) : start]) and (match := _LOCAL_PHONE.match(text, start)):
        return match.end()
    for form in (_PHONE, _CODE, _CHINESE_SCORE, _ORDINAL):
        if match := form.match(text, start):
            return match.end()
    return 0


def _end_of_code(text: str, start: int) -> int:
    match = _REST_OF_CODE.match(text, start)
    return match.end() if match else start + 1


def is_year(numeral: Numeral, text: str) -> bool:
    """Return True for a number of four digits between 1500 and 2199, without separators."""
    return (
        numeral.value is not None
        and not numeral.is_word
        and not numeral.is_grouped
        and numeral.scale == 1
        and 1500 <= numeral.value < 2200
        and text[numeral.start : numeral.end].isdigit()
        and numeral.end - numeral.start == 4
    )


def is_labelled(text: str, start: int) -> bool:
    """Return True if the word before a number makes it a name: "artículo 62", "Ley N.° 31.953", "Route 1"."""
    window = text[max(0, start - _WINDOW) : start]
    if window.endswith("第"):
        return True
    chinese = window.rstrip(" :：为是(（")
    if any(chinese.endswith(label) for label in _CHINESE_LABELS):
        return True
    if _DENIED.search(window):
        return False
    if _NUMBER_SIGN.search(window):
        return True
    match = _LAST_WORD.search(window)
    return match is not None and match[1] in LABELS_BEFORE


_CHINESE_LABELS = tuple(label for label in LABELS_BEFORE if not label.isascii() and re.match(f"[{HAN}]", label))
_CHINESE_LABELS_AFTER = tuple(sorted(label for label in LABELS_AFTER if not label.isascii()))


def is_labelled_behind(text: str, end: int) -> bool:
    """Return True if the sign behind a Chinese number makes it a name: 3号, 二期."""
    return text.startswith(_CHINESE_LABELS_AFTER, end)


def is_clock(text: str, start: int) -> bool:
    """Return True for the hour in "a las ocho"."""
    return _CLOCK_BEFORE.search(text[max(0, start - 12) : start]) is not None


def is_opening_time(text: str, start: int) -> bool:
    """Return True for the hours in "en horario de 9 a 17 horas"."""
    return re.search(r"\bhorario\b", text[max(0, start - 24) : start]) is not None


def is_age(text: str, start: int, found: UnitFound) -> bool:
    """Return True for the years of a person: ", de 47 años", "47-year-old"."""
    if found.unit.factor != 31557600 or found.unit.kind != "duration":
        return False
    behind = text[found.end : found.end + 10].lstrip(" -")
    if any(behind.startswith(ending) for ending in AGE_ENDINGS):
        return True
    words = re.findall(r"[^\W\d_]+|,|\(", text[max(0, start - 30) : start])
    if not words:
        return False
    if words[-1] in AGE_WORDS or words[-1] == "(":
        return True
    if words[-2:] == ["a", "los"]:
        return True
    return len(words) > 1 and words[-1] == "de" and (words[-2] == "," or words[-2] in AGE_PEOPLE)


def is_period(text: str, start: int) -> bool:
    """Return True for the months of "the first nine months", which name a time."""
    window = text[max(0, start - 14) : start].rstrip()
    return any(
        window.endswith(word) and (not word.isascii() or not window[: -len(word)][-1:].isalpha())
        for word in PERIOD_WORDS
    )


def is_grade(original: str, end: int) -> bool:
    """Return True for the percent of a metal in its ore: "62% Fe"."""
    return _ELEMENT.match(original, end) is not None


def is_plain_code(numeral: Numeral) -> bool:
    """Return True for many digits without separators: a tax number, a code."""
    return (
        not numeral.is_word
        and not numeral.is_grouped
        and numeral.scale == 1
        and (numeral.end - numeral.start > _MAX_PLAIN_DIGITS)
    )
