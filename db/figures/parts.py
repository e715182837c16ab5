"""Read a number with the currency before it and the unit behind it."""

from __future__ import annotations

import re
from typing import NamedTuple

from db.figures.lexicon import DOLLARS, MONEY_SIGNS, NUMBER_WORDS, SINGULARS, UNITS
from db.figures.numbers.chinese_numerals import CHINESE_NUMBER_SIGNS, read_chinese_numeral
from db.figures.numbers.digits import choose_decimal_sign
from db.figures.numbers.numerals import FRACTIONS, WORD, Numeral, read_fraction_of, read_numeral
from db.figures.qualifiers import find_qualifier_behind
from db.figures.units import UnitFound, read_unit
from db.text.months import MONTHS

_SIGNS = "|".join(re.escape(sign) for sign in sorted([*MONEY_SIGNS, "$", "¥", "￥"], key=len, reverse=True))
# A sign with "MM" before or behind it counts in millions: MMUS$ 320.
_SIGN_BEFORE = re.compile(
    rf"(?:(?<![^\W\d_])|(?<=[\u3000-\uffff]))(?P<lead>mm)?(?P<sign>{_SIGNS})(?P<behind> ?mm)?[ \u00a0\u202f]?$"
)
_SIGN_HERE = re.compile(rf"(?:{_SIGNS})[ \u00a0\u202f]?(?=[0-9])")
_SIGN_WINDOW = 12  # characters before a number
_BRACKET = re.compile(r"\s?\((?=[^\W_])")
_UNIT_AND_HALF = re.compile(r"([a-z]+) y medi[oa]\b")
_PART_BEHIND = re.compile(
    r" (?:(?P<half>y medi[oa]|and a half)|(?P<quarters>y tres cuartos|and three quarters)|y cuarto|and a quarter)\b"
    r"|(?P<chinese>半)(?![年天个小径导夜球岛决场])"
)
_PLAIN_CURRENCIES = frozenset(("元", "dollars", "dollar", "dolares", "dolar", "peso", "pesos", "$"))  # of any country
_TENTHS = re.compile(r"[1-9](?![0-9个块万千百])")  # 12块5
_NO_HALF_AFTER = frozenset("上下前后大过近一多夜")  # 上半年, 一半


class Part(NamedTuple):
    """A number with its currency ("" for none), its unit and where all of it begins and ends."""

    begin: int
    end: int
    numeral: Numeral
    value: float
    factor: float = 1.0
    currency: str = ""
    found: UnitFound | None = None
    qualifier: str = ""  # between the number and the unit: "300 y pico familias"


class _Sign(NamedTuple):
    begin: int
    currency: str
    factor: float


