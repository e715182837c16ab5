"""Describe a story in a briefing: headline, a quoted sentence, who told it, what differs, who has nothing, edits."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Collection, Mapping, Sequence

from db.coverage.groups import GroupCoverage
from db.model.times import read_stamp
from db.news.outlets import OutletRow
from db.news.stories.divergence_lookup import TOLD_IN_STORY, ToldRow, group_told
from db.site.briefings.document import BriefingSection, PointList, Quotation, TextLine, TextRun
from db.site.briefings.note_list import MAX_HEADLINE_CHARACTERS, NoteList
from db.site.briefings.select_stories import StoryRank
from db.site.components.absent_groups import describe_absences
from db.site.components.article_list import describe_outlet
from db.site.components.coverage import compare_story_groups, describe_first_article, find_group, name_group
from db.site.components.edit_entries import describe_edit
from db.site.components.shown_divergences import describe_divergences
from db.site.components.story_absences import choose_story_concepts, find_absences_of_story
from db.site.components.story_list import choose_headline
from db.site.components.teller_counts import describe_voices
from db.site.exports.citations import printable_line
from db.site.local_time import find_listed_day
from db.site.page_context import PageContext
from db.site.queries.articles import ARTICLES_BY_ID, ArticleOfPage
from db.site.queries.edit_list import EDITS_OF_ARTICLES
from db.site.queries.story_rows import STORY_MEMBERS, StoryMember
from db.text.excerpt import take_first_sentence
from db.text.sanitise import one_line

MAX_OUTLET_NAME_CHARACTERS = 80
MIN_SENTENCE_CHARACTERS = 12  # what is shorter, such as "1." or "Sí.", is quoted with the next
MAX_GROUPS = 12  # of a story
MAX_OUTLETS_OF_GROUP = 6
MAX_DIVERGENCES = 4
MAX_NOTES_OF_VALUE = 3
MAX_EDITS = 4
MAX_CHANGED_FIGURES = 3  # of an edit
MAX_FIGURE_CHARACTERS = 30


async def describe_story(
    context: PageContext,
    rank: StoryRank,
    notes: NoteList,
    *,
    last_day: dt.date,
    found: Collection[int],
    since: str,
    until: str,
    has_absences: bool = True,
) -> BriefingSection | None:
    """Describe a story as told until a last day; None if none of its articles is of so early a day.

    found: articles whose headline comes first. since, until: the moments of the edits.
    has_absences: say who has nothing, which depends on the context's present.
    """
    everything = await context.read(STORY_MEMBERS, {"id": rank.story})
    members = [member for member in everything if _is_told_by(member, last_day, context.zone)]
    if not members:
        return None
    outlets, wording = await context.outlets(), context.wording
    headline = choose_headline(members, wording.language, found=found)
    languages = {member["language"] for member in members} - {None}
    told_by = describe_voices(members, wording)
    if len(languages) > 1:
        told_by.append(wording("story.languages", n=len(languages)))
    if rank.groups > 1:
        told_by.append(wording("briefing.groups", n=rank.groups))
    title = one_line(printable_line(headline["title"]), MAX_HEADLINE_CHARACTERS)
    title = title or name_outlet(context, outlets, headline["outlet"])
    quotation = await quote_article(context, headline, notes)
    absences = await _list_absences(context, rank.story, everything, members) if has_absences else ()
    lists = [
        PointList(label=wording("coverage.title"), points=_list_tellers(context, members, outlets, notes)),
        PointList(
            label=wording("divergences.heading"),
            points=await _list_divergences(context, rank.story, outlets, notes, last_day=last_day),
        ),
        PointList(label=wording("briefing.nothing"), points=absences),
        PointList(
            label=wording("briefing.changed"),
            points=await _list_edits(context, members, outlets, notes, since=since, until=until),
        ),
    ]
    return BriefingSection(
        heading=TextRun(text=title, language=headline["language"] or ""),
        lead=" · ".join(told_by),
        quotation=quotation,
        lists=tuple(listed for listed in lists if listed.points),
    )


def name_outlet(context: PageContext, outlets: Mapping[str, OutletRow], id_: str) -> str:
    """Return an outlet's name on one short line, or its id where it has none."""
    name = one_line(printable_line(describe_outlet(outlets, id_, context.wording).name), MAX_OUTLET_NAME_CHARACTERS)
    return name or id_


def _is_told_by(article: StoryMember | ToldRow, last_day: dt.date, zone: dt.tzinfo) -> bool:
    """Return True for an article of that day or an earlier one."""
    seen = read_stamp(article["moment"])
    return find_listed_day(article["published"], article["published_precision"], seen, zone) <= last_day


async def quote_article(
    context: PageContext, article: StoryMember | ArticleOfPage, notes: NoteList
) -> Quotation | None:
    """Quote an article's first sentence, or its beginning; None if it has no text."""
    (row,) = await context.read(ARTICLES_BY_ID, {"ids": json.dumps([article["id"]])})
    sentence = take_first_sentence(row["text"], shortest=MIN_SENTENCE_CHARACTERS)
    sentence = one_line(printable_line(sentence), len(sentence))
    if not sentence:
        return None
    moment = context.moment(article["published"] or article["moment"], article["published_precision"])
    name = name_outlet(context, await context.outlets(), article["outlet"])
    source = TextRun(
        text=context.wording("briefing.source", outlet=name, moment=moment), notes=(notes.number(article["id"]),)
    )
    return Quotation(text=sentence, language=row["language"] or "", source=(source,))


