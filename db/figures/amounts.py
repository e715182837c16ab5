"""Read one quantity at a place of a text: one number or a range, with its unit, what is counted and its qualifier."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from db.figures.lexicon import QUAKE_WORDS, RATE_WORDS, UNITS
from db.figures.numbers.numerals import Numeral
from db.figures.numbers.proportions import Share
from db.figures.parts import Part, PartReader
from db.figures.qualifiers import find_qualifier_before, find_qualifier_behind
from db.figures.ranges import find_connection, last_sentence, makes_range, scale_first
from db.figures.units import UnitFound, read_noun

_WINDOW = 60  # characters before a quantity in which words decide what it is
_OF_ROUND_NUMBERS = frozenset("上过")  # 上万, 过百
_OF_NUMERALS = {(True, False): "more_than", (False, True): "approx"}
_SIGNED = frozenset(("temperature", "percent"))
_DEGREES = frozenset(("grado", "grados", "degree", "degrees"))
# What makes a length behind it a speed: 时速160公里, 每小时行驶160公里.
_AN_HOUR = re.compile(r"(?:[时時]速|每小时)[^0-9,.;!?，。；！？、]{0,4}$")
_SECONDS_AN_HOUR = 3600
_MAGNITUDES = ("magnitude ", "magnitud ", "magnitude of ", "magnitud de ", "里氏", "里氏震级")


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity, or with an empty `kind` a number whose unit stands elsewhere. Values are in the unit's SI unit."""

    start: int
    end: int
    kind: str = ""
    unit: str = ""
    value: float | str | None = None
    high: float | None = None
    qualifier: str = ""
    factor: float = 1.0
    numeral: Numeral | None = None
    found: UnitFound | None = None
    is_multiple: bool = False


# Behind a share that is one of a percentage point: "a quarter of a point", "tres cuartos de punto", 四分之一个百分点.
_OF_POINT = re.compile(r" of an? (?:percentage |percent )?point\b| de (?:un )?punto(?: porcentual)?\b|个?百分点")


def make_share(text: str, start: int, share: Share) -> Amount:
    """Return a share as an amount with its qualifier."""
    before, words = find_qualifier_before(text, start)
    before = "" if words in _OF_ROUND_NUMBERS else before
    behind, end = find_qualifier_behind(text, share.end)
    qualifier = "range" if share.high is not None else share.qualifier or before or behind
    end = end if behind else share.end
    if (points := _OF_POINT.match(text, share.end)) and not share.is_multiple:
        high = share.high and share.high / 100
        return Amount(start, points.end(), "percent", "pp", share.value / 100, high, qualifier)
    return Amount(start, end, "percent", "%", share.value, share.high, qualifier, is_multiple=share.is_multiple)


def read_amount(reader: PartReader, start: int) -> tuple[Amount | None, int]:
    """Read the quantity whose number begins at `start`; return it, and where to go on."""
    first = reader.read_part(start)
    if isinstance(first, int):
        return None, first
    second = _read_second(reader, first)
    if isinstance(second, int):
        return None, second
    amount = _build(reader, first, second)
    return amount, amount.end


def _read_second(reader: PartReader, first: Part) -> Part | int | None:
    """Read the end of a range; None if there is none, where to go on if both numbers are no quantity: "3-1"."""
    text = reader.text
    connection = find_connection(text, first)
    place = reader.find_number_behind(connection.end) if connection else -1
    if connection is None or place < 0:
        return None
    second = reader.read_part(place, is_money=first.currency != "" and connection.is_hyphen)
    if isinstance(second, int):
        return None
    if connection.is_statute and not text.startswith("以下", second.end):
        return None
    if connection.is_hyphen and not (first.found or first.currency or second.found or second.currency):
        numeral = second.numeral
        is_large = numeral.is_grouped or numeral.scale > 1
        if not is_large and not read_noun(text, numeral, second.end, language=reader.language):
            return second.end
        if not makes_range(first, second):
            return second.end
    if first.currency and not second.currency and read_noun(text, second.numeral, second.end, language=reader.language):
        return None
    return second if makes_range(first, second) else None


def _build(reader: PartReader, first: Part, second: Part | None) -> Amount:
    text = reader.text
    part = second or first
    numeral = part.numeral
    kind, unit, end, factor = "", "", part.end, part.factor
    if currency := part.currency or first.currency:
        kind, unit = "money", currency
    elif part.found:
        kind, unit = part.found.unit.kind, part.found.unit.unit
        if part.found.name in _DEGREES and _has_word(text, first.begin, QUAKE_WORDS):
            kind, unit = "magnitude", "Mw"
        if kind == "distance" and _AN_HOUR.search(text[max(0, first.begin - 8) : first.begin]):
            kind, unit, factor = "speed", "m/s", factor / _SECONDS_AN_HOUR
    elif text[: first.begin][-16:].endswith(_MAGNITUDES):
        kind, unit = "magnitude", "Mw"
    elif not numeral.is_chinese and (noun := read_noun(text, numeral, end, language=reader.language)):
        kind, (end, unit) = "count", noun
        if unit in UNITS and UNITS[unit].kind != "percent":  # behind an adjective: "wet tonnes", "consecutive days"
            kind, unit, factor = UNITS[unit]
    before, words = find_qualifier_before(text, first.begin)
    if words in _OF_ROUND_NUMBERS and not numeral.needs_qualifier:
        before = ""
    behind, end_behind = find_qualifier_behind(text, end)
    high = second.value if second else numeral.high
    qualifier = before or part.qualifier or behind or _OF_NUMERALS.get((numeral.is_more, numeral.is_about), "")
    qualifier = "range" if high is not None else qualifier
    amount = Amount(
        first.begin,
        end_behind if behind else end,
        kind,
        unit,
        scale_first(first, second) if second else first.value,
        high,
        qualifier,
        factor,
        numeral,
        part.found,
    )
    return _convert(reader, amount)


def _convert(reader: PartReader, amount: Amount) -> Amount:
    """Return an amount in the unit of its kind, its ambiguous separator read as its kind wants it."""
    text, numeral, factor = reader.text, amount.numeral, amount.factor
    if numeral and numeral.sign and numeral.is_grouped and numeral.scale == 1:
        is_rate = amount.kind == "money" and (numeral.value or 0.0) < 1e4 and _has_word(text, amount.start, RATE_WORDS)
        if is_rate or (amount.kind == "percent" and not reader.decimal_sign):
            factor /= 1000
    lead = text[max(0, amount.start - 6) : amount.start]
    has_sign = lead == "-" or lead.endswith((" -", "(-"))
    is_below_zero = lead.endswith(("零下", "minus ")) or text.startswith((" bajo cero", " below zero"), amount.end)
    if (amount.kind in _SIGNED and has_sign) or (amount.kind == "temperature" and is_below_zero):
        factor = -factor
    value = amount.value * factor if isinstance(amount.value, float) else amount.value
    return replace(amount, value=value, high=None if amount.high is None else amount.high * factor, factor=factor)


def _has_word(text: str, start: int, words: tuple[str, ...]) -> bool:
    before = last_sentence(text[max(0, start - _WINDOW) : start])
    return any(word in before for word in words)
