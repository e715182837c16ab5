"""Figures as they are compared: each with the article that tells it, and its scopes taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from db.model.figure import CONVERTED_SCOPE, PART_SCOPE


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
