"""Align two sequences: which items stayed, in order. The work is counted and limited. Pure.

The rule is that of Ratcliff and Obershelp, which difflib has too: the longest run that both have, then the same on each
side of it. difflib needs time with the cube of the length where items repeat; here each look at an item is a step of a
budget. Long sequences are first cut at the items that each side has once (Bram Cohen's patience diff).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

MAX_PAIRS = 200_000  # of equal items that one comparison looks at: less than a tenth of a second, however long it is
MAX_LOOKS = 6  # at each item, to find what both sides have once
_MIN_ANCHORED_ITEMS = 400  # of both sides together; shorter stretches are aligned without anchors


class Stretch(NamedTuple):
    """Items a..b of the old sequence stand for items c..d of the new one."""

    kind: Literal["equal", "other"]
    a: int
    b: int
    c: int
    d: int


@dataclass(slots=True)
class WorkBudget:
    """How much more work a comparison may take; what does not fit any more is not begun.

    Looks grow with the length of the texts. Pairs of equal items grow with its square, so that their number is fixed.
    """

    looks: int
    pairs: int = MAX_PAIRS
    used: int = 0
    exceeded: bool = False

    def spend(self, *, looks: int = 0, pairs: int = 0) -> bool:
        """Take steps, or return False if there are not so many left."""
        if looks > self.looks or pairs > self.pairs:
            self.exceeded = True
            return False
        self.looks -= looks
        self.pairs -= pairs
        self.used += looks + pairs
        return True


def budget_for(items: int) -> WorkBudget:
    """Return the budget for a comparison of so many items of both sides together."""
    return WorkBudget(looks=MAX_LOOKS * items)


def align(old: Sequence[str], new: Sequence[str], budget: WorkBudget) -> list[Stretch]:
    """Return the stretches of both sequences in order; what the budget does not reach is one "other" stretch.

    `budget.exceeded` then says so. Neighbouring stretches are of different kinds, and none is empty.
    """
    numbers: dict[str, int] = {}
    one = [numbers.setdefault(item, len(numbers)) for item in old]
    two = [numbers.setdefault(item, len(numbers)) for item in new]
    runs: list[tuple[int, int, int]] = []  # place in old, place in new, length
    open_ranges = [(0, len(one), 0, len(two))]
    while open_ranges:
        a, b, c, d = _trim(one, two, *open_ranges.pop(), runs)
        if a == b or c == d:
            continue
        anchors = _find_anchors(one, two, a, b, c, d, budget) if b - a + d - c > _MIN_ANCHORED_ITEMS else []
        if anchors:
            for i, j in anchors:
                open_ranges.append((a, i, c, j))
                runs.append((i, j, 1))
                a, c = i + 1, j + 1
            open_ranges.append((a, b, c, d))
        elif _is_affordable(one, two, a, b, c, d, budget):
            runs += _find_runs(one, two, a, b, c, d, budget)
    return _to_stretches(sorted(runs), len(one), len(two))


def _trim(
    one: list[int], two: list[int], a: int, b: int, c: int, d: int, runs: list[tuple[int, int, int]]
) -> tuple[int, int, int, int]:
    """Take the common beginning and end of a range into `runs`, and return the range between them."""
    start, stop = a, b
    while a < b and c < d and one[a] == two[c]:
        a, c = a + 1, c + 1
    while a < b and c < d and one[b - 1] == two[d - 1]:
        b, d = b - 1, d - 1
    if a > start:
        runs.append((start, c - (a - start), a - start))
    if b < stop:
        runs.append((b, d, stop - b))
    return a, b, c, d


def _find_anchors(
    one: list[int], two: list[int], a: int, b: int, c: int, d: int, budget: WorkBudget
) -> list[tuple[int, int]]:
    """Find the most items that both ranges have once and in the same order; [] if there are none or too many."""
    if not budget.spend(looks=b - a + d - c):
        return []
    counts_one, counts_two = Counter(one[a:b]), Counter(two[c:d])
    places = {item: j for j, item in enumerate(two[c:d], start=c) if counts_two[item] == 1 == counts_one[item]}
    tails: list[int] = []  # of the best rows so far, by length: where they end in `two`
    ends: list[tuple[int, int]] = []  # the anchor at which each of them ends
    before: dict[tuple[int, int], tuple[int, int] | None] = {}
    for i in range(a, b):
        if (j := places.get(one[i])) is None:
            continue
        length = bisect_left(tails, j)
        before[i, j] = ends[length - 1] if length else None
        tails[length : length + 1], ends[length : length + 1] = [j], [(i, j)]
    found = []
    last = ends[-1] if ends else None
    while last is not None:
        found.append(last)
        last = before[last]
    return found[::-1]


def _is_affordable(one: list[int], two: list[int], a: int, b: int, c: int, d: int, budget: WorkBudget) -> bool:
    """Whether the equal pairs of a range, which are looked at once at least, fit the budget."""
    if not budget.spend(looks=b - a + d - c):
        return False
    there = Counter(two[c:d])
    if sum(n * there[item] for item, n in Counter(one[a:b]).items()) > budget.pairs:
        budget.exceeded = True
        return False
    return True


def _find_runs(
    one: list[int], two: list[int], a: int, b: int, c: int, d: int, budget: WorkBudget
) -> list[tuple[int, int, int]]:
    """Find the common runs of a range, the longest first and then on both sides of it; [] if the budget ends."""
    places: dict[int, list[int]] = defaultdict(list)
    for j in range(c, d):
        places[two[j]].append(j)
    runs = []
    open_ranges = [(a, b, c, d)]
    while open_ranges:
        a, b, c, d = open_ranges.pop()
        found = _find_longest_run(one, places, a, b, c, d, budget)
        if found is None:
            return []
        i, j, length = found
        if length:
            runs.append(found)
            if a < i and c < j:
                open_ranges.append((a, i, c, j))
            if i + length < b and j + length < d:
                open_ranges.append((i + length, b, j + length, d))
    return runs


def _find_longest_run(
    one: list[int], places: dict[int, list[int]], a: int, b: int, c: int, d: int, budget: WorkBudget
) -> tuple[int, int, int] | None:
    """Find the longest common run of a range, the earliest of several; None if the budget ends."""
    best = (a, c, 0)
    lengths: dict[int, int] = {}  # of the run that ends with the item before, by its end in the new sequence
    for i in range(a, b):
        there = places.get(one[i], ())
        first = bisect_left(there, c)
        last = bisect_left(there, d, first)
        if not budget.spend(pairs=1 + last - first):
            return None
        longer: dict[int, int] = {}
        for j in there[first:last]:
            length = longer[j] = lengths.get(j - 1, 0) + 1
            if length > best[2]:
                best = (i - length + 1, j - length + 1, length)
        lengths = longer
    return best


def _to_stretches(runs: list[tuple[int, int, int]], old_length: int, new_length: int) -> list[Stretch]:
    found: list[Stretch] = []
    a = c = 0
    for i, j, length in [*runs, (old_length, new_length, 0)]:
        if a < i or c < j:
            found.append(Stretch("other", a, i, c, j))
        if length and found and found[-1].kind == "equal":
            found[-1] = found[-1]._replace(b=i + length, d=j + length)
        elif length:
            found.append(Stretch("equal", i, i + length, j, j + length))
        a, c = i + length, j + length
    return found
