"""`/story/ID.FORMAT`: the articles of a story as a file of articles, or as citations in RIS."""

from __future__ import annotations

from typing import cast

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from db.search.results import ResultRow, select_by_id
from db.site.exports.cited_articles import CITATION_LIST_FORMATS, cite_articles
from db.site.exports.file_answers import absolute_address, answer_in_format
from db.site.exports.result_files import FORMATS, ResultFile
from db.site.page_context import page_context
from db.site.pages.downloads import export_articles
from db.site.pages.story_page import find_story_members

STORY_SUFFIXES = (*FORMATS, "ris")


async def download_story(request: Request, datasette: Datasette) -> Response:
    """`/story/ID.FORMAT`: the story's articles in the order of publication; in a feed the newest first."""
    context = page_context(datasette)  # in English, so that a file is the same for all readers
    suffix = request.url_vars["suffix"]
    story, members = await find_story_members(context, int(request.url_vars["id"]))
    if suffix == "ris":
        citations = await cite_articles(context, [member["id"] for member in members])
        return answer_in_format(request, CITATION_LIST_FORMATS[suffix], citations, name=f"vigia-story-{story}.ris")
    result_form = FORMATS[suffix]
    if result_form.is_feed:
        members = sorted(members, key=lambda member: (member["moment"], member["id"]), reverse=True)
    ids = [member["id"] for member in members[: result_form.max_entries]]
    rows = {row["id"]: row for row in cast("list[ResultRow]", await context.rows(*select_by_id(ids, whole=False)))}
    concepts = await context.concepts()
    result = ResultFile(
        articles=await export_articles(context, request, [rows[id_] for id_ in ids if id_ in rows]),
        desk=context.name,
        title=f"{context.name}: {min(members, key=lambda member: member['moment'])['title']}",
        identity=f"story={story}",
        given={"story": str(story)},
        mistake="",
        address=absolute_address(context, request, f"/story/{story}.{suffix}"),
        page=absolute_address(context, request, f"/story/{story}"),
        following="",
        concept_names={id_: concept.name for id_, concept in concepts.items()},
        now=context.now,
    )
    return answer_in_format(request, result_form, result, name=f"vigia-story-{story}.{suffix}")
