"""Find where outlets give different figures for the same thing. In doubt there is no divergence.

Figures differ if they are of one measure, unit and scope, more than 3 % apart and outside what their qualifiers say,
and stand in different originals of different outlets. Nothing is converted between currencies.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from db.figures.divergence_kinds import DivergenceKind, are_set_beside, choose_kind
from db.figures.told_figures import (
    TOLERANCE,
    MeasureRules,
    ScopedFigure,
    ScopeRules,
    ToldFigure,
    are_compatible,
    group_by_value,
    read_value,
    take_apart,
)
from db.model.figure import PART_SCOPE

MAX_RATIO = 4.0  # between two figures; what is farther apart is of different things
MAX_RATIO_BESIDE = 10.0  # if an article sets them beside each other with their sources

_SHARES_SLACK = 0.5  # between the sum of two shares and 100, at most, if one is the rest of the other
_RARE_FROM = 100.0  # values that are hardly the same by chance
_LIMITS = frozenset(("up_to", "less_than", "range"))  # "up to 1,100" says a limit, and "two or three" is vague


class FoundDivergence(NamedTuple):
    """Figures of one measure that differ, the earliest first. `since`: when the second value was first told."""

    measure: str
    concept: str
    unit: str
    kind: DivergenceKind
    since: str
    figures: tuple[int, ...]


def find_divergences(
    told: Iterable[ToldFigure],
    *,
    measures: Mapping[str, MeasureRules],
    scopes: Mapping[str, ScopeRules],
    beside: Sequence[ToldFigure] = (),
) -> list[FoundDivergence]:
    """Return the divergences among the figures of a story, or of a concept.

    beside: figures of the same articles of which it is not known what they measure. They are compared with nothing,
    but show that an article sets two values beside each other with their sources.
    """
    told = sorted(told, key=lambda one: (one.moment, one.article, one.id))
    groups: dict[tuple[str, str, str, frozenset[str]], list[ScopedFigure]] = defaultdict(list)
    for figure in told:
        rules = measures.get(figure.measure)
        if rules is None or figure.qualifier in _LIMITS or figure.value <= 0 or figure.unit == "?":
            continue
        one = take_apart(figure, rules, scopes)
        if PART_SCOPE not in one.fixed:
            groups[figure.measure, figure.concept, figure.compared_unit, one.fixed].append(one)
    found = []
    for (measure, _, _, _), group in groups.items():
        found += _compare(group, measures[measure], beside)
    return [divergence for divergence in found if not _is_of_two_measures(divergence, told)]


def _is_of_two_measures(divergence: FoundDivergence, told: Sequence[ToldFigure]) -> bool:
    """True if an article counts one value as such, and another one as other things: 410 vehicles, 320 buses.

    Small numbers are not asked: three dead and four injured are no other two than four dead.
    """
    ids = set(divergence.figures)
    own: dict[int, list[float]] = defaultdict(list)
    for one in told:
        if one.id in ids and one.kind == "count" and one.value >= _RARE_FROM:
            own[one.article].append(one.value)
    values = {value for of_article in own.values() for value in of_article}
    for other in told:
        if other.kind != "count" or other.measure == divergence.measure or other.article not in own:
            continue
        beside = own[other.article]
        same = (value for value in values if _is_same(value, other.value))
        if any(not _is_same(min(beside), value) or not _is_same(max(beside), value) for value in same):
            return True
    return False


def _is_same(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE / 2 * one


def _compare(group: Sequence[ScopedFigure], rules: MeasureRules, beside: Sequence[ToldFigure]) -> list[FoundDivergence]:
    by_scope: dict[frozenset[str], list[ScopedFigure]] = defaultdict(list)
    for one in group:
        by_scope[one.shown].append(one)
    compared = (_compare_alike(members, rules, group, beside) for members in by_scope.values())
    found = [divergence for divergence in compared if divergence is not None]
    if not found and len(by_scope) > 1 and rules.is_lasting:
        found += _compare_scopes(group)
    return found


def _compare_alike(
    members: Sequence[ScopedFigure],
    rules: MeasureRules,
    group: Sequence[ScopedFigure],
    beside: Sequence[ToldFigure],
) -> FoundDivergence | None:
    """Return the divergence among figures of one scope, if no article of `group` says what sets them apart."""
    stated, has_sources = _settle_articles(_leave_out_far(members), rules)
    clusters = [cluster for cluster in _cluster(stated) if not all(one.is_converted for one in cluster)]
    if rules.needs_lead:
        clusters = [cluster for cluster in clusters if any(_is_told_as_news(one) for one in cluster)]
    clusters = _keep_near(clusters, MAX_RATIO_BESIDE if has_sources else MAX_RATIO)
    if len(clusters) < 2 or not _is_supported(clusters) or _is_explained(clusters, group) or _is_rest(clusters):
        return None
    if rules.needs_lead and not rules.grows and not has_sources and not _is_certain(clusters):
        return None
    kind = choose_kind(clusters, rules, has_sources=has_sources)
    if kind == "differs" and are_set_beside(clusters, beside):
        kind = "sources"
    return _describe(clusters, kind)


def _is_told_as_news(one: ScopedFigure) -> bool:
    """True if a figure is no background: it stands in a lead, or somebody's own count is set against others."""
    return one.figure.in_lead > 0 or "sources" in one.tells


