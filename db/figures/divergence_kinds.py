"""Say why outlets give different figures, as far as their articles tell it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from db.figures.told_figures import (
    MeasureRules,
    ScopedFigure,
    StatedValue,
    ToldFigure,
    are_compatible,
    read_value,
)

_MAX_BETWEEN = 3  # from one figure of an article to the next that is set beside it

DivergenceKind = Literal["update", "sources", "differs", "scope"]


def choose_kind(
    clusters: Sequence[Sequence[ScopedFigure]], rules: MeasureRules, *, has_sources: bool
) -> DivergenceKind:
    """Return why the values differ, as far as the articles tell it; "differs" if they do not."""
    in_time = sorted(clusters, key=_first_moment)
    is_later = _first_moment(in_time[0]) < _first_moment(in_time[1])
    is_told_new = any("update" in one.tells for cluster in clusters for one in cluster)
    if is_later and (is_told_new or _are_in_turn(in_time)):
        return "update"
    if has_sources or any(_is_own_count(cluster) for cluster in clusters):
        return "sources"
    grows = rules.grows and not in_time[0][0].fixed  # the losses of a day do not grow
    return "update" if is_later and grows and not _is_kept_to(in_time[0], in_time[1:]) else "differs"


def are_set_beside(clusters: Sequence[Sequence[ScopedFigure]], beside: Sequence[ToldFigure]) -> bool:
    """Return True if an article tells two of the values next to each other, each with its source.

    beside: figures of the same articles of which it is not known what they measure.
    """
    measured = clusters[0][0].figure
    by_article: dict[int, list[ToldFigure]] = defaultdict(list)
    for one in (*beside, *(one.figure for cluster in clusters for one in cluster)):
        if one.is_attributed and (one.kind, one.compared_unit) == (measured.kind, measured.compared_unit):
            by_article[one.article].append(one)
    for told in by_article.values():
        for one, other in itertools.pairwise(sorted(told, key=lambda figure: figure.id)):
            found = {_find_cluster(clusters, StatedValue(it.value, it.qualifier)) for it in (one, other)}
            if other.id - one.id <= _MAX_BETWEEN and len(found - {0}) == 2:
                return True
    return False


def _find_cluster(clusters: Sequence[Sequence[ScopedFigure]], value: StatedValue) -> int:
    """Return the number, from 1, of the only cluster that a value may be one of; 0 if there is none."""
    found = [number for number, one in enumerate(clusters, 1) if are_compatible(read_value(one[0]), value)]
    return found[0] if len(found) == 1 else 0


def _first_moment(cluster: Sequence[ScopedFigure]) -> str:
    return min(one.figure.moment for one in cluster)


def _are_in_turn(in_time: Sequence[Sequence[ScopedFigure]]) -> bool:
    """True if three values or more were told one after the other, none again after the next."""
    moments = [sorted(one.figure.moment for one in cluster) for cluster in in_time]
    return len(moments) > 2 and all(one[-1] < other[0] for one, other in itertools.pairwise(moments))


def _is_own_count(cluster: Sequence[ScopedFigure]) -> bool:
    """True if a value is somebody's own, and most tell it with a source."""
    attributed = sum(one.figure.is_attributed for one in cluster)
    return any("sources" in one.tells for one in cluster) and 2 * attributed > len(cluster)


def _is_kept_to(first: Sequence[ScopedFigure], others: Sequence[Sequence[ScopedFigure]]) -> bool:
    """True if more outlets tell the first value than any other one, after another one was told."""
    since = min(_first_moment(cluster) for cluster in others)
    keeping = {one.figure.outlet for one in first if one.figure.moment > since}
    return len(keeping) > len({one.figure.outlet for cluster in others for one in cluster})
