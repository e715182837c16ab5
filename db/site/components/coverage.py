"""Who has a story: its articles by groups of outlets, with how much later each group had it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from db.coverage.groups import (
    UNKNOWN_COUNTRY,
    GroupCoverage,
    OutletGroup,
    StoryReport,
    compare_groups,
    group_of,
)
from db.model.outlet_kind import STATE_KINDS, STATE_OWNERSHIP, UNKNOWN_OWNERSHIP
from db.model.times import stamp
from db.news.outlets import OutletRow
from db.site import local_time
from db.site.components.article_list import describe_outlet
from db.site.page_context import PageContext
from db.site.queries.concept_rows import ConceptArticleRow
from db.site.queries.story_rows import StoryMember
from db.site.response import TemplateVariables
from db.site.wording import SiteWording

COVERAGE_COLUMNS = (
    "ownership", "country", "outlets", "originals", "copies", "first_outlet", "first_article", "first_published",
    "first_published_precision", "is_first", "lag_seconds", "same_day",
)  # fmt: skip


def find_group(outlets: Mapping[str, OutletRow], id_: str) -> OutletGroup:
    """Return the group of an outlet; of one that is not in the database the group of which nothing is known."""
    row = outlets.get(id_)
    return group_of(None, None, None) if row is None else group_of(row["kind"], row["ownership"], row["country"])


def name_group(group: OutletGroup, wording: SiteWording) -> str:
    """Name a group: "State outlets (China)"."""
    return wording(f"groups.{group.ownership}", country=wording.country_name(group.country))


def write_group_query(group: OutletGroup, outlets: Mapping[str, OutletRow]) -> str:
    """Return the query that finds the articles of a group's outlets; "" if no query can."""
    if group.country == UNKNOWN_COUNTRY:
        return ""
    state_kinds = [f"kind:{kind}" for kind in STATE_KINDS]
    if group.ownership == STATE_OWNERSHIP:
        return f"({' OR '.join([f'ownership:{STATE_OWNERSHIP}', *state_kinds])}) country:{group.country}"
    # Outlets through which a state speaks are in its group, whatever their ownership.
    has_state_kinds = any(
        row["kind"] in STATE_KINDS
        and (row["ownership"] or UNKNOWN_OWNERSHIP, row["country"]) == (group.ownership, group.country)
        for row in outlets.values()
    )
    without = [f"-{kind}" for kind in state_kinds] if has_state_kinds else []
    return " ".join([f"ownership:{group.ownership}", f"country:{group.country}", *without])


def compare_story_groups(
    members: Iterable[StoryMember], outlets: Mapping[str, OutletRow], zone: dt.tzinfo
) -> list[GroupCoverage]:
    """Compare the groups that have a story. Days are those of the zone, as on the rest of the page."""
    return compare_groups(
        [
            StoryReport(
                article=member["id"],
                outlet=member["outlet"],
                group=find_group(outlets, member["outlet"]),
                moment=moment,
                day=_find_day(member, moment, zone),
                is_exact=bool(member["published"]) and member["published_precision"] == "time",
                is_copy=member["original"] is not None,
            )
            for member in members
            if (moment := local_time.read_moment(member["moment"])) is not None
        ]
    )


def _find_day(member: StoryMember, moment: dt.datetime, zone: dt.tzinfo) -> dt.date:
    return local_time.find_listed_day(member["published"], member["published_precision"], moment, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCount:
    """How many articles on a concept a group has."""

    group: OutletGroup
    originals: int
    copies: int


def count_groups(
    rows: Iterable[ConceptArticleRow], outlets: Mapping[str, OutletRow], *, since: dt.datetime
) -> list[GroupCount]:
    """Count the articles of each group since a moment, the group with most originals first."""
    counted: dict[OutletGroup, list[int]] = {}
    for row in rows:
        if row["moment"] >= stamp(since):
            counted.setdefault(find_group(outlets, row["outlet"]), [0, 0])[row["original"] is not None] += 1
    found = [GroupCount(group=group, originals=n, copies=copies) for group, (n, copies) in counted.items()]
    return sorted(found, key=lambda one: (-one.originals, -one.copies, one.group))


async def describe_coverage(context: PageContext, members: Sequence[StoryMember]) -> list[TemplateVariables]:
    """Return a row for each group that has the story, the first group first."""
    outlets, wording = await context.outlets(), context.wording
    by_id = {member["id"]: member for member in members}
    rows = []
    for found in compare_story_groups(members, outlets, context.zone):
        first = by_id[found.first.article] if found.first else None
        rows.append(
            {
                "name": name_group(found.group, wording),
                "state": found.group.ownership == STATE_OWNERSHIP,
                "outlets": found.outlets,
                "originals": found.originals,
                "copies": found.copies,
                "article": first["id"] if first else None,
                "outlet": describe_outlet(outlets, first["outlet"], wording) if first else None,
                "when": describe_first_article(found, context, first) if first else "",
            }
        )
    return rows


def describe_first_article(found: GroupCoverage, context: PageContext, first: StoryMember) -> str:
    """Say when a group had a story first: its moment, or how much later than the others it was."""
    if found.lag is not None:
        return context.wording.lag(found.lag)
    if found.is_same_day:
        return context.wording("coverage.same_day")
    moment = context.moment(first["published"] or first["moment"], first["published_precision"])
    return context.wording("coverage.first", moment=moment) if found.is_first else moment


def list_coverage_cells(
    members: Sequence[StoryMember], outlets: Mapping[str, OutletRow], zone: dt.tzinfo
) -> list[tuple[object, ...]]:
    """Return the groups that have a story as rows of COVERAGE_COLUMNS; what is not known is None."""
    by_id = {member["id"]: member for member in members}
    rows: list[tuple[object, ...]] = []
    for found in compare_story_groups(members, outlets, zone):
        first = by_id[found.first.article] if found.first else None
        rows.append(
            (
                found.group.ownership,
                found.group.country,
                found.outlets,
                found.originals,
                found.copies,
                first and first["outlet"],
                first and first["id"],
                first and first["published"],
                first and first["published"] and first["published_precision"],
                int(found.is_first),
                None if found.lag is None else round(found.lag.total_seconds()),
                int(found.is_same_day),
            )
        )
    return rows
