"""Collect the contents of a briefing from news.db."""

from __future__ import annotations

from dataclasses import replace

from db.desk.analysts.briefings import BriefingRecipe
from db.model.times import stamp
from db.site.briefings.document import Briefing
from db.site.briefings.note_list import NoteList
from db.site.briefings.outlets_section import describe_outlets
from db.site.briefings.select_stories import MAX_READ_ARTICLES, StoriesOfPeriod, find_bounds, select_stories
from db.site.briefings.story_section import describe_story
from db.site.exports.citations import printable_line
from db.site.page_context import PageContext

MAX_STORIES = 10


async def collect_briefing(context: PageContext, recipe: BriefingRecipe) -> Briefing:
    """Collect a briefing without its number, in the context's language. Raises BriefingError for a wrong query,
    TooSlowError."""
    wording = context.wording
    since, until = find_bounds(recipe, context.zone)
    stories = await select_stories(context, recipe)
    notes = NoteList()
    described = [
        await describe_story(context, rank, notes, last_day=recipe.until, found=stories.found, since=since, until=until)
        for rank in stories.ranked[:MAX_STORIES]
    ]
    further = len(stories.ranked) - MAX_STORIES
    return Briefing(
        language=recipe.language,
        made_at=recipe.made_at,
        title=wording("briefing.title", name=printable_line(context.name)),
        period=wording.period(recipe.since, recipe.until),
        introduction=_introduce(context, recipe, stories),
        stories=tuple(section for section in described if section is not None),
        further=wording("briefing.further", n=further) if further > 0 else "",
        outlets=await describe_outlets(context, since=since, until=until),
        notes_heading=wording("briefing.notes"),
        notes=await notes.write(context),
        colophon="",
    )


def number_briefing(briefing: Briefing, number: int, context: PageContext, recipe: BriefingRecipe) -> Briefing:
    """Return the briefing with its last line: its number, when it was made, and by which version."""
    said = context.wording(
        "briefing.colophon",
        number=str(number),
        moment=context.moment(stamp(recipe.made_at)),
        zone=context.wording.zone_city(str(context.zone)),
        version=recipe.version,
    )
    return replace(briefing, colophon=said)


def _introduce(context: PageContext, recipe: BriefingRecipe, stories: StoriesOfPeriod) -> tuple[str, ...]:
    wording = context.wording
    query = [wording("briefing.query", query=printable_line(recipe.query))] if recipe.query else []
    if not stories.ranked:
        return (*query, wording("briefing.empty_search" if recipe.query else "briefing.empty"))
    counts = (
        wording("briefing.stories", n=len(stories.ranked)),
        wording("briefing.originals", n=stories.articles),
        wording("story.outlets", n=stories.outlets),
    )
    cut = [wording("briefing.cut", n=MAX_READ_ARTICLES)] if stories.is_cut else []
    ranked = [wording("briefing.ranked")] if len(stories.ranked) > 1 else []
    return (*query, " · ".join(counts), *ranked, *cut)
