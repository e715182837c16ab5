"""Groups of outlets by owner and country, and which of them told a story first. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from db.model.outlet_kind import OWNERSHIPS, STATE_OWNERSHIP, UNKNOWN_OWNERSHIP, speaks_for_state

UNKNOWN_COUNTRY = "XX"
_SAME_TIME = dt.timedelta(minutes=1)  # moments less than this apart make nobody first


@dataclass(frozen=True, slots=True, order=True)
class OutletGroup:
    """The outlets of one country (ISO 3166, or UNKNOWN_COUNTRY) with one kind of owner.

    `ownership` is that of the outlets table; it is "state" for all through which a state speaks.
    """

    ownership: str
    country: str


def group_of(kind: str | None, ownership: str | None, country: str | None) -> OutletGroup:
    """Return the group of an outlet, from its columns, which may hold anything."""
    if speaks_for_state(kind, ownership):
        owner = STATE_OWNERSHIP
    else:
        owner = ownership if ownership in OWNERSHIPS else UNKNOWN_OWNERSHIP
    is_code = country is not None and len(country) == 2 and country.isascii() and country.isalpha()
    return OutletGroup(owner, country if is_code and country else UNKNOWN_COUNTRY)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryReport:
    """An article of a story, as far as it decides who was first.

    `moment` (UTC) is exact if `is_exact`; else only `day`, the day in the reader's zone, is known.
    """

    article: int
    outlet: str
    group: OutletGroup
    moment: dt.datetime
    day: dt.date
    is_exact: bool
    is_copy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCoverage:
    """The articles of a group in a story.

    first: the group's first original; None if it has copies alone. is_first: no other group can have been as early.
    lag: how long after the earliest original; None for its own group, if one of the two moments is not exact, and if
    the group may have been earlier. is_same_day: `lag` is not known, but both were published on one day.
    """

    group: OutletGroup
    outlets: int  # with articles of either kind
    originals: int
    copies: int
    first: StoryReport | None
    is_first: bool = False
    lag: dt.timedelta | None = None
    is_same_day: bool = False


def compare_groups(reports: Iterable[StoryReport]) -> list[GroupCoverage]:
    """Count the articles of each group and say who was first, the first group first.

    A copy is no report of its own: it makes no group first, and groups with copies alone come last.
    """
    by_group: dict[OutletGroup, list[StoryReport]] = {}
    for report in sorted(reports, key=lambda one: (one.moment, one.article)):
        by_group.setdefault(report.group, []).append(report)
    originals = {
        group: [report for report in listed if not report.is_copy]
        for group, listed in by_group.items()
        if not all(report.is_copy for report in listed)
    }
    earliest = min(originals, key=lambda group: originals[group][0].moment, default=None)
    others = [report for group, listed in originals.items() if group != earliest for report in listed]
    found = []
    for group, listed in by_group.items():
        first = originals[group][0] if group in originals else None
        lag, is_first, is_same_day = None, False, False
        if first is not None and earliest is not None:
            start = originals[earliest][0]
            if group == earliest:
                is_first = start.is_exact and not any(
                    _may_precede(it, start) or _is_as_early(it, start) for it in others
                )
            elif start.is_exact and first.is_exact and not any(_may_precede(one, first) for one in originals[group]):
                lag = first.moment - start.moment
            else:
                is_same_day = min(report.day for report in originals[group]) == start.day
        found.append(
            GroupCoverage(
                group=group,
                outlets=len({report.outlet for report in listed}),
                originals=len(originals.get(group, ())),
                copies=sum(report.is_copy for report in listed),
                first=first,
                is_first=is_first,
                lag=lag,
                is_same_day=is_same_day,
            )
        )
    return sorted(found, key=lambda one: (one.first is None, one.first.moment if one.first else None, one.group))


def _may_precede(report: StoryReport, other: StoryReport) -> bool:
    return not report.is_exact and report.day <= other.day


def _is_as_early(report: StoryReport, first: StoryReport) -> bool:
    return report.moment - first.moment < _SAME_TIME
