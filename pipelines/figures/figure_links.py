"""Say how two figures beside each other belong together: a part of a whole, a conversion, a growth. Pure."""

from __future__ import annotations

import re

from db.model.figure import Figure

_GROWTH_GAP = 48  # characters between a growth and the amount that grew
_LINK_CHARACTERS = 12  # before an amount in which the word stands that leads to it
# Between a part and its whole: "four of the five survivors", "9人中5人". The whole is nothing that happened.
_OF_WHOLE = re.compile(r" (?:out of|of|of its|of their|of the|de|de los|de las|de sus|de un total de|de unos) ")
_CHINESE_PART = re.compile(r"(?:中有?|里有?)")
# Between an amount and the same in another currency.
_IN_BRACKETS = re.compile(
    r"\s?[(（]\s?(?:约合|折合|相当于|合|约|about|some|around|or|unos|cerca de|equivalentes? a|es decir,?)?\s?"
)
# Between a value, or a range, and the same said otherwise: "between 28 and 30 tonnes, that is, about 29".
_RESTATED = re.compile(
    r"[^.;]{0,24}, (?:es decir|o sea|esto es|that is|i\.e\.|or),? (?:unos |unas |about |some )?|，即约?"
)
# Beside a number of persons one more, who is written without a number: "two miners and a driver".
_ONE_BEHIND = re.compile(
    r"(?:,? (?:y|e|and|as well as|ademas de|junto con|junto a) |、|和|及|以及|与)"
    r"(?:also |tambien )?(?:(?:a|an|one|another|un|una|otro|otra) |另?[一1][名位])"
)
_ONE_BEFORE = re.compile(
    r"(?:^|[ ,;:.(])(?:a|an|another|un|una|otro|otra) (?:[^\W\d]{1,16} ){1,3}(?:and|y|e) (?:other |otros )?$"
)
_NOUN_CHARACTERS = 24  # in which such a person is named
_GROWN_TO = re.compile(r"(?: to| hasta| hasta los| a| a los|[至到达])\s?$")


def is_part_of(folded: str, figure: Figure, following: Figure) -> bool:
    """Return True if a figure is a part of the following: "12 of the 40 boxes", but not "300 workers of 3 firms"."""
    is_alike = (figure.kind, figure.unit) == (following.kind, following.unit)
    return is_alike and bool(_OF_WHOLE.fullmatch(folded, figure.end, following.start))


def is_chinese_whole(folded: str, figure: Figure, following: Figure) -> bool:
    """Return True if a Chinese figure only says of how many the following is a part: "9人中5人"."""
    return bool(_CHINESE_PART.fullmatch(folded, figure.end, following.start))


def is_converted(folded: str, before: Figure, figure: Figure) -> bool:
    """Return True if a figure says in brackets what the one before is in another unit: "103亿元（约合14.5亿美元）"."""
    is_other = before.kind == figure.kind and before.unit != figure.unit
    return is_other and bool(_IN_BRACKETS.fullmatch(folded, before.end, figure.start))


def is_restated(folded: str, before: Figure, figure: Figure) -> bool:
    """Return True if a figure says otherwise what the one before says, so that it is of the same time and part."""
    is_alike = (before.kind, before.unit) == (figure.kind, figure.unit)
    return is_alike and bool(_RESTATED.fullmatch(folded, before.end, figure.start))


def find_one_beside(folded: str, figure: Figure) -> tuple[int, int] | None:
    """Return where one more stands beside a number of persons, as in "two miners and a driver"; None if none does."""
    if behind := _ONE_BEHIND.match(folded, figure.end):
        return behind.end(), behind.end() + _NOUN_CHARACTERS
    start = max(0, figure.start - 3 * _NOUN_CHARACTERS)
    before = _ONE_BEFORE.search(folded[start : figure.start])
    return (start + before.start(), figure.start) if before else None


def is_growth_of(folded: str, figure: Figure, amount: Figure) -> bool:
    """Return True if a figure may be the growth of an amount: "$90 million, up 8 %", "up 8 % to $90 million"."""
    if amount.start < figure.start:
        return figure.start - amount.end <= _GROWTH_GAP
    is_led_to = _GROWN_TO.search(folded, max(figure.end, amount.start - _LINK_CHARACTERS), amount.start)
    return amount.start - figure.end <= _GROWTH_GAP and is_led_to is not None


def find_years(scope: str) -> set[str]:
    """Return the years among the words of a scope."""
    return {name for name in scope.split() if name[0] == "y" and name[1:].isdigit()}