def _list_tellers(
    context: PageContext, members: Sequence[StoryMember], outlets: Mapping[str, OutletRow], notes: NoteList
) -> tuple[TextLine, ...]:
    """Return a line for each group that has the story, the first group first."""
    groups = compare_story_groups(members, outlets, context.zone)
    lines = [_describe_group(context, group, members, outlets, notes) for group in groups[:MAX_GROUPS]]
    if further := len(groups) - MAX_GROUPS:
        lines += [(TextRun(text=context.wording("briefing.more_groups", n=further)),)] if further > 0 else []
    return tuple(lines)


def _describe_group(
    context: PageContext,
    group: GroupCoverage,
    members: Sequence[StoryMember],
    outlets: Mapping[str, OutletRow],
    notes: NoteList,
) -> TextLine:
    """Return "Private outlets (Peru): Radio Pativilca, El Faro (copy) · 2 h later", voices before copies."""
    wording = context.wording
    told: dict[str, StoryMember] = {}
    for member in sorted(members, key=lambda one: (one["original"] is not None, one["moment"], one["id"])):
        if find_group(outlets, member["outlet"]) == group.group:
            told.setdefault(member["outlet"], member)
    runs = [TextRun(text=name_group(group.group, wording), is_strong=True), TextRun(text=wording("signs.colon"))]
    for place, member in enumerate(list(told.values())[:MAX_OUTLETS_OF_GROUP]):
        if place:
            runs.append(TextRun(text=wording("list.between")))
        name = name_outlet(context, outlets, member["outlet"])
        if member["original"] is None:
            runs.append(TextRun(text=name, notes=(notes.number(member["id"]),)))
        else:
            runs.append(TextRun(text=f"{name}{wording('signs.open')}{wording('entry.copy')}{wording('signs.close')}"))
    if len(told) > MAX_OUTLETS_OF_GROUP:
        further = wording("briefing.and_more", n=len(told) - MAX_OUTLETS_OF_GROUP)
        runs.append(TextRun(text=f"{wording('list.between')}{further}"))
    first = next((member for member in members if group.first and member["id"] == group.first.article), None)
    if first is not None:
        runs.append(TextRun(text=f" · {describe_first_article(group, context, first)}"))
    return tuple(runs)


async def _list_divergences(
    context: PageContext, story: int, outlets: Mapping[str, OutletRow], notes: NoteList, *, last_day: dt.date
) -> tuple[TextLine, ...]:
    """Return a line for each measure in which outlets differ: "killed: 2 (A, B) · 3 (C)". No sentence is quoted."""
    told_ever = await context.read(TOLD_IN_STORY, {"story": story})
    rows = [row for row in told_ever if _is_told_by(row, last_day, context.zone)]
    differing: list[ToldRow] = []
    for _, group in itertools.groupby(rows, key=lambda row: row["divergence"]):
        told = list(group)
        if len(group_told(told)) > 1:
            differing += told
    wording = context.wording
    lines = []
    for shown in (await describe_divergences(context, differing, outlets))[:MAX_DIVERGENCES]:
        runs = [TextRun(text=printable_line(shown["name"]), is_strong=True), TextRun(text=wording("signs.colon"))]
        for place, value in enumerate(shown["values"]):
            article_of: dict[str, int] = {}
            for telling in value["told"]:
                article_of.setdefault(telling["outlet"].id, telling["article"])
            cited = sorted(notes.number(article) for article in list(article_of.values())[:MAX_NOTES_OF_VALUE])
            names = wording.join([name_outlet(context, outlets, id_) for id_ in article_of])
            label = printable_line(value["label"])
            text = f"{' · ' if place else ''}{label}{wording('signs.open')}{names}{wording('signs.close')}"
            runs.append(TextRun(text=text, notes=tuple(cited)))
        runs += [
            TextRun(text=f"{wording('signs.semicolon')}{said}") for said in (shown["later"], shown["note"]) if said
        ]
        lines.append(tuple(runs))
    return tuple(lines)


async def _list_absences(
    context: PageContext, story: int, everything: Sequence[StoryMember], members: Sequence[StoryMember]
) -> tuple[TextLine, ...]:
    """Return a sentence for each group of which it is proved that it has nothing; who has it since is none."""
    concepts = await choose_story_concepts(context, members)
    absences = await find_absences_of_story(context, story, everything, concepts)
    proved = [absence for absence in absences if absence.rejected is None]
    shown = await describe_absences(context, proved, sentence="absence.story")
    return tuple((TextRun(text=printable_line(one["sentence"])),) for one in shown)


async def _list_edits(
    context: PageContext,
    members: Sequence[StoryMember],
    outlets: Mapping[str, OutletRow],
    notes: NoteList,
    *,
    since: str,
    until: str,
) -> tuple[TextLine, ...]:
    """Return a line for each edit of the period: outlet, what changed, how long after, whether the page says so."""
    ids = json.dumps([member["id"] for member in members])
    rows = await context.read(EDITS_OF_ARTICLES, {"ids": ids, "since": since, "until": until, "limit": MAX_EDITS})
    wording = context.wording
    lines = []
    for row in rows:
        edit = describe_edit(context, row, outlets)
        changes = [
            f"{printable_line(it['before'])} → {printable_line(it['after'])}"
            for it in edit["details"]
            if it["kind"] == "figures" and max(len(it["before"]), len(it["after"])) <= MAX_FIGURE_CHARACTERS
        ]
        said = wording.join([word for _, word in edit["kinds"]])
        if changes:
            changed = wording.join(changes[:MAX_CHANGED_FIGURES])
            said += f"{wording('signs.open')}{changed}{wording('signs.close')}"
        rest = " · ".join(part for part in (said, edit["after"], edit["notice"]) if part)
        name = TextRun(
            text=name_outlet(context, outlets, row["outlet"]), is_strong=True, notes=(notes.number(row["article"]),)
        )
        lines.append((name, TextRun(text=f"{wording('signs.colon')}{rest}")))
    return tuple(lines)
