"""Find groups of outlets that usually write of a concept and have written nothing of it since a moment. Pure.

A group is said to have nothing only if all of this holds; in doubt nothing is said:

1. At least MIN_OUTLETS of its outlets answered their last crawl, within the last MAX_LOOK_AGE, are not silent in
   general (pipelines.silence) and have been watched for MIN_HISTORY. The others are left out of every count.
2. None of them has an article on the concept, original or copy, from MARGIN before the moment on: a day alone stands at
   its beginning.
3. Chance gives none less often than MAX_CHANCE. An event is a story with an original of the group; a copy is none.
   Time is weighted by the group's own week (usual_week). The chance is (1 + t / T) ** -n for n events in the time T
   before and a window of the time t: exp(-n t / T) of a Poisson process whose rate is known from n events only
   (gamma-Poisson; Gelman et al., Bayesian Data Analysis, 2.6). Interest comes in waves and fades. So the chance is the
   largest of four: that from the last 90 and that from the last 28 days, and the share of windows of the same length
   without an event in each. Where the last 28 days had fewer events a day, t is shortened by the root of the ratio.

Whether pages of these outlets were rejected is looked up afterwards (db.site.components.absent_groups).
tests/benchmarks/absence.py measures how often simulated groups are said to have nothing by chance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from db.coverage.groups import OutletGroup
from db.coverage.usual_week import FIRST_CRAWLS, MIN_EVENTS, MIN_HISTORY, estimate_week

MIN_OUTLETS = 3
MAX_LOOK_AGE = dt.timedelta(hours=24)
MARGIN = dt.timedelta(days=1)
MAX_CHANCE = 0.03  # so that false ones stay below 5 % also where interest is uneven
RATE_WINDOWS = (dt.timedelta(days=90), dt.timedelta(days=28))
SHARE_OF = 50  # the latest originals on the concept, of which the group's are counted for the reader


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedOutlet:
    """An outlet that is crawled. Times are UTC; `last_look` is its last crawl, None if that did not answer."""

    id: str
    group: OutletGroup
    first_look: dt.datetime
    last_look: dt.datetime | None
    is_silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptArticle:
    """An article that names the concept; `moment` (UTC) is when it was published, else first seen."""

    outlet: str
    story: int
    moment: dt.datetime
    is_copy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRecord:
    """What a group wrote of a concept before `since`, and whether it has nothing from then until `until`.

    `looked` is the earliest of the last looks at its outlets, `until` the same or the end of the story. `written` of
    the latest `of` originals before `since` are the group's. `chance`: of none, see `chance_of_none`.
    """

    group: OutletGroup
    outlets: tuple[str, ...]
    since: dt.datetime
    until: dt.datetime
    looked: dt.datetime
    written: int
    of: int
    chance: float
    has_written: bool

    @property
    def is_absent(self) -> bool:
        """True if the group has nothing and chance does not explain it."""
        return not self.has_written and self.chance < MAX_CHANCE


def select_watched(
    outlets: Iterable[WatchedOutlet], *, now: dt.datetime
) -> dict[OutletGroup, tuple[WatchedOutlet, ...]]:
    """Return the outlets of each group that answer and publish, without groups of fewer than MIN_OUTLETS."""
    found: dict[OutletGroup, list[WatchedOutlet]] = {}
    for outlet in outlets:
        is_read = outlet.last_look is not None and outlet.last_look >= now - MAX_LOOK_AGE
        if is_read and not outlet.is_silent and outlet.first_look + FIRST_CRAWLS + MIN_HISTORY <= now:
            found.setdefault(outlet.group, []).append(outlet)
    return {group: tuple(listed) for group, listed in found.items() if len(listed) >= MIN_OUTLETS}


def assess_groups(
    articles: Sequence[ConceptArticle],
    watched: Mapping[OutletGroup, Sequence[WatchedOutlet]],
    *,
    complete_from: dt.datetime,
    since: dt.datetime | None = None,
    latest: dt.datetime | None = None,
) -> list[GroupRecord]:
    """Assess each group with a usual rate for the concept.

    articles: all on the concept from `complete_from` on, of any outlet. since: the window's beginning; None: the
    group's last article. latest: the window's end, if it is before the last look.
    """
    ordered = sorted(articles, key=lambda article: article.moment)
    found = []
    for group, outlets in sorted(watched.items()):
        record = _assess(group, outlets, ordered, complete_from=complete_from, since=since, latest=latest)
        if record is not None:
            found.append(record)
    return found


def _assess(
    group: OutletGroup,
    outlets: Sequence[WatchedOutlet],
    articles: Sequence[ConceptArticle],
    *,
    complete_from: dt.datetime,
    since: dt.datetime | None,
    latest: dt.datetime | None,
) -> GroupRecord | None:
    looks = [outlet.last_look for outlet in outlets if outlet.last_look is not None]
    ids = {outlet.id for outlet in outlets}
    own = [article for article in articles if article.outlet in ids]
    if not looks or not own:
        return None
    until = min(*looks, latest) if latest is not None else min(looks)
    start = own[-1].moment if since is None else since
    begin = max(complete_from, *(outlet.first_look + FIRST_CRAWLS for outlet in outlets))
    events = _list_events(own, begin=begin, since=start)
    if len(events) < MIN_EVENTS or start - begin < MIN_HISTORY or until <= start:
        return None
    lately = [article for article in articles if not article.is_copy and article.moment < start][-SHARE_OF:]
    return GroupRecord(
        group=group,
        outlets=tuple(sorted(ids)),
        since=start,
        until=until,
        looked=min(looks),
        written=sum(article.outlet in ids for article in lately),
        of=len(lately),
        chance=chance_of_none(events, begin=begin, since=start, until=until),
        has_written=since is not None and own[-1].moment >= since - MARGIN,
    )


def _list_events(own: Sequence[ConceptArticle], *, begin: dt.datetime, since: dt.datetime) -> list[dt.datetime]:
    """Return when the group first had an original of each story, in order."""
    first: dict[int, dt.datetime] = {}
    for article in own:
        if not article.is_copy and begin <= article.moment < since:
            first.setdefault(article.story, article.moment)
    return sorted(first.values())


def chance_of_none(
    events: Sequence[dt.datetime], *, begin: dt.datetime, since: dt.datetime, until: dt.datetime
) -> float:
    """Return how likely no event is between `since` and `until`, from the events between `begin` and `since`.

    Between 0 and 1; the module says how.
    """
    starts = [max(begin, since - window) for window in RATE_WINDOWS]
    long, recent = (
        sum(event >= start for event in events) / max((since - start) / dt.timedelta(days=1), 1.0) for start in starts
    )
    decline = min(1.0, sqrt(recent / long)) if long else 0.0
    return max(_chance_in_window(events, begin=start, since=since, until=until, decline=decline) for start in starts)


def _chance_in_window(
    events: Sequence[dt.datetime], *, begin: dt.datetime, since: dt.datetime, until: dt.datetime, decline: float
) -> float:
    counted = [event for event in events if event >= begin]
    week = estimate_week(counted)
    whole = week.weighted_hours_between(begin, since)
    if whole <= 0:
        return 1.0
    # None in a long window is none in its beginning too, and for that the past is long enough.
    gap = min(decline * week.weighted_hours_between(since, until), whole / 2)
    past = (week.weighted_hours_between(*pair) for pair in pairwise((begin, *counted, since)))
    empty = sum(max(0.0, one - gap) for one in past) / (whole - gap)  # of the windows that begin at any moment
    return float(max((1 + gap / whole) ** -len(counted), empty))
