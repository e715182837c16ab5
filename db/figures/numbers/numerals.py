"""Numbers of Spanish and English texts, in digits, in words or in both: "1,2 mil millones", "ciento veinte mil"."""

from __future__ import annotations

import re
from typing import NamedTuple

from db.figures.lexicon import UNITS, NumberWords
from db.figures.numbers.digits import DecimalSign, read_digits

MAX_NUMBER_WORDS = 16  # of one number
WORD = re.compile(r"[^\W\d_]+")
_HALF_BEHIND = re.compile(r"[ -](?:and[ -]a[ -]half|y medi[oa])\b")
_ARTICLE_BEFORE_SCALE = re.compile(r"[ -]an?[ -]([a-z]+)")
FRACTIONS = {
    "half": 2, "halve": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "twentieth": 20, "hundredth": 100,
    "mitad": 2, "tercio": 3, "cuarto": 4, "quinto": 5, "sexto": 6, "septimo": 7, "octavo": 8, "noveno": 9, "decimo": 10,
    "tercera": 3, "cuarta": 4, "quinta": 5, "sexta": 6, "septima": 7, "octava": 8, "novena": 9, "decima": 10,
    "vigesima": 20, "centesima": 100,
}  # fmt: skip
_FRACTION_OF = re.compile(
    rf"(?:(?P<n>[a-z]+|[0-9])[ -])?(?P<part>(?:{'|'.join(FRACTIONS)})s?) (?:of an?|de(?: un)?) (?P<whole>[a-z]+)\b"
)
_SHORT_SCALES = frozenset(("m", "b", "k", "mm", "mn", "tn"))  # also units or initials


class Numeral(NamedTuple):
    """A number at `text[start:end]`; `value` is None for digits that are no quantity."""

    start: int
    end: int
    value: float | None
    base: float = 0.0  # the number before its last multipliers
    scale: float = 1.0  # the product of its last multipliers: "million", "docena", "mil millones", 万
    high: float | None = None  # of a pair: 七八十
    is_word: bool = False
    is_grouped: bool = False
    is_more: bool = False  # 多, 余
    is_about: bool = False  # 来
    is_one: bool = False  # an article too: "un", "one"
    is_chinese: bool = False
    is_fraction: bool = False  # of a unit: "tres cuartos de hora"
    needs_unit: bool = False  # 千万, which is also "by all means"
    needs_qualifier: bool = False  # 百, 万 alone
    sign: str = ""  # the separator that could be read the other way


class _Sum:
    """The parts of a number: below a thousand (None: nothing yet), thousands, and above."""

    def __init__(self) -> None:
        self.above = 0.0
        self.thousands = 0.0
        self.below: float | None = None
        self.last = 0.0
        self.base = 0.0
        self.scale = 1.0
        self.multiplier = 1.0  # the last of those whose product is `scale`
        self.is_multiplied = False  # by the word read last

    @property
    def value(self) -> float:
        return self.above + self.thousands + (self.below or 0.0)

    def takes(self, value: float) -> bool:
        """Return True if a number word may follow what was read: "veinte", then "tres"."""
        if self.below is None:
            return not (self.scale > 1 and value < 1)
        room = 1.0
        for size in (100.0, 10.0):
            if self.last >= size and self.last % size == 0 and self.last >= 20:
                room = size
                break
        return 1 <= value < room

    def add(self, value: float) -> None:
        self.below = (self.below or 0.0) + value
        self.last = value
        self.is_multiplied = False

    def may_multiply(self, scale: float) -> bool:
        """Return False for a second "mil"."""
        return not (scale == 1e3 and self.thousands and self.below is None)

    def multiply(self, scale: float) -> None:
        number = self.thousands + (self.below or 0.0) or 1.0
        if self.is_multiplied:
            self.scale *= scale
        else:
            self.base, self.scale = number, scale
        self.is_multiplied = True
        self.multiplier = scale
        if scale < 1e3:
            self.below = (1.0 if self.below is None else self.below) * scale
            self.last = scale
            return
        if scale == 1e3:
            self.thousands += (1.0 if self.below is None else self.below) * scale
        else:
            self.above += number * scale
            self.thousands = 0.0
        self.below = None

    def add_half(self) -> None:
        self.below = (self.below or 0.0) + (self.multiplier / 2 if self.is_multiplied else 0.5)
        self.is_multiplied = False


def read_numeral(
    text: str, original: str, start: int, words: NumberWords, decimal_sign: DecimalSign, *, is_money: bool
) -> Numeral | None:
    """Read the number that begins at `start` of a folded text; None if none does.

    `original` is the same text before folding. `is_money` says that a currency stands before it: then "m" is million.
    """
    sum_ = _Sum()
    grouped = False
    sign = ""
    first = text[start]
    is_word = not first.isdigit()
    if is_word:
        end = start
    else:
        digits = read_digits(text, start, decimal_sign)
        if digits.value is None:
            return Numeral(start, digits.end, None)
        sum_.add(digits.value)
        end, grouped, sign = digits.end, digits.is_grouped, digits.sign
    end = _read_words(text, original, start, end, words, sum_, is_word=is_word, is_money=is_money)
    if end == start:
        return None
    return Numeral(
        start,
        end,
        sum_.value,
        base=sum_.base if sum_.scale > 1 else sum_.value,
        scale=sum_.scale,
        is_word=is_word,
        is_grouped=grouped,
        is_one=is_word and sum_.value == 1,
        sign=sign,
    )


