"""Find which outlets answer, and which fell silent against their own usual rate.

An outlet is silent if it publishes nothing more, relevant or not, and chance does not explain that, by its own past.
The rule for one outlet:

1. Events are hours in which crawls found something new, not pages: five articles at once are one event. They are
   counted over the 28 days before the last one, or over 26 weeks where 28 days show fewer than 150 of them. The days
   after the first look are left out, for they bring an outlet's past.
2. Time is weighed by the outlet's own week: an hour counts for as much as its weekday and its time of day usually
   bring. A Sunday, or a night, hardly counts for an outlet that never publishes then.
3. Gaps between events, so weighed, follow Weibull's law: its shape comes from how much the outlet's gaps vary (1 is a
   Poisson process; a bulletin that comes every morning has more, a topic that comes in bursts less), its scale from
   their mean. That n events alone are known of is reckoned in as for a Poisson process: exp(-y) becomes
   (1 + y / n)^-n, the predictive law of the gamma-Poisson model (Gelman et al., Bayesian Data Analysis, 2.6). We ask
   that a gap be so rare that the outlet would show it by chance less than once in twenty years of its usual rate.
4. Outlets follow no law: they have days off and holidays. So the gap must also be longer by three quarters than the
   longest that its past shows. Of twenty and more, the one longest counts for nothing here and above: it may have been
   a true silence.
5. A gap ends with the last crawl that a source answered. While the desk was off, or the network or the outlet's server
   was down, no outlet falls silent, and a silent one stays so.

So only a look changes the verdict. It is reckoned when a crawl ends, and anew when a desk starts, and stands in news.db
(`outlets.silent_since`, `usual_per_day`): there notices, the foot of digests, `vigia status` and the pages read it.

tests/benchmarks/silence.py measures false notices and delays on simulated outlets.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import gamma, log

from sqlite_utils import Database

from db.news import outlet_activity as records
from db.news.outlet_activity import Activity, PagesInHour, Visits

RATE_WINDOW = dt.timedelta(days=28)
LONG_RATE_WINDOW = dt.timedelta(days=182)  # for outlets with few events
SHORT_WINDOW_EVENTS = 150  # events from which the short window serves
MIN_EVENTS = 5  # events that make a usual rate
MIN_HISTORY = dt.timedelta(days=14)  # of history that makes a usual rate
FIRST_CRAWLS = dt.timedelta(days=2)  # after the first look: what is found then is the past
MIN_SILENCE = dt.timedelta(hours=8)  # no outlet is called silent sooner
YEARS_PER_CHANCE_GAP = 20  # of an outlet's usual rate in which chance may show such a gap once
MAX_WEIBULL_SHAPE = 3.0  # the greatest shape of Weibull's law that is believed
OUTLIER_GAPS = 20  # gaps, of which one may have been a true silence
MIN_GAP_RATIO = 1.75  # times the longest usual gap
WEEK_HOURS = 7 * 24  # hours
ONE_HOUR = dt.timedelta(hours=1)
_EPOCH = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)  # a Monday


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """An outlet that fell silent: since when (UTC), and how many pages a day it had before."""

    outlet_name: str
    since: dt.datetime
    per_day: float
    outlet: str = ""  # its id


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a desk's sources are: outlets that answered when last asked, of those watched, and the silent ones."""

    answered: int
    watched: int
    silent: tuple[Silence, ...] = ()  # the longest first


@dataclass(frozen=True, slots=True)
class UsualWeek:
    """The weight of each hour of an outlet's week, 1 on average: how much it usually publishes then."""

    weights_before: tuple[float, ...]  # [h]: the sum of the weights of all hours before hour h of the week

    def weighted_hours_until(self, at: dt.datetime) -> float:
        """Weighed hours from a fixed Monday to a moment."""
        weeks, rest = divmod((at - _EPOCH) / ONE_HOUR, WEEK_HOURS)
        hour = int(rest)
        return (
            weeks * WEEK_HOURS
            + self.weights_before[hour]
            + (rest - hour) * (self.weights_before[hour + 1] - self.weights_before[hour])
        )

    def weighted_hours_between(self, begin: dt.datetime, end: dt.datetime) -> float:
        """Weighed hours between two moments."""
        return self.weighted_hours_until(end) - self.weighted_hours_until(begin)