def _is_certain(clusters: Sequence[Sequence[ScopedFigure]]) -> bool:
    """True if two originals tell one of the values, or each value stands alone of its kind in a lead.

    Where each article tells another value, they may be of different things.
    """
    if any(_count_originals(cluster) > 1 for cluster in clusters):
        return True
    return all(any(one.figure.in_lead > 1 for one in cluster) for cluster in clusters)


def _is_rest(clusters: Sequence[Sequence[ScopedFigure]]) -> bool:
    """True if two shares make up the whole: one buys 70 %, and who sells keeps 30 %."""
    shares = [cluster[0].figure.value for cluster in clusters if cluster[0].figure.unit == "%"]
    return any(abs(one + other - 100) <= _SHARES_SLACK for one, other in itertools.combinations(shares, 2))


def _is_explained(clusters: Sequence[Sequence[ScopedFigure]], group: Sequence[ScopedFigure]) -> bool:
    """True if an article tells two of the values in different scopes: first stage and whole."""
    scopes: dict[int, dict[int, set[frozenset[str]]]] = defaultdict(lambda: defaultdict(set))
    for one in group:
        for number, cluster in enumerate(clusters):
            if are_compatible(read_value(cluster[0]), read_value(one)):
                scopes[one.figure.article][number].add(one.shown)
    return any(not one & other for found in scopes.values() for one, other in itertools.combinations(found.values(), 2))


def _settle_articles(members: Sequence[ScopedFigure], rules: MeasureRules) -> tuple[list[ScopedFigure], bool]:
    """Return what each article says: several values only if it names who says them, else the one of its lead.

    Also whether an article sets two values beside each other.
    """
    by_article: dict[int, list[ScopedFigure]] = defaultdict(list)
    for one in members:
        by_article[one.figure.article].append(one)
    stated: list[ScopedFigure] = []
    has_sources = False
    by_article = _leave_out_common(by_article)
    for told in by_article.values():
        if len(_cluster(told)) < 2:
            stated += told
        elif all(one.figure.is_attributed for one in told):
            has_sources = True
            stated += told
        else:
            leading = [one for one in told if one.figure.in_lead]
            clusters = _cluster(leading)
            if len(clusters) == 2 and rules.grows and leading[0].figure.kind == "count":
                # An article about a toll that has grown tells the one before too.
                clusters = [max(clusters, key=lambda cluster: cluster[0].figure.value)]
            stated += clusters[0] if len(clusters) == 1 else []
    return stated, has_sources


