"""What stands behind a number: a unit of measure, a currency, or the noun that is counted."""

from __future__ import annotations

import re
from typing import NamedTuple

from db.figures.lexicon import (
    ADJECTIVES,
    CASUALTIES,
    DOLLARS,
    MONEY_SIGNS,
    NOT_NOUNS,
    PESOS,
    PLURALS,
    SINGULARS,
    UNITS,
    Unit,
)
from db.figures.numbers.numerals import WORD, Numeral
from db.text.scripts import HAN

_MAX_UNIT_WORDS = 6
_MAX_CHINESE_UNIT = max(len(name) for name in UNITS if not name.isascii())
_MAX_NOUN_WORDS = 5  # from the number to the noun
_TOKEN = re.compile(
    r"[a-z]{1,3}[23²³]?/[a-z]{1,2}\b|u\.s\.|us\$|[%‰€$℃㎡㎢㎥㎞㎏㏊]|°\s?c\b|p\.p\.|[^\W\d_]+(?:[²³]|[23](?![0-9a-z]))?"
)
_GAP = re.compile(r"[ \u00a0\u202f\u2009]{1,2}")
_OF = re.compile(r" (?:de|of) ")
_OF_CURRENCY = re.compile(r" (?:de|de un|of a|of one) ")  # between a part of a currency and the currency
_OF_THE = re.compile(r" (?:of (?:the|its|their|these|those|our|his|her)|de (?:los|las|sus|estos|estas|esos|esas)) ")
_POSSESSIVES = ("'s ",)  # "40 master's scholarships"
_NUMBER_BEHIND = re.compile(r" ?[0-9]")  # "3 US$ 5": the sign belongs to what follows
_LINK = re.compile(r" |-")
_PARTICIPLE = re.compile(r" (?:[a-z]+(?:ado|ido|cho|sto|rto|ito)|been|had|become|also|not)\b")
_NO_CODES = frozenset(("sol", "yen", "uit", "dls", "dlr", "us$", "mdd", "mdp", "rmb"))
_CODES = (
    frozenset(name for name, unit in UNITS.items() if unit.kind == "money" and len(name) == 3 and name.isascii())
    - _NO_CODES
)  # codes of currencies, which are words too: "pen", "cop"
_WORDS_TOO = frozenset(("has", "ha", "mi", "mt", "in", "pen", "tn"))  # also common words, or initials
_SMALL_LETTERS = frozenset(("m", "nm"))  # symbols that are multipliers or initials in capitals
_PIECES = re.compile(f"(?![左上以多的钱半，。])[{HAN}]")  # what 块 counts stands behind it; else it is yuan
_NEEDS_SCALE = frozenset("方")  # a cubic metre, or a side: 三方
_HAN_LETTER = re.compile(f"[{HAN}]")


class UnitFound(NamedTuple):
    """A unit that ends at `end`; `name` is what was written, folded."""

    unit: Unit
    end: int
    name: str


def read_unit(
    text: str, original: str, numeral: Numeral, place: int, *, language: str, country: str | None
) -> UnitFound | None:
    """Read the unit behind a number that ends at `place` of a folded text; None if none stands there."""
    gap = _GAP.match(text, place)
    begin = gap.end() if gap else place
    if begin < len(text) and _HAN_LETTER.match(text, begin):
        return _read_chinese_unit(text, numeral, begin)
    if numeral.scale > 1 and (of := _OF.match(text, place)):
        begin = of.end()
    elif text[place : place + 1] == "-":
        begin = place + 1
    found = _read_latin_unit(text, original, begin, language)
    if found is None:
        return None
    found = _choose_currency(found, country)
    if found.unit.kind == "money" and found.unit.factor < 1 and (of := _OF_CURRENCY.match(text, found.end)):
        whole = _read_latin_unit(text, original, of.end(), language)
        if whole is not None and whole.unit.kind == "money" and whole.unit.factor == 1:
            currency = _choose_currency(whole, country).unit.unit
            return UnitFound(Unit("money", currency, found.unit.factor), whole.end, found.name)
    return found


