"""Find which outlets answer, and which publish nothing although they usually would.

An outlet is silent if it publishes nothing new, relevant or not, for longer than chance explains by its own past. The
rule for one outlet:

1. An event is an hour in which crawls found new pages: five articles at once are one event. Events are counted over
   the 28 days before the last one, or over 26 weeks if 28 days have fewer than 150 events. The two days after the first
   crawl are left out, because its pages are older.
2. Time is weighted by the outlet's own week: an hour weighs as much as the outlet usually publishes at that weekday and
   time of day. Sundays or nights have almost no weight for an outlet that never publishes then.
3. The weighted gaps between events are taken to have a Weibull distribution. Its shape comes from the variance of the
   outlet's gaps (1 is a Poisson process; a bulletin every morning has a higher shape, a topic in bursts a lower one),
   its scale from their mean. Because only n events are known, exp(-y) is replaced by (1 + y / n)^-n, the predictive
   distribution of the gamma-Poisson model (Gelman et al., Bayesian Data Analysis, 2.6). A gap is a silence only if
   chance would give one as long less than once in twenty years of the usual rate.
4. Real outlets have days off and holidays. So the gap must also be 1.75 times as long as the longest past gap. If there
   are twenty past gaps or more, the longest of them is ignored here and above, because it may have been a silence.
5. A gap ends with the last crawl in which a source answered. So while the desk was off, or the network or the outlet's
   server was down, no outlet becomes silent, and a silent one stays silent.

So only a crawl changes the result. It is computed when a crawl ends and when a desk starts, and stored in news.db
(`outlets.silent_since`, `usual_per_day`), where notices, digests, `vigia status` and the pages read it.

tests/benchmarks/silence.py measures false notices and delays on simulated outlets.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import gamma, log

from sqlite_utils import Database

from db.coverage.usual_week import FIRST_CRAWLS, MIN_EVENTS, MIN_HISTORY, estimate_week
from db.news import outlet_activity as records
from db.news.outlet_activity import Activity, PagesInHour, Visits

RATE_WINDOW = dt.timedelta(days=28)
LONG_RATE_WINDOW = dt.timedelta(days=182)  # for outlets with few events
SHORT_WINDOW_EVENTS = 150  # with so many events, the short window is used
MIN_SILENCE = dt.timedelta(hours=8)  # no outlet is silent after a shorter gap
YEARS_PER_CHANCE_GAP = 20  # years at the usual rate in which chance may give such a gap once
MAX_WEIBULL_SHAPE = 3.0  # a higher estimate is not trusted
OUTLIER_GAPS = 20  # with so many past gaps, the longest is ignored
MIN_GAP_RATIO = 1.75  # of a silence to the longest past gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A silent outlet: the time of its last event (UTC), and its usual pages per day."""

    outlet_name: str
    since: dt.datetime
    per_day: float
    outlet: str = ""  # its id


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The number of outlets watched, of those that answered the latest crawl, and the silent ones."""

    answered: int
    watched: int
    silent: tuple[Silence, ...] = ()  # the longest first


def has_usual_rate(events: Sequence[dt.datetime], *, begin: dt.datetime) -> bool:
    """Return True if these events after `begin` suffice for a usual rate. Pure."""
    return len(events) >= MIN_EVENTS and events[-1] - begin >= MIN_HISTORY


def is_silent(events: Sequence[dt.datetime], *, begin: dt.datetime, until: dt.datetime) -> bool:
    """Return True if the gap from the last event to `until` is a silence. Pure; the module states the rule.

    `events` are the hours with new pages, oldest first, all after `begin`.
    """
    if not has_usual_rate(events, begin=begin) or until - events[-1] < MIN_SILENCE:
        return False
    week = estimate_week(events)
    gaps = sorted(week.weighted_hours_between(*pair) for pair in pairwise((begin, *events)))
    if len(gaps) >= OUTLIER_GAPS:
        gaps.pop()
    gap = week.weighted_hours_between(events[-1], until)
    in_years = len(events) / ((events[-1] - begin) / dt.timedelta(days=365)) * YEARS_PER_CHANCE_GAP
    return gap > MIN_GAP_RATIO * gaps[-1] and rarity_of(gap, gaps) > log(in_years)


def rarity_of(gap: float, gaps: Sequence[float]) -> float:
    """Return minus the logarithm of the probability of a gap at least as long. Pure.

    `gaps` are the usual ones, in weighted hours.
    """
    mean = sum(gaps) / len(gaps)
    # Two gaps with the variance of a Poisson process are added, because few gaps don't show how regular an outlet is.
    variance = (sum((usual - mean) ** 2 for usual in gaps) + 2 * mean**2) / (len(gaps) + 2)
    shape = min(MAX_WEIBULL_SHAPE, (variance / mean**2) ** (-1.086 / 2))  # Weibull: Justus et al. 1978
    return len(gaps) * log(1 + (gap / mean * gamma(1 + 1 / shape)) ** shape / len(gaps))


def assess_activity(
    found: Sequence[PagesInHour],
    *,
    outlet: str,
    first: dt.datetime,
    until: dt.datetime,
    listed: dt.datetime | None = None,
) -> Activity:
    """Return how much an outlet usually publishes, and since when it is silent. Pure.

    `found` has its hours with new pages, from crawls between `first` and `until`. `listed` is when it last listed a
    page that is not fetched yet: such an outlet publishes, even if its pages can't be fetched.
    """
    if not found:
        return Activity(outlet=outlet)
    begin = max(first + FIRST_CRAWLS, found[-1].hour - choose_window(found))
    counted = [entry for entry in found if entry.hour > begin]
    events = [entry.hour for entry in counted]
    if listed is not None and events and listed > events[-1]:
        events.append(listed)
    if not has_usual_rate(events, begin=begin):
        return Activity(outlet=outlet)
    days = (events[-1] - begin) / dt.timedelta(days=1)
    return Activity(
        outlet=outlet,
        usual_per_day=round(sum(entry.pages for entry in counted) / days, 2),
        silent_since=events[-1] if is_silent(events, begin=begin, until=until) else None,
    )


def choose_window(found: Sequence[PagesInHour]) -> dt.timedelta:
    """Return how far back the usual rate is counted: 28 days, or 26 weeks if those have few events."""
    recent_events = sum(entry.hour >= found[-1].hour - RATE_WINDOW for entry in found)
    return RATE_WINDOW if recent_events >= SHORT_WINDOW_EVENTS else LONG_RATE_WINDOW


def update_activity(news: Database, desk: Database, *, outlets: Collection[str], now: dt.datetime) -> None:
    """Assess these outlets (ids) after their latest crawls, and store changes in news.db."""
    found = records.count_pages_by_hour(news, outlets, window=RATE_WINDOW)
    infrequent = [id_ for id_, hours in found.items() if choose_window(hours) == LONG_RATE_WINDOW]
    found |= records.count_pages_by_hour(news, infrequent, window=LONG_RATE_WINDOW)
    listed = records.find_last_listed(desk, outlets)
    records.save_activity(
        news,
        [
            assess_activity(
                found.get(visits.outlet, []),
                outlet=visits.outlet,
                first=visits.first or now,
                until=min(visits.last_answered or visits.first or now, now),  # the clock may have been ahead
                listed=listed.get(visits.outlet),
            )
            for visits in records.list_visits(news, outlets)
        ],
    )


def read_health(news: Database, *, watched: Collection[str]) -> Health:
    """Return the health of these outlets (ids) after their latest crawls."""
    visits = records.list_visits(news, watched)
    answered = sum(outlet_visits.answered for outlet_visits in visits)
    return Health(answered=answered, watched=len(watched), silent=list_silences(visits))


def list_silences(visits: Iterable[Visits]) -> tuple[Silence, ...]:
    """Return the silent outlets, the longest silence first. Pure."""
    silent = (
        Silence(
            outlet=entry.outlet, outlet_name=entry.name, since=entry.silent_since, per_day=entry.usual_per_day or 0.0
        )
        for entry in visits
        if entry.silent_since is not None
    )
    return tuple(sorted(silent, key=lambda silence: (silence.since, silence.outlet)))
