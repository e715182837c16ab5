"""Numbers in digits: which of their separators group thousands, and which is the decimal point."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from db.figures.lexicon import COMMA_COUNTRIES, POINT_COUNTRIES

MAX_DIGITS = 21  # of a number: longer runs of digits are no quantity

_DIGITS = re.compile(r"[0-9]+(?:[.,'][0-9]+)*")
_SPACED = re.compile(r"(?:[ \u00a0\u202f\u2009][0-9]{3})+(?![0-9])(?:[.,][0-9]{1,2}(?![0-9]))?")
_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3, "⅛": 0.125, "⅜": 0.375, "⅝": 0.625, "⅞": 0.875}
_MIXED = re.compile(r" ([1-7])/([2-8])(?![0-9/])")  # 12 1/2
_SEPARATOR = re.compile(r"[.,' \u00a0\u202f\u2009]")

DecimalSign = Literal["", ".", ","]  # "": both occur


class DigitNumber(NamedTuple):
    """A number in digits that ends at `end`; `value` is None if its digits are no quantity (1.2.3, 007)."""

    end: int
    value: float | None
    is_grouped: bool = False
    sign: str = ""  # the one separator before three last digits that could be read the other way


def choose_decimal_sign(language: str, country: str | None) -> DecimalSign:
    """Return the decimal sign of a text; "" where thousands and decimals can have either separator."""
    if language != "es":
        return "."
    if country in COMMA_COUNTRIES:
        return ","
    return "." if country in POINT_COUNTRIES else ""


def read_digits(text: str, start: int, decimal_sign: DecimalSign) -> DigitNumber:
    """Read the number whose first digit stands at `start`."""
    match = _DIGITS.match(text, start)
    assert match is not None  # noqa: S101 (the caller looked)
    number, end = match[0], match.end()
    if len(number) <= 3 and number[0] != "0" and (spaced := _SPACED.match(text, end)):
        number, end = number + spaced[0], spaced.end()
    if len(number) > MAX_DIGITS:
        return DigitNumber(end, None)
    parts = _SEPARATOR.split(number)
    signs = _SEPARATOR.findall(number)
    if not signs:
        is_code = number[0] == "0" and number != "0"
        if mixed := _MIXED.match(text, end):
            return DigitNumber(mixed.end(), float(number) + int(mixed[1]) / int(mixed[2]))
        part = end + (text[end : end + 1] == " ")  # "8 ½" and "8½"
        if part < len(text) and text[part] in _FRACTIONS:
            return DigitNumber(part + 1, float(number) + _FRACTIONS[text[part]])
        return DigitNumber(end, None if is_code else float(number))
    return _interpret(parts, signs, end, decimal_sign)


def _interpret(parts: list[str], signs: list[str], end: int, decimal_sign: DecimalSign) -> DigitNumber:
    last = signs[-1]
    are_groups = all(len(part) == 3 for part in parts[1:]) and len(parts[0]) <= 3 and parts[0][0] != "0"
    if len(signs) == 1 and last in ".,":
        is_decimal = not are_groups or last == decimal_sign
        if is_decimal:
            if parts[0][0] == "0" and parts[0] != "0":
                return DigitNumber(end, None)
            return DigitNumber(end, float(".".join(parts)), sign=last if are_groups else "")
        return DigitNumber(end, float("".join(parts)), is_grouped=True, sign=last)
    if are_groups and (len(set(signs)) == 1 or signs[0] == "'"):
        return DigitNumber(end, float("".join(parts)), is_grouped=True)
    # The last separator is the decimal sign if it is another than those before.
    groups = parts[:-1]
    if last in ".," and last not in signs[:-1] and all(len(part) == 3 for part in groups[1:]) and len(groups[0]) <= 3:
        return DigitNumber(end, float("".join(groups) + "." + parts[-1]), is_grouped=True)
    return DigitNumber(end, None)
