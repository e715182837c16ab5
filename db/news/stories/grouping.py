"""Group articles by the likeness of their pairs, in an order that does not depend on their arrival. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

NEAREST_SHARE = 0.05  # of the likeness of two groups: of their most alike pair; the mean over their pairs has the rest


def link(logits: Sequence[float]) -> float:
    """Return how alike two groups are from the logits of their pairs, at least one: their mean, and the best a little.

    A column or a report that follows is like some articles of its story, and unlike the first wires.
    """
    return _Pairs(sum(logits), len(logits), max(logits)).likeness


class _Pairs(NamedTuple):
    total: float
    number: int
    best: float

    @property
    def likeness(self) -> float:
        return (1 - NEAREST_SHARE) * self.total / self.number + NEAREST_SHARE * self.best

    def combine(self, other: _Pairs) -> _Pairs:
        return _Pairs(self.total + other.total, self.number + other.number, max(self.best, other.best))


def group_alike(
    units: Sequence[Sequence[int]], logits: Mapping[tuple[int, int], float], *, threshold: float
) -> list[list[int]]:
    """Return the places of the units in groups: the two groups that are most alike become one, until none are alike.

    units: articles that stay together. logits: of pairs of articles of different units, once for each pair; a pair that
    is absent says nothing. threshold: the likeness from which two groups become one.
    """
    unit_of = {article: place for place, unit in enumerate(units) for article in unit}
    groups = {place: [place] for place in range(len(units))}
    linked: dict[int, dict[int, _Pairs]] = {place: {} for place in groups}
    for (one, other), logit in logits.items():
        _add(linked, unit_of[one], unit_of[other], _Pairs(logit, 1, logit))
    while True:
        alike = [
            (pairs.likeness, -one, -other)
            for one, near in linked.items()
            for other, pairs in near.items()
            if one < other
        ]
        likeness, one, other = max(alike, default=(threshold - 1, 0, 0))
        if likeness < threshold:
            return [sorted(group) for group in groups.values()]
        stays, goes = -one, -other
        groups[stays] += groups.pop(goes)
        for neighbour, pairs in linked.pop(goes).items():
            del linked[neighbour][goes]
            if neighbour != stays:
                _add(linked, stays, neighbour, pairs)


def _add(linked: dict[int, dict[int, _Pairs]], one: int, other: int, pairs: _Pairs) -> None:
    known = linked[one].get(other)
    linked[one][other] = linked[other][one] = pairs if known is None else known.combine(pairs)