class PartReader:
    """Reads parts of quantities in a folded text of a language and an outlet's country."""

    def __init__(self, text: str, original: str, language: str, country: str | None) -> None:
        self.text = text
        self.original = original
        self.language = language
        self.country = country
        self.floor = 0  # where the last quantity ends: a currency before it is not the next one's
        self.decimal_sign = choose_decimal_sign(language, country)
        self._words = NUMBER_WORDS[language if language in NUMBER_WORDS else ""]
        self._beginnings = _BEGINNINGS[language if language in NUMBER_WORDS else ""]

    def may_begin(self, word: str, end: int) -> bool:
        """Return True if a quantity or a date may begin with a folded word that ends at `end`."""
        if word in _ARTICLES:
            following = WORD.match(self.text, end + 1)
            return following is not None and (following[0] in _AFTER_ARTICLES or following[0] in self._words.values)
        return word in self._beginnings or word.startswith(_MULTIPLES) or word.endswith("fold")

    def begins_fraction(self, start: int) -> bool:
        """Return True if a part of a unit or of a multiplier begins at `start`: "a quarter of a million"."""
        return read_fraction_of(self.text, start, self._words) is not None

    def find_number_behind(self, place: int) -> int:
        """Return where the number that follows at `place` begins, behind its currency; -1 if none may."""
        if sign := _SIGN_HERE.match(self.text, place):
            place = sign.end()
        if place >= len(self.text):
            return -1
        letter = self.text[place]
        return place if letter.isdigit() or letter.isalpha() else -1

    def read_part(self, start: int, *, is_money: bool = False) -> Part | int:
        """Read the part whose number begins at `start`; where to go on if there is none.

        is_money: the currency of a range stands before its first number.
        """
        text = self.text
        sign = self._sign_before(start)
        numeral = self._read_number(start, is_money=is_money or sign is not None)
        if numeral is None:
            return start + 1
        if numeral.value is None:
            return numeral.end
        numeral = self._skip_repeated(numeral)
        value, place = numeral.value or 0.0, numeral.end
        if numeral.is_chinese and text.startswith("个半", place):
            value, place = value + 0.5, place + 2
        qualifier = ""
        found = self._read_unit(numeral, place)
        if found is None:
            qualifier, place = find_qualifier_behind(text, place)
            found = self._read_unit(numeral, place) if qualifier else None
        if sign is not None:
            if found is None or found.unit.kind != "money":
                return Part(sign.begin, place, numeral, value, sign.factor, sign.currency, qualifier=qualifier)
            currency = sign.currency if found.name in _PLAIN_CURRENCIES else found.unit.unit
            return Part(sign.begin, found.end, numeral, value, sign.factor * found.unit.factor, currency, found)
        if found is None:
            letter = text[place : place + 1]
            if not numeral.is_word and letter.isalpha() and letter < "\u2e80":  # 12b, 5g
                return place + 1
            return Part(start, place, numeral, value, qualifier=qualifier)
        end = found.end
        if found.unit.kind != "count" and (part := _PART_BEHIND.match(text, end)):
            value += 0.5 if part["half"] or part["chinese"] else 0.75 if part["quarters"] else 0.25
            end = part.end()
        if found.name == "块" and (tenths := _TENTHS.match(text, end)):
            value, end = value + int(tenths[0]) / 10, tenths.end()
        currency = found.unit.unit if found.unit.kind == "money" else ""
        return Part(start, end, numeral, value, found.unit.factor, currency, found, qualifier)

    def _read_unit(self, numeral: Numeral, place: int) -> UnitFound | None:
        return read_unit(self.text, self.original, numeral, place, language=self.language, country=self.country)

    def _read_number(self, start: int, *, is_money: bool) -> Numeral | None:
        text = self.text
        if text[start] == "半":
            if text[start - 1 : start] in _NO_HALF_AFTER and not text.startswith("半个月", start):
                return None
            return Numeral(start, start + 1, 0.5, 0.5, is_word=True, is_chinese=True)
        if text[start] in CHINESE_NUMBER_SIGNS:
            return read_chinese_numeral(text, start)
        if text[start].isdigit():
            chinese = read_chinese_numeral(text, start)
            if chinese is not None and (_is_cjk(text, chinese.end - 1) or _is_cjk(text, chinese.end)):
                return chinese
        elif match := _UNIT_AND_HALF.match(text, start):
            if scale := self._words.scales.get(match[1]):
                return Numeral(start, match.end(), 1.5 * scale, 1.5, scale, is_word=True)
            if match[1] in UNITS and UNITS[match[1]].kind != "count":
                return Numeral(start, start, 1.0, 1.0, is_word=True)
        return read_fraction_of(text, start, self._words) or read_numeral(
            text, self.original, start, self._words, self.decimal_sign, is_money=is_money
        )

    def _skip_repeated(self, numeral: Numeral) -> Numeral:
        """Return a number to the end of its repetition in brackets: "noventa (90) días", "90 (noventa)"."""
        bracket = _BRACKET.match(self.text, numeral.end)
        if bracket is None:
            return numeral
        repeated = self._read_number(bracket.end(), is_money=False)
        if repeated is None or repeated.value != numeral.value or repeated.is_word == numeral.is_word:
            return numeral
        behind = self.text[repeated.end : repeated.end + 1]
        return numeral._replace(end=repeated.end + 1) if behind == ")" else numeral

    def _sign_before(self, start: int) -> _Sign | None:
        """Return the currency directly before a number; None if there is none."""
        low = max(self.floor, start - _SIGN_WINDOW)
        match = _SIGN_BEFORE.search(self.text[low:start])
        if match is None:
            return None
        sign = match["sign"]
        if sign == "$":
            currency = DOLLARS.get(self.country or "", DOLLARS[""])
        elif sign in ("¥", "￥"):
            currency = "JPY" if self.country == "JP" else "CNY"
        else:
            currency = MONEY_SIGNS[sign]
        return _Sign(low + match.start(), currency, 1e6 if match["lead"] or match["behind"] else 1.0)


_MULTIPLES = ("doubl", "tripl", "trebl", "quadrupl", "quintupl", "halv", "duplic", "cuadruplic", "quintuplic")


def _gather_beginnings(language: str) -> frozenset[str]:
    words = (*NUMBER_WORDS[language].values, *MONTHS)
    if language != "es":
        return frozenset((*words, "twice", "thrice"))
    return frozenset((*words, "mil", "millon", "la", "el", "al", *(name for name in UNITS if name.isascii())))


_ARTICLES = frozenset(("a", "an", "un", "una", "la", "el", "al"))
_AFTER_ARTICLES = frozenset((
    *NUMBER_WORDS[""].scales, *FRACTIONS, *(f"{part}s" for part in FRACTIONS), *SINGULARS,
    *(name.partition(" ")[0] for name in UNITS if name.isascii()),
    "doble", "triple", "cuadruple", "cuadruplo", "quintuple",
))  # fmt: skip
_BEGINNINGS = {language: _gather_beginnings(language) for language in NUMBER_WORDS}


def _is_cjk(text: str, place: int) -> bool:
    return 0 <= place < len(text) and text[place] > "\u2e80"