def _leave_out_common(by_article: dict[int, list[ScopedFigure]]) -> dict[int, list[ScopedFigure]]:
    """Leave out the value in which articles agree that differ in another one: 180 or 210 m of a bridge of 420 m.

    Two originals must tell each of those in which they differ.
    """
    several = {
        article: told
        for article, told in by_article.items()
        if len(_cluster(told)) == 2 and not all(one.figure.is_attributed for one in told)
    }
    clusters = _cluster([one for told in several.values() for one in told])
    common = [cluster for cluster in clusters if {one.figure.article for one in cluster} == set(several)]
    if len(common) != 1 or len(clusters) < 3:
        return by_article
    shared = read_value(common[0][0])
    left = {
        article: [one for one in told if not are_compatible(read_value(one), shared)]
        for article, told in by_article.items()
    }
    is_told_twice = (
        _count_originals(cluster) > 1 for cluster in _cluster([one for told in left.values() for one in told])
    )
    return left if all(is_told_twice) else by_article


def _count_originals(cluster: Sequence[ScopedFigure]) -> int:
    return len({one.figure.original for one in cluster})


def _cluster(told: Sequence[ScopedFigure]) -> list[list[ScopedFigure]]:
    return group_by_value(sorted(told, key=lambda one: one.figure.id), read_value)


def _leave_out_far(members: Sequence[ScopedFigure]) -> list[ScopedFigure]:
    """Leave out what is far from the value that most originals tell: it is of other things, whoever tells it."""
    main = max(_cluster(members), key=lambda cluster: (_count_originals(cluster), -cluster[0].figure.id))
    value = main[0].figure.value

    def is_near(one: ScopedFigure) -> bool:
        ratio = MAX_RATIO_BESIDE if one.figure.is_attributed else MAX_RATIO
        return 1 / ratio <= one.figure.value / value <= ratio

    return [one for one in members if is_near(one)]


def _keep_near(clusters: list[list[ScopedFigure]], ratio: float = MAX_RATIO) -> list[list[ScopedFigure]]:
    """Leave out values far from the one that most articles tell."""
    if not clusters:
        return []

    def count(cluster: list[ScopedFigure]) -> tuple[int, int, int]:
        value = cluster[0].figure.value
        near = sum(1 / ratio <= other[0].figure.value / value <= ratio for other in clusters)
        return _count_originals(cluster), near, -cluster[0].figure.id

    main = max(clusters, key=count)
    kept = []
    for cluster in clusters:
        low, high = sorted((cluster[0].figure.value, main[0].figure.value))
        is_alike = cluster is main or any(_may_meet(one, other) for one in cluster for other in main)
        if high <= ratio * low and is_alike:
            kept.append(cluster)
    return kept


def _may_meet(one: ScopedFigure, other: ScopedFigure) -> bool:
    return not one.states or not other.states or bool(one.states & other.states)


def _is_supported(clusters: Sequence[Sequence[ScopedFigure]]) -> bool:
    """True if the values stand in at least two originals of at least two outlets."""
    for one, other in itertools.combinations(clusters, 2):
        for a in one:
            for b in other:
                if a.figure.original != b.figure.original and a.figure.outlet != b.figure.outlet:
                    return True
    return False


def _compare_scopes(group: Sequence[ScopedFigure]) -> list[FoundDivergence]:
    """Return what may not mean the same, unless an article tells both."""
    clusters = _cluster(group)
    articles = [{one.figure.article for one in cluster} for cluster in clusters]
    if len(clusters) != 2 or articles[0] & articles[1]:
        return []
    if len(_keep_near(clusters)) < 2 or not _is_supported(clusters):
        return []
    return [_describe(clusters, "scope")]


def _describe(clusters: Sequence[Sequence[ScopedFigure]], kind: DivergenceKind) -> FoundDivergence:
    figures = sorted((one.figure for cluster in clusters for one in cluster), key=lambda one: (one.moment, one.id))
    firsts = sorted(min(one.figure.moment for one in cluster) for cluster in clusters)
    first = figures[0]
    ids = tuple(one.id for one in figures)
    return FoundDivergence(first.measure, first.concept, first.compared_unit, kind, firsts[1], ids)
