"""Ranges of two numbers: "between $9 and $9.5 billion", "de 20 a 25 días", 36万至40万吨."""

from __future__ import annotations

import re
from typing import NamedTuple

from db.figures.lexicon import CHANGE_WORDS
from db.figures.parts import Part

_CONNECTION = re.compile(
    r"\s?(?P<sign>-|~|至|到)\s?|(?P<statute>以上)[、,]?"
    r"|\s(?P<word>to|a|al|hasta|and|y|e|o|or|u)\s(?:los |las |el |la |the |unos |some )?"
)
_BETWEEN = re.compile(r"(?:\b(?:between|entre)(?: unos| los| las| el| la| the| some)?|介于|在)\s?$")
_FROM = re.compile(r"(?:\b(?:from|de|del|desde|desde los|de los|de unos)|从|由)\s?$")
_WINDOW = 60  # characters before a range in which a verb may tell of a change
_SENTENCE_END = re.compile(r"[.!?]\s|[。！？;；\n]")


class RangeLink(NamedTuple):
    """What may join two numbers to a range; the second stands at `end`."""

    end: int
    is_hyphen: bool
    is_statute: bool  # 五万元以上二十万元以下


def find_connection(text: str, first: Part) -> RangeLink | None:
    """Return what joins a number to a second one behind it; None if they are no range."""
    match = _CONNECTION.match(text, first.end)
    if match is None or first.numeral.high is not None:
        return None
    lead = text[max(0, first.begin - 20) : first.begin]
    sign = match["sign"] or match["word"] or ""
    if sign in ("and", "y", "e") and not _BETWEEN.search(lead):
        return None
    is_whole = first.currency != "" or first.found is not None
    # 增长5%至7% is by so much. With 从 it is a change, and so is 减少60亿至1万亿.
    is_chinese_share = not sign.isascii() and first.found is not None and first.found.unit.kind == "percent"
    if (
        sign in ("to", "a", "al", "hasta", "至", "到")
        and ((is_whole and not is_chinese_share) or _FROM.search(lead))
        and not _BETWEEN.search(lead)
        and tells_change(text, first.begin)
    ):
        return None
    return RangeLink(match.end(), sign in ("-", "~"), match["statute"] is not None)


def makes_range(first: Part, second: Part) -> bool:
    """Return True if two numbers have one unit, and the second is greater."""
    if first.found and (not second.found or first.found.unit != second.found.unit):
        return False
    shares_sign = first.found is None and second.found is None and not second.currency  # $1.35-1.45
    if first.currency and first.currency != second.currency and not shares_sign:
        return False
    return scale_first(first, second) < second.value and not first.numeral.needs_qualifier


def scale_first(first: Part, second: Part) -> float:
    """Return the first value, with the second's multiplier where it belongs to both: "9 to 9.5 billion"."""
    has_own = first.numeral.scale != 1 or first.found is not None or first.value > second.numeral.base
    return first.value if has_own or second.numeral.scale == 1 else first.value * second.numeral.scale


def tells_change(text: str, start: int) -> bool:
    """Return True if a verb before `start` says that something grew or fell: what follows are two values."""
    words = last_sentence(text[max(0, start - _WINDOW) : start])
    return any(f" {word}" in f" {words}" if word.isascii() else word in words for word in CHANGE_WORDS)


def last_sentence(text: str) -> str:
    """Return what stands behind the last end of a sentence."""
    return _SENTENCE_END.split(text)[-1]
