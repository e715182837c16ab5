"""`/story/ID.FORMAT`: the articles of a story as a file of articles, or as citations in RIS."""

from __future__ import annotations

import json
from typing import cast

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from db.search.results import ResultRow, select_by_id
from db.site.exports.citations import CITATION_FORMATS, make_citation
from db.site.exports.result_files import FORMATS, ResultFile
from db.site.page_context import PageContext, page_context
from db.site.pages.downloads import absolute_address, answer_in_format, export_articles
from db.site.pages.story_page import find_story_members
from db.site.queries.articles import ARTICLES_BY_ID, CONCEPTS_OF
from db.site.queries.story_rows import StoryMember
from db.site.response import answer_with_file

STORY_SUFFIXES = (*FORMATS, "ris")


async def download_story(request: Request, datasette: Datasette) -> Response:
    """`/story/ID.FORMAT`: the story's articles in the order of publication; in a feed the newest first."""
    context = page_context(datasette)  # in English, so that a file is the same for all readers
    suffix = request.url_vars["suffix"]
    story, members = await find_story_members(context, int(request.url_vars["id"]))
    if suffix == "ris":
        form = CITATION_FORMATS[suffix]
        return answer_with_file(
            await _write_citations(context, members), content_type=form.media_type, name=f"vigia-story-{story}.ris"
        )
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


async def _write_citations(context: PageContext, members: list[StoryMember]) -> str:
    ids = [member["id"] for member in members]
    outlets, concepts = await context.outlets(), await context.concepts()
    mentions = await context.read_by_id(CONCEPTS_OF, ids)
    rows = {row["id"]: row for row in await context.read(ARTICLES_BY_ID, {"ids": json.dumps(ids)})}
    write = CITATION_FORMATS["ris"].write
    return "\r\n".join(
        write(
            make_citation(
                rows[id_],
                outlets.get(rows[id_]["outlet"]),
                keywords=[concepts[it["concept"]].name for it in mentions.get(id_, []) if it["concept"] in concepts],
                zone=context.zone,
            )
        )
        for id_ in ids
        if id_ in rows
    )
