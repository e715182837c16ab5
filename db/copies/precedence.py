"""Which of two articles with one text was first: what was seen first, unless a credible date says otherwise. Pure.

A page may claim any date. The desk knows itself when it saw an article first, and how long after publication it usually
sees those of an outlet. A claim within that time is credited. An older one comes from the past of an outlet (its first
day on the desk, a backfill), or the desk was off: it is credited only near to the other dates of the story, or to the
first sight if that was before them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from db.model.times import read_stamp

MAX_CLOCK_ERROR = dt.timedelta(days=1)  # a page may be dated so much later than it was seen: clocks and zones are wrong
MAX_SOURCE_DIFFERENCE = dt.timedelta(days=2)  # between the dates that source and page give: zones, days without a time
LEAST_USUAL_LAG = dt.timedelta(hours=1)
MOST_USUAL_LAG = dt.timedelta(days=3)
MIN_LAGS = 8  # of an outlet, before its usual lag is known
MAX_LEAD = dt.timedelta(hours=36)  # before news that the desk saw fresh, for an outlet of which it knows little
MAX_LEAD_OF_PAST = dt.timedelta(days=30)  # before another article of the past, and for what a backfill found


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """When an article says that it was published, and when the desk saw it first.

    source_claim: the date that its source gave, in the same form; None if it gave none.
    usual_lag: of its outlet; None if it is not known, or if the article is from the outlet's first day on the desk.
    """

    id: int
    url: str
    claim: str | None  # in the form of db.model.times.stamp
    first_seen: str
    source_claim: str | None = None
    backfilled: bool = False
    usual_lag: dt.timedelta | None = None

    @property
    def lag(self) -> dt.timedelta | None:
        """From the claimed publication to the first sight."""
        return read_stamp(self.first_seen) - read_stamp(self.claim) if self.claim else None

    @property
    def is_contradicted(self) -> bool:
        """Whether its source gave another date."""
        if not self.claim or not self.source_claim:
            return False
        return abs(read_stamp(self.claim) - read_stamp(self.source_claim)) > MAX_SOURCE_DIFFERENCE

    @property
    def is_fresh(self) -> bool:
        """Whether the desk saw it as soon after publication as is usual for its outlet, or gives it no date."""
        return self.lag is None or self.lag <= (self.usual_lag if self.usual_lag is not None else MAX_LEAD)


def measure_usual_lag(lags: Sequence[dt.timedelta]) -> dt.timedelta | None:
    """Return the time within which an outlet's articles are seen; None for too few of them.

    lags: of articles from after the outlet's first day on the desk.
    """
    usual = sorted(lag for lag in lags if dt.timedelta() <= lag <= MOST_USUAL_LAG)
    if len(usual) < MIN_LAGS:
        return None
    return min(max(2 * usual[len(usual) * 9 // 10], LEAST_USUAL_LAG), MOST_USUAL_LAG)


def is_in_the_future(one: Sighting) -> bool:
    """Whether an article says that it was published long after it was seen."""
    return one.lag is not None and one.lag < -MAX_CLOCK_ERROR


def is_doubtful(one: Sighting, other: Sighting) -> bool:
    """Whether the date of `one` is not credited beside `other`, which has the same text."""
    if is_in_the_future(one):
        return True
    if one.claim is None or one.lag is None or one.lag < dt.timedelta():
        return False
    beside = min(other.claim or other.first_seen, other.first_seen)
    if one.claim >= beside and one.is_fresh:
        return False
    if one.is_contradicted:
        return one.claim < beside
    is_known = one.usual_lag is not None and not one.backfilled
    if is_known and other.is_fresh and beside < one.first_seen:  # only the date can make it the first
        return one.claim < beside and not one.is_fresh
    most = MAX_LEAD if is_known or (other.is_fresh and not one.backfilled) else MAX_LEAD_OF_PAST
    return read_stamp(min(beside, one.first_seen)) - read_stamp(one.claim) > most


def find_moment(one: Sighting, other: Sighting) -> str:
    """Return when `one` was published as far as its date is credited beside `other`, else when it was seen first."""
    if one.claim is None or is_doubtful(one, other):
        return one.first_seen
    return min(one.claim, one.first_seen)


def is_earlier(one: Sighting, other: Sighting) -> bool:
    """Whether `one` was before `other`. Of two with the same moment, the one seen first was.

    If they were seen at once too, their addresses decide: the order in which they were stored says nothing.
    """
    return (find_moment(one, other), one.first_seen, one.url) < (find_moment(other, one), other.first_seen, other.url)
