"""Decide which of the amounts that were read are no quantities: names, years, ages, articles."""

from __future__ import annotations

import re

from db.figures import guards
from db.figures.amounts import Amount
from db.figures.lexicon import ARTICLES, NAMED_PAIRS
from db.figures.numbers.numerals import Numeral
from db.figures.parts import PartReader
from db.figures.units import UnitFound

_ARTICLE_NUMBERS = frozenset(("a", "an", "un", "una", "uno"))
_ONE_OF = frozenset("名人艘台辆架户枚头")  # with other classifiers 一 is an article
_COMPARED = ("less_than", "more_than", "at_least")  # "less than a week", but "over a week" is during one
_TIME_AGO = re.compile(r" (?:ago|before|earlier|previously)\b")  # "40 % less than a year before"
_LIST_GAPS = frozenset((",", "y", "and", "-", "a", "al", "to", "、", "和", "至", "e", "o", "or", "及", "与", "&"))
_LAST_WORD = re.compile(r"([^\W\d_]+)\W{0,2}$")
_PHONE_NUMBERS = 1e7  # in groups of three, without a unit
_VAGUE = ("几", "数")  # 几十年: no number
_SLOGAN = re.compile(r"[“「『\"][^”」』\"，。]{1,8}[”」』\"]")  # “五个共同”
_HOURS = ("h", "hora", "horas", "hour", "hours")
_MILESTONES = ("路碑", "里程碑", "路标")  # 98公里路碑: a place
_YEAR_TAILS = ("级", "代", "度", "初", "底", "末", "版")


class Exclusions:
    """Says of each amount of a text, in their order, if it is no quantity."""

    def __init__(self, reader: PartReader) -> None:
        self._reader = reader
        self._text = reader.text
        self._labelled_until = -1  # end of the last number that a label made a name

    def is_no_quantity(self, amount: Amount) -> bool:
        """Return True if a number names something or stands in a phrase that counts nothing."""
        numeral, found, text = amount.numeral, amount.found, self._text
        if numeral is None:
            return False
        written = text[numeral.start : numeral.end]
        if written in _ARTICLE_NUMBERS and self._is_article(written, amount):
            return True
        if numeral.needs_qualifier and not amount.qualifier:
            return True
        if numeral.is_chinese and text[max(0, amount.start - 1) : amount.start] in _VAGUE:
            return True
        if amount.kind == "money":
            return False
        if text[max(0, amount.start - 1) : amount.start] == "第":
            return True
        is_measured = found is not None and found.unit.unit != "items"
        if not is_measured and amount.kind != "magnitude" and self._has_label(amount):
            return True
        if guards.is_year(numeral, text) and (found is None or found.name == "年"):
            return True
        if numeral.is_word and (numeral.value or 0.0) < 1 and (found is None or found.unit.kind == "count"):
            return True
        if found is not None and self._is_no_measure(amount, found):
            return True
        if numeral.is_chinese:
            return self._is_no_chinese_quantity(amount, numeral)
        return found is None and self._is_no_count(amount, numeral, written)

    def _is_no_count(self, amount: Amount, numeral: Numeral, written: str) -> bool:
        if amount.kind == "count":
            return amount.unit in NAMED_PAIRS and self._word_before(amount.start) in ARTICLES
        is_phone = (
            " " in written and numeral.is_grouped and numeral.scale == 1 and (numeral.value or 0.0) >= _PHONE_NUMBERS
        )
        if amount.kind == "" and is_phone and not amount.qualifier:
            return True
        return guards.is_plain_code(numeral) or guards.is_clock(self._text, amount.start)

    def _is_no_measure(self, amount: Amount, found: UnitFound) -> bool:
        if found.name in ("grado", "grados", "degree", "degrees") and amount.numeral and amount.numeral.is_word:
            return True  # of a university
        if found.name == "日内" and self._text.startswith("瓦", found.end):
            return True  # Geneva, behind a day
        if found.name == "day" and amount.numeral and amount.numeral.is_one and amount.qualifier not in _COMPARED:
            return True  # "one day": some day
        if found.name in _HOURS and guards.is_opening_time(self._text, amount.start):
            return True
        if self._text.startswith(_MILESTONES, found.end):
            return True
        if found.name == "h" and guards.is_clock(self._text, amount.start):
            return True
        if found.unit.kind == "duration":
            return guards.is_age(self._text, amount.start, found) or guards.is_period(self._text, amount.start)
        return found.unit.unit == "%" and guards.is_grade(self._reader.original, found.end)

    def _is_no_chinese_quantity(self, amount: Amount, numeral: Numeral) -> bool:
        text, found = self._text, amount.found
        if found is None and numeral.needs_unit and not amount.qualifier:
            return True
        if found is None:
            is_small = numeral.scale == 1 and not numeral.is_grouped
            is_vague = is_small and amount.qualifier in ("", "range")
            return amount.kind == "" and (guards.is_labelled_behind(text, numeral.end) or is_vague)
        behind = text[found.end : found.end + 1]
        if found.name == "年" and (behind in _YEAR_TAILS or numeral.value == 0 or (numeral.is_more and behind == "来")):
            return True
        if found.unit.kind == "magnitude" and text[amount.start - 1 : amount.start] in ("抗", "防"):
            return True  # what a building withstands
        if found.name == "世纪" and (numeral.value or 0.0) >= 1:
            return True
        if found.unit.kind == "count" and _SLOGAN.match(text, amount.start - 1):
            return True
        if found.name == "升" and behind in ("至", "到", "级"):
            return True
        if not numeral.is_one or amount.value != found.unit.factor:
            return False
        if found.unit.kind == "duration" and amount.qualifier in _COMPARED:
            return False  # 不到一天
        is_article = found.name not in _ONE_OF or text[amount.start - 1 : amount.start] == "的"  # 最近的一艘
        return found.unit.kind == "duration" or (found.unit.kind == "count" and is_article)

    def _has_label(self, amount: Amount) -> bool:
        """Return True if a number is a name, by the word before it or as one of several: "kilómetros 12 y 34"."""
        gap = self._text[self._labelled_until : amount.start] if self._labelled_until >= 0 else ""
        if guards.is_labelled(self._text, amount.start) or (len(gap) < 6 and gap.strip() in _LIST_GAPS):
            self._labelled_until = amount.end
            return True
        return False

    def _word_before(self, start: int) -> str:
        match = _LAST_WORD.search(self._text[max(0, start - 14) : start])
        return match[1] if match else ""

    def _is_article(self, written: str, amount: Amount) -> bool:
        found, numeral = amount.found, amount.numeral
        if self._word_before(amount.start) in ("ni", "single"):  # "ni un sol": none
            return True
        if written in ("a", "an"):
            is_whole = found is not None and amount.value == found.unit.factor
            if is_whole and amount.qualifier in _COMPARED and self._word_before(amount.start) != "over":
                return found is None or found.unit.kind == "count" or bool(_TIME_AGO.match(self._text, amount.end))
            return found is None or (found.name != "fortnight" and is_whole)
        if found is not None and found.name == "peso":  # a weight
            return True
        if found is not None:
            return found.unit.kind == "count" or (found.unit.kind == "duration" and found.unit.factor == 86400)
        if amount.kind == "" and numeral is not None:
            return not self._text.startswith((" de ellos", " de ellas"), numeral.end)
        return amount.kind != "count"
