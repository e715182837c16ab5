"""Find the quantities of a text. The work is linear in its length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from db.figures.amounts import Amount, make_share, read_amount
from db.figures.exclusions import Exclusions
from db.figures.guards import skip_code
from db.figures.numbers.calendar_dates import begins_date, read_chinese_date, read_date
from db.figures.numbers.chinese_numerals import CHINESE_NUMBER_SIGNS
from db.figures.numbers.proportions import read_chinese_share, read_share
from db.figures.parts import PartReader
from db.figures.resolve import resolve_amounts
from db.model.figure import Figure
from db.text.folding import INVISIBLE_CHARACTERS, fold
from db.text.scripts import HAN

_HIDDEN = re.compile(f"[{INVISIBLE_CHARACTERS}\u0300-\u036f\u2066-\u2069]")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>()\"“”，。]+|[\w.+-]{1,64}@[\w-]+\.[\w.]+")
_WIDE_COMMA = re.compile("(?<![０-９])，|，(?![０-９]{3})")
# What a quantity can begin with: digits, a word, Chinese numerals and words of shares.
_START = re.compile(rf"[0-9]+|[^\W\d_{HAN}]+|[{CHINESE_NUMBER_SIGNS}]+|[翻半过近大]")


def find_figures(text: str, language: str, country: str | None = None) -> list[Figure]:
    """Return the quantities of a text in their order, none inside another.

    `language` is that of the text (ISO 639-1): number words of Spanish, English and Chinese are known, digits and units
    are read in every language. `country` (ISO 3166 alpha-2) is the outlet's: it decides what "1.300" and "$" mean.
    """
    shown: list[int] | None = None
    plain = text
    if _HIDDEN.search(text):
        shown = [place for place, letter in enumerate(text) if not _HIDDEN.match(letter)]
        plain = "".join(text[place] for place in shown)
    folded = fold(_ADDRESS.sub(lambda match: "_" * len(match[0]), _WIDE_COMMA.sub("、", plain)))
    reader = PartReader(folded, plain, language, country)
    return [_locate(figure, text, shown) for figure in resolve_amounts(folded, list(_read(reader)))]


def _locate(figure: Figure, text: str, shown: list[int] | None) -> Figure:
    start, end = figure.start, figure.end
    if shown is not None:
        start, end = shown[start], shown[end - 1] + 1
    return replace(figure, start=start, end=end, surface=text[start:end])


def _read(reader: PartReader) -> Iterator[Amount]:
    text = reader.text
    exclusions = Exclusions(reader)
    place = 0
    while match := _START.search(text, place):
        start = match.start()
        amount, place = _read_at(reader, match)
        place = max(place, start + 1)
        if amount is not None:
            reader.floor = amount.end
        if amount is not None and not exclusions.is_no_quantity(amount):
            yield amount
        elif place < match.end() and not match[0][0].isdigit() and match[0][0] not in _CHINESE_START:
            place = match.end()


_CHINESE_START = frozenset(CHINESE_NUMBER_SIGNS + "翻半过近大")


def _read_at(reader: PartReader, match: re.Match[str]) -> tuple[Amount | None, int]:
    """Read what begins at a match of _START; return it, and where to go on."""
    text, start, first = reader.text, match.start(), match[0][0]
    is_digit, is_chinese = first in "0123456789", first in _CHINESE_START
    if not is_digit and not is_chinese and not reader.may_begin(match[0], match.end()):
        return None, match.end()
    date = None
    if is_digit or (not is_chinese and begins_date(match[0])):
        date = read_date(text, start, month_first=reader.country == "US")
    elif is_chinese:
        date = read_chinese_date(text, start)
    if date is not None:
        if date.value is None:
            return None, date.end
        return Amount(start, date.end, kind="date", unit="day", value=date.value.isoformat()), date.end
    if is_digit and (end := skip_code(text, start)):
        return None, end
    share = None
    if not is_digit and not is_chinese and reader.begins_fraction(start):
        return read_amount(reader, start)
    if is_digit or is_chinese:
        share = read_chinese_share(text, start) if _has_han_near(text, match.end()) else None
    if share is None and not is_chinese:
        share = read_share(text, start, reader.language)
    if share is not None:
        amount = make_share(text, start, share)
        return amount, amount.end
    return read_amount(reader, start)


def _has_han_near(text: str, place: int) -> bool:
    return any(letter > "\u2e80" for letter in text[place - 1 : place + 3])
