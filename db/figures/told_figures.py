"""Figures as they are compared: each with the article that tells it, its scopes apart, and what its value allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from db.model.figure import CONVERTED_SCOPE, PART_SCOPE

TellingT = TypeVar("TellingT")

TOLERANCE = 0.03  # of the larger value; closer ones are the same
MAX_ROUNDING = 0.1  # how far "about 100" reaches, of the value, at most

_ROUNDED = frozenset(("approx", "almost"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFigure:
    """A figure with the article that tells it. `original`: the article that it copies, or itself."""

    id: int
    article: int
    original: int
    outlet: str
    moment: str  # of publication, as db.model.times.stamp
    kind: str
    unit: str
    value: float
    qualifier: str
    measure: str
    concept: str
    scope: str
    is_attributed: bool
    in_lead: int  # 2: alone of its kind there

    @property
    def compared_unit(self) -> str:
        """The unit, which must be the same; "" for a count, for what is counted has many names."""
        return "" if self.kind == "count" else self.unit


class MeasureRules(NamedTuple):
    """What decides on the divergences of a measure."""

    grows: bool  # later reports are expected to say another value
    is_lasting: bool  # a property of a concept, the same in every story
    needs_lead: bool  # no word but what is counted tells the measure


class ScopeRules(NamedTuple):
    """What a scope says: a state of things, a difference that is worth showing, or why values differ."""

    is_state: bool
    is_shown: bool
    tells: str = ""  # "update": the value is a new one; "sources": it is somebody's own; sets no figures apart


class ScopedFigure(NamedTuple):
    """A figure with its scope taken apart."""

    figure: ToldFigure
    fixed: frozenset[str]  # must be the same
    shown: frozenset[str]
    states: frozenset[str]
    tells: frozenset[str]  # why the value is another one: "update", "sources"
    is_converted: bool


def take_apart(figure: ToldFigure, rules: MeasureRules, scopes: Mapping[str, ScopeRules]) -> ScopedFigure:
    """Return a figure with what its scopes say."""
    fixed, shown, states, tells = set(), set(), set(), set()
    names = set(figure.scope.split())
    for name in names - {CONVERTED_SCOPE}:
        scope = scopes.get(name)
        if scope is not None and scope.tells:
            tells.add(scope.tells)
        elif scope is not None and scope.is_state:
            if figure.kind == "count":
                states.add(name)
        elif scope is not None and scope.is_shown:
            shown.add(name)
        elif scope is not None or name == PART_SCOPE or not rules.is_lasting:  # else a year beside a lasting property
            fixed.add(name)
    return ScopedFigure(
        figure, frozenset(fixed), frozenset(shown), frozenset(states), frozenset(tells), CONVERTED_SCOPE in names
    )


class StatedValue(NamedTuple):
    """A value with its qualifier, as db.model.figure.Figure has them."""

    value: float
    qualifier: str


def read_value(one: ScopedFigure) -> StatedValue:
    """Return what a figure states."""
    return StatedValue(one.figure.value, one.figure.qualifier)


def group_by_value(told: Iterable[TellingT], read: Callable[[TellingT], StatedValue]) -> list[list[TellingT]]:
    """Group what may be the same quantity: plain values first, the smaller before the larger, and in their order.

    Those with a qualifier join the nearest value that they allow. read: returns what one states.
    """
    groups: list[tuple[StatedValue, list[TellingT]]] = []
    for one in sorted(told, key=lambda one: (read(one).qualifier != "", *read(one))):
        stated = read(one)
        near = [group for group in groups if are_compatible(group[0], stated)]
        if near:
            min(near, key=lambda group: abs(group[0].value - stated.value))[1].append(one)
        else:
            groups.append((stated, [one]))
    return [group for _, group in groups]


def are_compatible(one: StatedValue, other: StatedValue) -> bool:
    """True if both may be the same quantity."""
    (low, high), (other_low, other_high) = _reach(one), _reach(other)
    return low < other_high and other_low < high


def _reach(stated: StatedValue) -> tuple[float, float]:
    """Return between what a value may lie."""
    value, slack = stated.value, stated.value * TOLERANCE / 2
    if stated.qualifier in ("more_than", "at_least"):
        return value - slack, math.inf
    if stated.qualifier in _ROUNDED:
        slack = max(slack, min(_last_digit(value) / 2, value * MAX_ROUNDING))
    return value - slack, value + slack


def _last_digit(value: float) -> float:
    """Return what one more in the last digit that is not 0 would be: 10 for 70, 1 for 96."""
    digits = f"{value:.2e}"
    mantissa, _, exponent = digits.partition("e")
    places = len(mantissa.rstrip("0").rstrip(".").partition(".")[2])
    return float(10.0 ** (int(exponent) - places))
