"""What changed between two versions of a text: by sentence, and within a changed sentence by word. Pure.

The work is limited (`db.text.alignment`): versions that would take more of it are said to have changed throughout.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from db.text.alignment import WorkBudget, align, budget_for
from db.text.scripts import HAN
from db.text.sentences import split_sentences

MAX_COMPARED_CHARS = 2_000_000  # of both versions together
_MAX_STRETCH_CHARS = 4_000  # of several changed sentences that are compared by word, both sides together
_LEAST_SHARE = 0.5  # of the words of a stretch that stayed; with fewer it is shown as replaced

# A Chinese character, a word or figure with the space after it, a punctuation mark, a space. Joined they are the text.
_WORDS = re.compile(rf"[{HAN}]|(?:[^\W{HAN}](?:[.,:'’-](?=\w))?)+\s*|[^\w\s]\s*|\s+")
_SIGNS: dict[str, Literal["same", "in", "out"]] = {"=": "same", "+": "in", "-": "out"}


class Change(NamedTuple):
    """A stretch of text that is the same in both versions, came in or went out."""

    kind: Literal["same", "in", "out"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two versions of a text in one row. `throughout`: the comparison took too much work and was not finished."""

    changes: tuple[Change, ...]
    throughout: bool = False

    def to_runs(self) -> list[list[str | int]]:
        """Return kind ("=", "+" or "-") and length of each change: with both texts, the comparison again."""
        signs = {kind: sign for sign, kind in _SIGNS.items()}
        return [[signs[kind], len(text)] for kind, text in self.changes]


def find_changes(before: str, after: str, budget: WorkBudget | None = None) -> Comparison:
    """Compare two versions. Without `budget`, the work grows in step with their length and ends at a limit."""
    if before == after:
        return Comparison(changes=(Change("same", before),) if before else ())
    if len(before) + len(after) > MAX_COMPARED_CHARS:
        return _replace_all(before, after)
    old, new = (split_sentences(text, keep_spaces=True) for text in (before, after))
    budget = budget or budget_for(len(before) + len(after))
    stretches = align(old, new, budget)
    if budget.exceeded:
        return _replace_all(before, after)
    found: list[Change] = []
    finished = True
    for kind, a, b, c, d in stretches:
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            found.append(Change("same", gone))
        elif gone and come and (len(gone) + len(come) < _MAX_STRETCH_CHARS or b - a == d - c == 1):
            found += _find_changed_words(gone, come, budget)
        else:
            found += _replaced(gone, come)
            finished = finished and not (gone and come)
    stayed = sum(len(text) for kind, text in found if kind == "same")
    if (budget.exceeded or not finished) and stayed * 10 < len(before):
        return _replace_all(before, after)
    return Comparison(changes=tuple(found))


def read_runs(runs: Sequence[Sequence[str | int]], before: str, after: str) -> tuple[Change, ...] | None:
    """Return the changes that `Comparison.to_runs` wrote; None if they are not those of these two texts."""
    found = []
    old = new = 0
    for sign, length in runs:
        if sign not in _SIGNS or not isinstance(length, int):
            return None
        text = after[new : new + length] if sign == "+" else before[old : old + length]
        if sign == "=" and after[new : new + length] != text:
            return None
        old += length * (sign != "+")
        new += length * (sign != "-")
        found.append(Change(_SIGNS[str(sign)], text))
    return tuple(found) if (old, new) == (len(before), len(after)) else None


def _find_changed_words(before: str, after: str, budget: WorkBudget) -> Iterable[Change]:
    old, new = (_WORDS.findall(text) for text in (before, after))
    stretches = align(old, new, budget)
    stayed = sum(b - a for kind, a, b, _, _ in stretches if kind == "equal")
    if stayed < _LEAST_SHARE * (len(old) + len(new)) / 2:
        return _replaced(before, after)
    found = []
    for kind, a, b, c, d in stretches:
        if kind == "equal":
            found.append(Change("same", "".join(old[a:b])))
        else:
            found += _replaced("".join(old[a:b]), "".join(new[c:d]))
    return found


def _replaced(gone: str, come: str) -> list[Change]:
    changes = (Change("out", gone), Change("in", come))
    return [change for change in changes if change.text]


def _replace_all(before: str, after: str) -> Comparison:
    return Comparison(changes=tuple(_replaced(before, after)), throughout=True)
