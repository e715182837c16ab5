"""The result of a search as citations, as a briefing and as evidence: `/search.ris`, `.docx`, `.zip`."""

from __future__ import annotations

import json

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from db.model.times import stamp
from db.search.results import list_places
from db.search.story_results import list_stories
from db.site.analysts.private_reading import lead_to_choice
from db.site.analysts.reader import find_reader
from db.site.briefings.briefing_pages import answer_with_briefing
from db.site.briefings.list_briefing import BriefedEntry, BriefingFrame, collect_list_briefing
from db.site.dossiers.evidence_packs import MAX_PACKED_ARTICLES, FileAnswer, answer_with_evidence
from db.site.exports.citations import printable_line
from db.site.exports.cited_articles import CITATION_LIST_FORMATS, cite_articles
from db.site.exports.file_answers import absolute_address, answer_in_format
from db.site.filters.facets import list_asked
from db.site.filters.search_request import SearchRequest, read_request
from db.site.page_context import PageContext, page_context
from db.site.queries.dossier_rows import ADDRESSES_OF

MAX_BRIEFED_STORIES = 20  # of a search


async def download_result_citations(request: Request, datasette: Datasette) -> Response:
    """`/search.FORMAT`: the articles that `/search.csv` has, as citations. The `Link` header leads to the rest."""
    context = page_context(datasette)  # in English, so that a file is the same for all readers
    suffix = request.url_vars["suffix"]
    form = CITATION_LIST_FORMATS[suffix]
    search = await read_request(context, request)
    places = await list_places(context.rows, search.plan, limit=form.max_entries + 1)
    following = ""
    if len(places) > form.max_entries and search.plan.filters.sort == "time":
        last = places[form.max_entries - 1]
        address = search.address(f"/search.{suffix}", before=f"{last['moment']},{last['id']}")
        following = absolute_address(context, request, address)
    citations = await cite_articles(context, [place["id"] for place in places[: form.max_entries]])
    name = f"vigia-{context.today.isoformat()}.{suffix}"
    return answer_in_format(request, form, citations, name=name, following=following, mistake=search.mistake)


async def download_result_briefing(request: Request, datasette: Datasette) -> Response:
    """`/search.ENDING`: the first stories of a search as a briefing in the reader's language."""
    context = page_context(datasette, request)
    search = await _read_search(request, datasette)
    page = await list_stories(context.rows, search.plan, limit=MAX_BRIEFED_STORIES)
    entries = [BriefedEntry(story=story.story, articles=frozenset(story.found)) for story in page.stories]
    frame = _make_frame(context, search, is_cut=len(entries) == MAX_BRIEFED_STORIES, is_empty=not entries)
    briefing = await collect_list_briefing(context, entries, frame)
    name = f"vigia-{context.today.isoformat()}.{request.url_vars['suffix']}"
    return await answer_with_briefing(briefing, name=name, mistake=search.mistake)


async def download_result_evidence(request: Request, datasette: Datasette) -> Response | FileAnswer:
    """`/search.zip`: the evidence of the articles of a search, for readers who may write. Raises NotFound."""
    context = page_context(datasette, request)
    if choice := lead_to_choice(context, request):
        return choice
    if find_reader(datasette, request) is None:
        raise NotFound(context.wording("error.no_page"))
    search = await _read_search(request, datasette)
    places = await list_places(context.rows, search.plan, limit=MAX_PACKED_ARTICLES + 1)
    rows = await context.read(ADDRESSES_OF, {"ids": json.dumps([place["id"] for place in places])})
    name = f"vigia-evidence-{context.today.isoformat()}.zip"
    return await answer_with_evidence(context, [row["url"] for row in rows], name=name, mistake=search.mistake)


async def _read_search(request: Request, datasette: Datasette) -> SearchRequest:
    """Read the search of a file. What was not understood is told in English, as by all files."""
    return await read_request(page_context(datasette), request)


def _make_frame(context: PageContext, search: SearchRequest, *, is_cut: bool, is_empty: bool) -> BriefingFrame:
    wording = context.wording
    chosen = list_asked(search.arguments, wording)
    introduction = [wording("briefing.query", query=printable_line(", ".join(chosen)))] if chosen else []
    if "period" in search.arguments:
        introduction.append(wording("briefing.last_days", n=int(search.arguments["period"])))
    if is_empty:
        introduction.append(wording("front.nothing_stories"))
    return BriefingFrame(
        title=wording("briefing.title", name=printable_line(context.name)),
        period=wording.date(context.today),
        introduction=tuple(introduction),
        further=wording("briefing.first_stories", n=MAX_BRIEFED_STORIES) if is_cut else "",
        colophon=wording(
            "briefing.as_of",
            moment=context.moment(stamp(context.now), "time"),
            zone=wording.zone_city(str(context.zone)),
        ),
        made_at=context.now.replace(microsecond=0),
    )
