"""Two versions of a text as rows of tokens with their quantities, and the places where they differ. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from db.edits.edit_words import list_words
from db.edits.misspelling import is_misspelling
from db.edits.steady_text import SteadyParagraph, SteadyToken
from db.figures.find import find_figures
from db.model.figure import Figure
from db.text.alignment import Stretch
from db.text.folding import fold
from db.text.months import MONTHS
from db.text.scripts import is_han

MAX_RUN_CHARACTERS = 160  # of a place's text that are returned, and a word more
_LONG_RUN_TOKENS = 8  # words that only one version has are a passage, not a change of what stands there
_UNMEASURED = frozenset(("date", "number"))  # instead of a unit: days, and numbers that are no quantities
_NEAR_CHARACTERS = 8  # beside changed Chinese characters, where a person's title or a name's dot is looked for
_NO_NAMES = frozenset((*map(fold, MONTHS), *list_words("stamps", "around"), *("us", "usd", "pen", "rmb", "cny", "eur")))


class Quantity(NamedTuple):
    """A number as it is compared."""

    value: str
    unit: str  # "" if none was read


@dataclass(slots=True)
class VersionTokens:
    """One version as a row of tokens; `paragraphs` says of each in which paragraph it is."""

    rows: Sequence[SteadyParagraph]
    language: str
    country: str | None
    tokens: list[SteadyToken] = field(default_factory=list)
    paragraphs: list[int] = field(default_factory=list)
    figures: dict[int, Quantity] = field(default_factory=dict)  # place of a token -> what it belongs to
    surfaces: dict[Quantity, str] = field(default_factory=dict)
    counts: Counter[Quantity] = field(default_factory=Counter)  # how often the version states each

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            first = len(self.tokens)
            self.tokens += row.tokens
            self.paragraphs += [number] * len(row.tokens)
            found = find_figures(row.text, self.language, self.country)
            next_figure = 0
            self.counts.update(map(_to_quantity, found))
            for place, token in enumerate(row.tokens, first):
                while next_figure < len(found) and found[next_figure].end <= token.start:
                    next_figure += 1
                if next_figure < len(found) and found[next_figure].start < token.end:
                    it = found[next_figure]
                    quantity = _to_quantity(it)
                    self.figures[place] = quantity
                    self.surfaces[quantity] = it.surface
                elif token.folded[0].isdigit() or token.folded == "-":
                    quantity = Quantity(token.folded, "sign" if token.folded == "-" else "number")
                    self.counts[quantity] += 1
                    self.figures[place] = quantity
                    self.surfaces[quantity] = token.folded

    def slice(self, start: int, end: int) -> str:
        """Return the beginning of the text of some tokens, paragraphs joined by a space."""
        pieces: list[str] = []
        while start < end and sum(map(len, pieces)) <= MAX_RUN_CHARACTERS:
            number = self.paragraphs[start]
            last = bisect_right(self.paragraphs, number, start, end)
            text = self.rows[number].text
            pieces.append(text[self.tokens[start].start : self.tokens[last - 1].end])
            start = last
        return " ".join(pieces)

    def around(self, start: int, end: int) -> str:
        """Return the text beside changed tokens, and they themselves as a blank."""
        if not self.tokens:
            return ""
        place = min(start, len(self.tokens) - 1)
        text = self.rows[self.paragraphs[place]].text
        begins = self.tokens[place].start if start < len(self.tokens) else len(text)
        ends = self.tokens[end - 1].end if end > start else begins
        return f"{text[max(0, begins - _NEAR_CHARACTERS) : begins]} {text[ends : ends + _NEAR_CHARACTERS]}"


def _to_quantity(figure: Figure) -> Quantity:
    unit = "date" if figure.kind == "date" else figure.unit
    return Quantity(f"{figure.value} {figure.low} {figure.high} {figure.qualifier}", unit)


class ChangedRun:
    """A place where tokens a..b of the old version stand for c..d of the new one."""

    def __init__(self, one: VersionTokens, two: VersionTokens, stretch: Stretch, removed: set[int]) -> None:
        """removed: paragraphs of the old version that are told as gone; their words are told so alone."""
        _, a, b, c, d = stretch
        self.sides = ((one, a, b), (two, c, d))
        old = [it for it, row in zip(one.tokens[a:b], one.paragraphs[a:b], strict=True) if row not in removed]
        self.is_removed = a < b and not old
        self.is_passage = not (a < b and c < d) and b - a + d - c >= _LONG_RUN_TOKENS
        old_figures, new_figures = (
            {side.figures[place] for place in range(start, end) if place in side.figures}
            for side, start, end in self.sides
        )
        self.has_figures_on_both_sides = bool(old_figures and new_figures)
        self.figures = _compare_quantities(old_figures, new_figures)
        self.is_trifle = (self.is_removed and c == d) or is_slip(one.tokens[a:b], two.tokens[c:d])

    def list_names(self, known: set[str]) -> tuple[list[str], list[str]]:
        """Return the names that stand on either side."""
        old, new = ([] if self.is_removed else list(_list_names(*side, known)) for side in self.sides)
        if not old and not new and self._is_chinese_name():
            old, new = ([side.slice(start, end)] if start < end else [] for side, start, end in self.sides)
        return old, new

    def _is_chinese_name(self) -> bool:
        """Whether Chinese characters changed beside a person's title or the dot of a foreign name."""
        changed = [token.folded for side, start, end in self.sides for token in side.tokens[start:end]]
        if not changed or len(changed) > 2 * _NEAR_CHARACTERS or not all(map(is_han, changed)):
            return False
        around = fold(self.sides[1][0].around(*self.sides[1][1:]))
        before, _, behind = around.partition(" ")
        titles = list_words("names", "titles")
        return before.endswith(titles) or behind.startswith(titles) or "·" in before[-4:] + behind[:2]

    def count_others(self, names: set[str]) -> int:
        """Count the tokens that are of no figure and no name, on the side that has more."""
        counts = []
        for side, start, end in self.sides:
            figures = {place: side.figures[place] for place in range(start, end) if place in side.figures}
            if not self.has_figures_on_both_sides:
                figures = {place: it for place, it in figures.items() if it.unit not in _UNMEASURED}
            others = (place for place in range(start, end) if place not in figures)
            counts.append(sum(1 for place in others if side.tokens[place].folded not in names))
        return max(counts)


