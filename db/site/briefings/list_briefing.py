"""Collect a briefing of chosen stories and articles, in a given order: of a search, or of a dossier."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from db.site.briefings.document import Briefing, BriefingSection, PointList, TextRun
from db.site.briefings.note_list import MAX_HEADLINE_CHARACTERS, NoteList
from db.site.briefings.select_stories import StoryRank, rank_stories
from db.site.briefings.story_section import describe_story, name_outlet, quote_article
from db.site.exports.citations import printable_line
from db.site.page_context import PageContext
from db.site.queries.articles import ARTICLES_BY_ID, ArticleOfPage
from db.site.queries.briefing_rows import STORY_VOICES
from db.text.sanitise import one_line

_ANY_TIME = {"since": "", "until": "9999", "first_day": "", "last_day": "9999"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefedEntry:
    """A story, with those of its articles whose headline comes first, or one article; or what is no longer there.

    notes: paragraphs of the analyst. lost: title and address of what is gone, in the words of the briefing.
    """

    story: int | None = None
    articles: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    lost: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefingFrame:
    """What stands around the sections of a briefing. `made_at`: UTC."""

    title: str
    period: str
    introduction: tuple[str, ...]
    further: str
    colophon: str
    made_at: dt.datetime
    has_absences: bool = True  # who has nothing, as of the context's present


async def collect_list_briefing(
    context: PageContext, entries: Sequence[BriefedEntry], frame: BriefingFrame
) -> Briefing:
    """Collect a briefing of these entries in their order, in the context's language. Raises TooSlowError."""
    notes = NoteList()
    ranks = await _rank_stories(context, entries)
    sections = []
    for entry in entries:
        section = await _describe_entry(context, entry, ranks, notes, has_absences=frame.has_absences)
        if section is not None:
            sections.append(_add_notes(context, section, entry.notes))
    return Briefing(
        language=context.wording.language,
        made_at=frame.made_at,
        title=frame.title,
        period=frame.period,
        introduction=frame.introduction,
        stories=tuple(sections),
        further=frame.further,
        notes_heading=context.wording("briefing.notes"),
        notes=await notes.write(context),
        colophon=frame.colophon,
    )


async def _rank_stories(context: PageContext, entries: Sequence[BriefedEntry]) -> dict[int, StoryRank]:
    """Return the independent voices of each story, of any time."""
    ids = sorted(min(entry.articles) for entry in entries if entry.story is not None and entry.articles)
    voices = await context.read(STORY_VOICES, {"ids": json.dumps(ids), **_ANY_TIME})
    return {rank.story: rank for rank in rank_stories(voices, await context.outlets())}


async def _describe_entry(
    context: PageContext, entry: BriefedEntry, ranks: dict[int, StoryRank], notes: NoteList, *, has_absences: bool
) -> BriefingSection | None:
    if entry.lost[0]:
        return BriefingSection(heading=TextRun(text=entry.lost[0]), lead=entry.lost[1])
    if entry.story is not None:
        rank = ranks.get(entry.story) or StoryRank(story=entry.story, voices=0, groups=0, articles=0)
        return await describe_story(
            context,
            rank,
            notes,
            last_day=dt.date.max,
            found=entry.articles,
            since=_ANY_TIME["since"],
            until=_ANY_TIME["until"],
            has_absences=has_absences,
        )
    rows = await context.read(ARTICLES_BY_ID, {"ids": json.dumps(sorted(entry.articles))})
    return await _describe_article(context, rows[0], notes) if rows else None


async def _describe_article(context: PageContext, row: ArticleOfPage, notes: NoteList) -> BriefingSection:
    """Describe one article: headline, outlet, moment and language, and its first sentence."""
    name = name_outlet(context, await context.outlets(), row["outlet"])
    moment = context.moment(row["published"] or row["moment"], row["published_precision"])
    told = [name, moment, context.wording.language_name(row["language"])]
    if row["original"] is not None:
        told.append(context.wording("entry.copy"))
    title = one_line(printable_line(row["title"]), MAX_HEADLINE_CHARACTERS) or name
    return BriefingSection(
        heading=TextRun(text=title, language=row["language"] or ""),
        lead=" · ".join(part for part in told if part),
        quotation=await quote_article(context, row, notes),
    )


def _add_notes(context: PageContext, section: BriefingSection, notes: Sequence[str]) -> BriefingSection:
    """Put the analyst's notes before the lists of a section."""
    if not notes:
        return section
    listed = PointList(
        label=context.wording("briefing.analyst_note"), points=tuple((TextRun(text=note),) for note in notes)
    )
    return BriefingSection(
        heading=section.heading, lead=section.lead, quotation=section.quotation, lists=(listed, *section.lists)
    )