def _choose_currency(found: UnitFound, country: str | None) -> UnitFound:
    """Return a unit of money in the currency that a name of several currencies means in a country."""
    if found.unit.kind == "money" and found.name in ("dolar", "dolares", "dollar", "dollars", "$"):
        return found._replace(
            unit=Unit("money", DOLLARS.get(country or "", "USD") if found.name == "$" else "USD", 1.0)
        )
    if found.unit.unit == "?" and found.unit.kind == "money":
        return found._replace(unit=Unit("money", PESOS.get(country or "", "?"), 1.0))
    return found


def _read_chinese_unit(text: str, numeral: Numeral, begin: int) -> UnitFound | None:
    for length in range(_MAX_CHINESE_UNIT, 0, -1):
        name = text[begin : begin + length]
        unit = UNITS.get(name)
        if name == "块" and _PIECES.match(text, begin + 1):
            unit = UNITS["个"]
        if unit is not None and not (name in _NEEDS_SCALE and numeral.scale == 1):
            return UnitFound(unit, begin + len(name), name)
    return None


def _read_latin_unit(text: str, original: str, begin: int, language: str) -> UnitFound | None:
    tokens: list[re.Match[str]] = []
    place = begin
    while len(tokens) < _MAX_UNIT_WORDS and (token := _TOKEN.match(text, place)):
        tokens.append(token)
        link = _LINK.match(text, token.end())
        if link is None:
            break
        place = link.end()
    for count in range(len(tokens), 0, -1):
        name = " ".join(token[0] for token in tokens[:count]).replace("° c", "°c")
        end = tokens[count - 1].end()
        unit = UNITS.get(name)
        if unit is None and text[begin:end] != name:
            unit = UNITS.get(text[begin:end])
        if unit is not None and _is_meant(name, original[begin:end], text, end, language):
            return UnitFound(unit, end, name)
    return None


def _is_meant(name: str, written: str, text: str, end: int, language: str) -> bool:
    """Return False for a name of a unit that is another word here."""
    if end < len(text) and (text[end].isalnum() and text[end - 1].isalpha() and not _HAN_LETTER.match(text[end])):
        return False
    if name in MONEY_SIGNS and _NUMBER_BEHIND.match(text, end):
        return False
    if name in _CODES:
        return written.isupper()
    if name in _SMALL_LETTERS:
        return written.islower()
    if name in _WORDS_TOO:
        return (
            language != "en" and written.islower() and not _PARTICIPLE.match(text, end)
            if name != "ha"
            else (written.islower() and not _PARTICIPLE.match(text, end))
        )
    return True


def read_noun(text: str, numeral: Numeral, place: int, *, language: str) -> tuple[int, str] | None:
    """Return end and word of the plural noun that a Spanish or English number counts; None if it counts none."""
    if numeral.value != 1 and (of := _OF_THE.match(text, place) or (numeral.scale > 1 and _OF.match(text, place))):
        begin = of.end()
    else:
        begin = place + 1 if text[place : place + 1] in (" ", "-", "\u00a0") else -1
    words: list[re.Match[str]] = []
    while begin >= 0 and len(words) < _MAX_NOUN_WORDS and (match := WORD.match(text, begin)):
        if match[0] in NOT_NOUNS or _HAN_LETTER.match(match[0]):
            break
        words.append(match)
        end = match.end() + 2 if text.startswith(_POSSESSIVES, match.end()) else match.end()
        begin = end + 1 if text[end : end + 1] in (" ", "-") else -1
    for match in words:
        word = match[0]
        if numeral.value == 1:
            if word in SINGULARS:
                return match.end(), word
            continue
        if word in CASUALTIES:
            return match.end(), word
        if word in ADJECTIVES:
            continue
        if not _is_plural(word, language):
            if language != "en":  # a Spanish noun stands before its adjectives, and both are plural
                return None
            continue
        return match.end(), word
    return None


def _is_plural(word: str, language: str) -> bool:
    if word in PLURALS:
        return True
    if language == "es":
        return len(word) > 3 and word.endswith("s")
    return len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "ous"))