def _compare_quantities(old: set[Quantity], new: set[Quantity]) -> tuple[set[Quantity], set[Quantity]]:
    """Return the quantities of both sides without those that are written in another way, one without its unit.

    A date or a bare number counts only in place of another: the place and day before a report are no figures.
    """
    units: tuple[dict[str, set[str]], ...] = ({}, {})
    for found, quantities in zip(units, (old, new), strict=True):
        for it in quantities:
            found.setdefault(it.value, set()).add(it.unit)
    same = {value for value in units[0].keys() & units[1].keys() if "" in units[0][value] | units[1][value]}
    is_change = bool(old and new)
    one, other = (
        {it for it in side if it.value not in same and (is_change or it.unit not in _UNMEASURED)} for side in (old, new)
    )
    return one, other


def _list_names(side: VersionTokens, start: int, end: int, known: set[str]) -> Iterator[str]:
    """Yield capitalised words of a run; at the beginning of a sentence only those that are capitals elsewhere too."""
    for place in range(start, end):
        token = side.tokens[place]
        is_name = token.is_capital and len(token.folded) > 1 and token.folded not in _NO_NAMES
        if is_name and place not in side.figures and (not token.begins_sentence or token.folded in known):
            yield side.rows[side.paragraphs[place]].text[token.start : token.end]


def is_slip(old: Sequence[SteadyToken], new: Sequence[SteadyToken]) -> bool:
    """True if both sides are the same but for spacing and slips of the pen in words that are no names."""
    if "".join(it.folded for it in old) == "".join(it.folded for it in new):
        return True
    return len(old) == len(new) and all(
        a.folded == b.folded
        or (
            is_misspelling(a.folded, b.folded)
            and (a.begins_sentence or not a.is_capital)
            and (b.begins_sentence or not b.is_capital)
        )
        for a, b in zip(old, new, strict=True)
    )
