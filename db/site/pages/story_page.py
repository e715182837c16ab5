"""`/story/ID`: the articles that tell one event, by time; and the part of an article's page that names the others.

`/story/ID/coverage.csv`: which groups of outlets have it.
"""

from __future__ import annotations

from collections.abc import Sequence

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from db.news.stories.divergence_lookup import TOLD_IN_STORY
from db.site import local_time
from db.site.components.absent_groups import (
    ABSENCE_COLUMNS,
    describe_absences,
    list_absence_cells,
)
from db.site.components.article_list import describe_outlet
from db.site.components.coverage import COVERAGE_COLUMNS, describe_coverage, list_coverage_cells
from db.site.components.shown_divergences import describe_divergences
from db.site.components.story_absences import choose_story_concepts, find_absences_of_story
from db.site.components.story_decisions import DECISION_ARGUMENTS, describe_corrections
from db.site.components.story_list import choose_headline
from db.site.components.teller_counts import describe_voices
from db.site.dossiers.tick_bar import TICK_ARGUMENTS, describe_tick_bar
from db.site.exports.csv_table import CSV_MEDIA_TYPE, write_csv_table
from db.site.page_context import PageContext, page_context
from db.site.queries.story_rows import MOVES_OF, STANDING_STORY, STORIES_OF, STORY_MEMBERS, STORY_OF, StoryMember
from db.site.response import TemplateVariables, answer_with_file, answer_with_page

MAX_FRAMED_LINKS = 1
MAX_ALSO_TOLD = 6  # articles of the same story beside an article


async def show_story(request: Request, datasette: Datasette) -> Response:
    """`/story/ID`: who told the event and how long after the first. A merged story leads to the one that stands."""
    context = page_context(datasette, request)
    number = int(request.url_vars["id"])
    standing, members = await find_story_members(context, number)
    if standing != number:
        return Response.redirect(f"/story/{standing}", status=301)
    languages = sorted({member["language"] or "" for member in members} - {""})
    concepts = await choose_story_concepts(context, members)
    variables: TemplateVariables = {
        "story": number,
        "headline": choose_headline(members, context.wording.language),
        "members": await _describe_members(members, context),
        "moves": [
            {**move, "when": context.moment(move["moved_at"])} for move in await context.read(MOVES_OF, {"id": number})
        ],
        "divergences": await describe_divergences(
            context, await context.read(TOLD_IN_STORY, {"story": number}), await context.outlets()
        ),
        "coverage": await describe_coverage(context, members),
        "absences": await describe_absences(
            context, await find_absences_of_story(context, number, members, concepts), sentence="absence.story"
        ),
        "framed": concepts[:MAX_FRAMED_LINKS],
        "voices": describe_voices(members, context.wording),
        "has_copies": any(member["original"] is not None for member in members),
        **await describe_corrections(context, request, members),
        **await describe_tick_bar(context, request),
        "languages": context.wording.join([context.wording.language_name(one) for one in languages]),
    }
    return await answer_with_page(
        context, request, "story.html", variables, reads={*DECISION_ARGUMENTS, *TICK_ARGUMENTS}
    )


async def download_story_coverage(request: Request, datasette: Datasette) -> Response:
    """`/story/ID/coverage.csv`: the groups that have the story, the first one first, and those that have nothing."""
    context = page_context(datasette)  # in English, so that a file is the same for all readers
    standing, members = await find_story_members(context, int(request.url_vars["id"]))
    absences = await find_absences_of_story(context, standing, members, await choose_story_concepts(context, members))
    counted = list_coverage_cells(members, await context.outlets(), context.zone)
    rows = [row + list_absence_cells(None) for row in counted]
    for absence in absences:
        group = absence.record.group
        empty = (None for _ in COVERAGE_COLUMNS[5:])
        rows.append((group.ownership, group.country, 0, 0, 0, *empty, *list_absence_cells(absence)))
    text = write_csv_table(COVERAGE_COLUMNS + ABSENCE_COLUMNS, rows)
    return answer_with_file(text, content_type=CSV_MEDIA_TYPE, name=f"vigia-story-{standing}-coverage.csv")


async def find_story_members(context: PageContext, number: int) -> tuple[int, list[StoryMember]]:
    """Return the story that stands for a number, and its articles. Raises NotFound."""
    standing = next(iter(await context.read(STANDING_STORY, {"id": number})), None)
    members = await context.read(STORY_MEMBERS, {"id": standing["id"]}) if standing else []
    if standing is None or not members:
        raise NotFound(context.wording("error.no_story", id=str(number)))
    return standing["id"], members


async def read_also_told(context: PageContext, article_id: int, family: Sequence[int]) -> TemplateVariables:
    """Return for an article's page who else tells its story, other languages first; without its copies and original.

    `stories` has the story of each article of the page, by the article's id.
    """
    own_story = next(iter(await context.read(STORY_OF, {"id": article_id})), None)
    if own_story is None:
        return {"also_told": [], "story": None, "stories": {}}
    members = await context.read(STORY_MEMBERS, {"id": own_story["id"]})
    described = dict(zip((member["id"] for member in members), await _describe_members(members, context), strict=True))
    own = next((member["language"] for member in members if member["id"] == article_id), None)
    others = [member for member in members if member["id"] not in {article_id, *family} and member["original"] is None]
    others.sort(key=lambda member: member["language"] == own)
    shown = [described[member["id"]] for member in others[:MAX_ALSO_TOLD]]
    stories = await context.read_by_id(STORIES_OF, [article_id, *family, *(one["id"] for one in shown)])
    return {
        "also_told": shown,
        "story": own_story["id"],
        "stories": {article: found[0] for article, found in stories.items()},
    }


async def _describe_members(members: Sequence[StoryMember], context: PageContext) -> list[TemplateVariables]:
    outlets = await context.outlets()
    first = members[0]
    began = local_time.read_moment(first["moment"])
    found = []
    for member in members:
        at = local_time.read_moment(member["moment"])
        is_exact = all(one["published_precision"] == "time" for one in (first, member))
        found.append(
            {
                "id": member["id"],
                "title": member["title"],
                "language": member["language"],
                "outlet": describe_outlet(outlets, member["outlet"], context.wording),
                "moment": context.moment(member["published"] or member["moment"], member["published_precision"]),
                "claimed": "",
                "lag": context.wording.lag(at - began) if began and at and is_exact and member is not first else "",
                "kind": context.wording("entry.copy")
                if member["original"] is not None
                else context.wording.language_name(member["language"]),
            }
        )
    return found