def _read_words(
    text: str, original: str, start: int, end: int, words: NumberWords, sum_: _Sum, *, is_word: bool, is_money: bool
) -> int:
    """Add number words and multipliers from `end` on to `sum_`; return where they end."""
    for _ in range(MAX_NUMBER_WORDS):
        if end > start and (half := _HALF_BEHIND.match(text, end)):
            sum_.add_half()
            end = half.end()
            continue
        place = end if end == start else _skip_gap(text, end)
        if place > end and (rest := _read_digits_behind(text, place, words, sum_)):
            end = rest
            continue
        match = WORD.match(text, place)
        if match is None:
            break
        if match[0] in words.scales:
            taken = _scale_end(text, original, match, words, is_money=is_money, is_glued=place == end)
            taken = 0 if is_word and match[0] in _SHORT_SCALES else taken
            is_start = end == start and match[0] != "mil"
            taken = 0 if is_start or not sum_.may_multiply(words.scales[match[0]]) else taken
            if taken:
                sum_.multiply(words.scales[match[0]])
        else:
            taken = _read_value(text, match, words, sum_, is_first=end == start) if is_word else 0
        if not taken:
            break
        end = taken
    return end


def _read_value(text: str, match: re.Match[str], words: NumberWords, sum_: _Sum, *, is_first: bool) -> int:
    """Add a number word, with what joins it to those before it; return its end, or 0."""
    word, end = match[0], match.end()
    value = words.values.get(word)
    if value is not None and sum_.takes(value):
        sum_.add(value)
        article = _ARTICLE_BEFORE_SCALE.match(text, end) if value == 0.5 else None
        return article.start(1) - 1 if article and _is_measure(article[1], words) else end
    following = WORD.match(text, end + 1) if not is_first and text[end : end + 1] == " " else None
    value = words.values.get(following[0]) if following else None
    if following is None or value is None or sum_.below is None:
        return 0
    if word in words.points and value < 10:
        sum_.below += value / 10
    elif word in words.joins and value >= 1 and sum_.takes(value):
        sum_.add(value)
    else:
        return 0
    return following.end()


def _is_measure(word: str, words: NumberWords) -> bool:
    """Return True for a multiplier or a unit of which there are parts: "half a million", "half an inch"."""
    return word in words.scales or (word in UNITS and UNITS[word].kind not in ("count", "percent"))


def read_fraction_of(text: str, start: int, words: NumberWords) -> Numeral | None:
    """Read "three-quarters of a million", "tres cuartos de hora"; the unit stands behind the numeral."""
    match = _FRACTION_OF.match(text, start)
    if match is None or not _is_measure(match["whole"], words):
        return None
    part = match["part"]
    few = float(match["n"]) if (match["n"] or "").isdigit() else words.values.get(match["n"] or "a", 1.0)
    value = few / (FRACTIONS.get(part) or FRACTIONS[part.removesuffix("s")])
    if scale := words.scales.get(match["whole"]):
        return Numeral(start, match.end(), value * scale, value, scale, is_word=True)
    return Numeral(start, match.start("whole") - 1, value, value, is_word=True, is_fraction=True)


def _skip_gap(text: str, end: int) -> int:
    """Return the place behind one blank or hyphen."""
    return end + 1 if end < len(text) and text[end] in " \u00a0\u202f\u2009-" else end


def _scale_end(
    text: str, original: str, match: re.Match[str], words: NumberWords, *, is_money: bool, is_glued: bool
) -> int:
    """Return where a multiplier ends; 0 if it is none here."""
    word, end = match[0], match.end()
    if word == "miles":  # "4,7 miles de millones"
        following = WORD.match(text, end + 4) if text.startswith(" de ", end) else None
        return end + 3 if following and words.scales.get(following[0], 0) >= 1e6 else 0
    if word in _SHORT_SCALES:
        if word == "mm" and original[match.start() : end] == "MM":
            return end
        if word not in ("m", "b", "k", "mm"):
            return end
        return end if is_money or (is_glued and word != "mm" and _is_followed_by_noun(text, end)) else 0
    if text[end : end + 1] == "." and word.startswith(("mill", "mll")) and "on" not in word:
        return end + 1
    return end


def _is_followed_by_noun(text: str, end: int) -> bool:
    """Return True if the next word, or the one after it, is a unit or in the plural: "17.2m wet tonnes"."""
    for _ in range(2):
        match = WORD.match(text, end + 1) if text[end : end + 1] == " " else None
        if match is None:
            return False
        if match[0] in UNITS or (len(match[0]) > 3 and match[0][-1] == "s"):
            return True
        end = match.end()
    return False


def _read_digits_behind(text: str, place: int, words: NumberWords, sum_: _Sum) -> int:
    """Add the digits behind thousands or millions: "mil 300 millones", "1 millón 200 mil"; return their end, or 0."""
    if (
        not sum_.is_multiplied
        or sum_.multiplier < 1e3
        or sum_.below is not None
        or not text[place : place + 1].isdigit()
    ):
        return 0
    digits = read_digits(text, place, "")
    length = digits.end - place
    if digits.value is None or digits.value >= 1000 or digits.is_grouped or length > 3:
        return 0
    match = WORD.match(text, digits.end + 1)
    following = words.scales.get(match[0], 0.0) if match and len(match[0]) > 2 else 0.0
    if not (
        following == 1e3 < sum_.multiplier
        or (sum_.multiplier == 1e3 and length == 3 and not text.startswith("%", digits.end))
    ):
        return 0
    sum_.add(digits.value)
    return digits.end