def estimate_week(events: Sequence[dt.datetime]) -> UsualWeek:
    """The week that these moments show, weekday by hour of the day; few of them make an even week."""
    days, hours = [1.0] * 7, [1.0] * 24
    for event in events:
        days[event.weekday()] += 1
        for near in (-1, 0, 1):  # an hour's neighbours share: nobody publishes to the minute
            hours[(event.hour + near) % 24] += 1 / 3
    scale = WEEK_HOURS / (sum(days) * sum(hours))
    return UsualWeek((0.0, *accumulate(day * hour * scale for day in days for hour in hours)))


def has_usual_rate(events: Sequence[dt.datetime], *, begin: dt.datetime) -> bool:
    """Return True if these events after `begin` are enough, over enough days, for a usual rate. Pure."""
    return len(events) >= MIN_EVENTS and events[-1] - begin >= MIN_HISTORY


def is_silent(events: Sequence[dt.datetime], *, begin: dt.datetime, until: dt.datetime) -> bool:
    """Return True if chance does not explain the gap from the last event to `until`. Pure; see the rule above.

    `events` are hours with something new, oldest first, all after `begin`, from when on the outlet was watched.
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
    """How rare a gap is where these are usual: minus the logarithm of the probability of one at least as long. Pure."""
    mean = sum(gaps) / len(gaps)
    # Two gaps as a Poisson process has them are added: few gaps don't show how regular an outlet is.
    variance = (sum((one - mean) ** 2 for one in gaps) + 2 * mean**2) / (len(gaps) + 2)
    shape = min(MAX_WEIBULL_SHAPE, (variance / mean**2) ** (-1.086 / 2))  # Justus et al. 1978, for Weibull's law
    return len(gaps) * log(1 + (gap / mean * gamma(1 + 1 / shape)) ** shape / len(gaps))


def assess_activity(
    found: Sequence[PagesInHour],
    *,
    outlet: str,
    first: dt.datetime,
    until: dt.datetime,
    listed: dt.datetime | None = None,
) -> Activity:
    """What an outlet that was looked at from `first` until `until` usually brings, and since when it brings none. Pure.

    `listed`: when it last listed a page that we have not got yet. Such an outlet publishes; that we can't get its
    pages is another trouble.
    """
    if not found:
        return Activity(outlet=outlet)
    begin = max(first + FIRST_CRAWLS, found[-1].hour - choose_window(found))
    counted = [one for one in found if one.hour > begin]
    events = [one.hour for one in counted]
    if listed is not None and events and listed > events[-1]:
        events.append(listed)
    if not has_usual_rate(events, begin=begin):
        return Activity(outlet=outlet)
    days = (events[-1] - begin) / dt.timedelta(days=1)
    return Activity(
        outlet=outlet,
        usual_per_day=round(sum(one.pages for one in counted) / days, 2),
        silent_since=events[-1] if is_silent(events, begin=begin, until=until) else None,
    )


def choose_window(found: Sequence[PagesInHour]) -> dt.timedelta:
    """Return how far back the usual rate is counted: 28 days, or 26 weeks if those have few events."""
    near = sum(one.hour >= found[-1].hour - RATE_WINDOW for one in found)
    return RATE_WINDOW if near >= SHORT_WINDOW_EVENTS else LONG_RATE_WINDOW


def update_activity(news: Database, desk: Database, *, outlets: Collection[str], now: dt.datetime) -> None:
    """Assess these outlets (ids) by their latest crawls, and write what changed to news.db."""
    found = records.count_pages_by_hour(news, outlets, window=RATE_WINDOW)
    few = [id_ for id_, hours in found.items() if choose_window(hours) == LONG_RATE_WINDOW]
    found |= records.count_pages_by_hour(news, few, window=LONG_RATE_WINDOW)
    listed = records.find_last_listed(desk, outlets)
    records.save_activity(
        news,
        [
            assess_activity(
                found.get(look.outlet, []),
                outlet=look.outlet,
                first=look.first or now,
                until=min(look.last_answered or look.first or now, now),  # a clock may have run ahead
                listed=listed.get(look.outlet),
            )
            for look in records.list_visits(news, outlets)
        ],
    )


def read_health(news: Database, *, watched: Collection[str]) -> Health:
    """Return how these outlets (ids) are, by their latest crawls."""
    looks = records.list_visits(news, watched)
    return Health(answered=sum(one.answered for one in looks), watched=len(watched), silent=list_silences(looks))


def list_silences(looks: Iterable[Visits]) -> tuple[Silence, ...]:
    """The silent ones of these outlets, the longest first. Pure."""
    silent = (
        Silence(outlet=one.outlet, outlet_name=one.name, since=one.silent_since, per_day=one.usual_per_day or 0.0)
        for one in looks
        if one.silent_since is not None
    )
    return tuple(sorted(silent, key=lambda one: (one.since, one.outlet)))
