"""Say which groups of outlets have nothing of a concept or a story, if chance and our own rules do not explain it.

db.coverage.absence has the rule. Here the third of its proofs is looked up: that no page of these outlets was rejected
that names the concept in its headline, and that nearly all of their pages could be read.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from db.coverage.absence import (
    MARGIN,
    MAX_CHANCE,
    MAX_LOOK_AGE,
    ConceptArticle,
    GroupRecord,
    WatchedOutlet,
    assess_groups,
    select_watched,
)
from db.coverage.groups import OutletGroup
from db.model.rejection import RejectionReason
from db.model.times import read_stamp, stamp
from db.news.outlet_activity import SELECT_VISITS, read_visits
from db.news.outlets import OutletRow
from db.search.locate import locate, read_term
from db.site.components.coverage import find_group, name_group
from db.site.page_context import PageContext, parse_json_list
from db.site.queries.concept_rows import (
    CONCEPT_ARTICLES,
    MAX_CONCEPT_ARTICLES,
    MAX_READ_REJECTIONS,
    REJECTED_PAGES,
    ConceptArticleRow,
    RejectedPage,
)
from db.site.queries.concepts import NAMES_OF
from db.site.response import TemplateVariables
from db.text.folding import fold

# Pages that nobody read: nothing is known of what they say.
UNREAD_REASONS = frozenset(
    {
        RejectionReason.FORBIDDEN,
        RejectionReason.ROBOTS,
        RejectionReason.UNREACHABLE,
        RejectionReason.TOO_LARGE,
        RejectionReason.SCAN,
        RejectionReason.UNREADABLE,
        RejectionReason.ANALYSIS_CRASHED,
        RejectionReason.ANALYSIS_TIMEOUT,
    }
)
MAX_UNREAD_SHARE = 0.2  # of an outlet's rejected pages
MIN_UNREAD = 3
ABSENCE_COLUMNS = (
    "has_nothing", "of_concept", "outlets_read", "since", "last_look", "wrote_before", "of_articles_before",
    "rejected_pages",
)  # fmt: skip
_FIRST_MOMENT = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRejections:
    """Rejected pages that name a concept in their headlines: how many, of which outlets, by which name most."""

    pages: int
    outlets: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAbsence:
    """A group without an article, and the rejected pages that may explain it."""

    concept: str
    record: GroupRecord
    rejected: NamedRejections | None


async def find_concept_absences(
    context: PageContext, concept: str, rows: Sequence[ConceptArticleRow]
) -> list[ShownAbsence]:
    """Return the groups that usually write of a concept and have nothing since their last article on it."""
    watched = await _list_watched(context, await context.outlets())
    records = assess_groups(_list_articles(rows), watched, complete_from=find_complete_from(rows))
    return await _look_up_rejections(context, [(concept, record) for record in records if record.is_absent])


async def find_story_absences(
    context: PageContext, concepts: Sequence[str], *, began: dt.datetime, latest: dt.datetime, has: Collection[str]
) -> list[ShownAbsence]:
    """Return the groups that have nothing of a story, nor of one of its concepts since it began.

    concepts: in the order of preference; a group is judged by the first of which it usually writes so much that none
    would be unlikely. has: the outlets that have the story. began, latest: between which moments it was told.
    """
    outlets = await context.outlets()
    groups = {find_group(outlets, id_) for id_ in has}
    watched = await _list_watched(context, outlets)
    watched = {group: listed for group, listed in watched.items() if group not in groups}
    judged: dict[OutletGroup, tuple[str, GroupRecord]] = {}
    for concept in concepts if watched else ():
        rows = await read_concept_articles(context, concept)
        articles, complete_from = _list_articles(rows), find_complete_from(rows)
        for record in assess_groups(articles, watched, complete_from=complete_from, since=began, latest=latest):
            if record.chance < MAX_CHANCE:
                judged.setdefault(record.group, (concept, record))
    return await _look_up_rejections(context, [pair for pair in judged.values() if pair[1].is_absent])


async def read_concept_articles(context: PageContext, concept: str) -> list[ConceptArticleRow]:
    """Return the newest articles that name a concept; none if that takes too long."""
    return await context.read_or_none((CONCEPT_ARTICLES, {"concept": concept})) or []


def find_complete_from(rows: Sequence[ConceptArticleRow]) -> dt.datetime:
    """Return from when on these rows are all articles on the concept: more were not read than CONCEPT_ARTICLES does."""
    return read_stamp(rows[-1]["first_seen"]) if len(rows) >= MAX_CONCEPT_ARTICLES else _FIRST_MOMENT


def _list_articles(rows: Sequence[ConceptArticleRow]) -> list[ConceptArticle]:
    return [
        ConceptArticle(
            outlet=row["outlet"],
            story=row["story"],
            moment=read_stamp(row["moment"]),
            is_copy=row["original"] is not None,
        )
        for row in rows
    ]


async def _list_watched(
    context: PageContext, outlets: dict[str, OutletRow]
) -> dict[OutletGroup, tuple[WatchedOutlet, ...]]:
    since = stamp(context.now - MAX_LOOK_AGE)  # so that the crawls of an outlet that fails for months are not read
    rows = await context.read_or_none((SELECT_VISITS, {"outlets": json.dumps(list(outlets)), "since": since})) or []
    return select_watched(
        (
            WatchedOutlet(
                id=visits.outlet,
                group=find_group(outlets, visits.outlet),
                first_look=visits.first,
                last_look=visits.last_answered if visits.answered else None,
                is_silent=visits.silent_since is not None,
            )
            for visits in map(read_visits, rows)
            if visits.first is not None
        ),
        now=context.now,
    )


async def _look_up_rejections(context: PageContext, absences: Sequence[tuple[str, GroupRecord]]) -> list[ShownAbsence]:
    """Leave out the absences that unread pages may explain, and add the rejected pages that name the concept."""
    concepts = sorted({concept for concept, _ in absences})
    named = await context.read(NAMES_OF, {"ids": json.dumps(concepts)}) if concepts else []
    names = {row["id"]: [str(name) for name in parse_json_list(row["names"])] for row in named}
    found = []
    for concept, record in absences:
        if not names.get(concept):  # a country, or a concept of an earlier topic
            continue
        period = {"since": stamp(record.since - MARGIN), "until": stamp(record.looked)}
        pages = await context.read_or_none((REJECTED_PAGES, {"outlets": json.dumps(record.outlets)} | period))
        if pages is not None and len(pages) < MAX_READ_REJECTIONS and not has_many_unread(pages):
            rejected = find_named(pages, names[concept])
            found.append(ShownAbsence(concept=concept, record=record, rejected=rejected))
    return found


def has_many_unread(pages: Sequence[RejectedPage]) -> bool:
    """Return True if an outlet has so many unread pages among these that its articles may be among them. Pure."""
    listed = Counter(page["outlet"] for page in pages)
    unread = Counter(page["outlet"] for page in pages if page["reason"] in UNREAD_REASONS)
    return any(n >= MIN_UNREAD and n > MAX_UNREAD_SHARE * listed[outlet] for outlet, n in unread.items())


def find_named(pages: Sequence[RejectedPage], names: Sequence[str]) -> NamedRejections | None:
    """Return the pages whose headlines have one of the names; None if there is none. Pure."""
    folded = [(name, fold(name), read_term(name)) for name in names if name]
    outlets: set[str] = set()
    counts: Counter[str] = Counter()
    for page in pages:
        title = fold(page["title"] or "")
        for name, beginning, term in folded:
            if beginning in title and locate(title, [term]):
                outlets.add(page["outlet"])
                counts[name] += 1
                break
    if not counts:
        return None
    return NamedRejections(
        pages=counts.total(), outlets=tuple(sorted(outlets)), name=min(counts, key=lambda name: (-counts[name], name))
    )


def list_absence_cells(absence: ShownAbsence | None) -> tuple[object, ...]:
    """Return the cells of ABSENCE_COLUMNS for a group; None for one of which nothing is said. Pure."""
    if absence is None:
        return (0, *(None for _ in ABSENCE_COLUMNS[1:]))
    record, rejected = absence.record, absence.rejected
    pages = rejected.pages if rejected else 0
    return (
        int(rejected is None),
        absence.concept,
        len(record.outlets),
        stamp(record.since),
        stamp(record.looked),
        record.written,
        record.of,
        pages,
    )


async def describe_absences(
    context: PageContext, absences: Sequence[ShownAbsence], *, sentence: str
) -> list[TemplateVariables]:
    """Return a sentence for each absence, made of the catalogue's `sentence`, and where to look at rejected pages."""
    concepts, wording = await context.concepts(), context.wording
    found = []
    for absence in absences:
        record, rejected = absence.record, absence.rejected
        group = name_group(record.group, wording)
        concept = concepts[absence.concept].name if absence.concept in concepts else absence.concept
        if rejected is not None:
            found.append(
                {
                    "sentence": wording("absence.rejected", group=group, n=rejected.pages, concept=concept),
                    "look": _link_rejections(context, record, rejected),
                }
            )
            continue
        values = {"written": record.written, "of": record.of, "day": context.day(stamp(record.since), "time")}
        said = wording(
            sentence, group=group, n=len(record.outlets), concept=concept, moment=context.moment(stamp(record.looked)),
            **values,
        )  # fmt: skip
        found.append({"sentence": said, "look": ""})
    return found


def _link_rejections(context: PageContext, record: GroupRecord, rejected: NamedRejections) -> str:
    """Return the address of the records of rejected pages, narrowed to these as far as its filters can."""
    arguments = {
        "outlet__in": ",".join(rejected.outlets),
        "title__contains": rejected.name,
        "seen_at__gte": stamp(record.since - MARGIN),
        "_sort_desc": "seen_at",
    }
    return f"/{context.database}/rejections?{urlencode(arguments)}"
