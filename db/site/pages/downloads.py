"""Downloads: the citation of an article, and any result as a file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from db.search.plan import TooSlowError
from db.search.results import ResultRow, list_results
from db.site.exports.citations import CITATION_FORMATS
from db.site.exports.cited_articles import cite_articles
from db.site.exports.file_answers import absolute_address, answer_in_format
from db.site.exports.result_files import FORMATS, ExportedArticle, ResultFile, exportable_address
from db.site.filters.facets import list_asked
from db.site.filters.search_request import SearchRequest, read_request
from db.site.page_context import PageContext, page_context, parse_json_list
from db.site.queries import articles as reading
from db.site.queries.exports import COPIED_OF, MORE_OF
from db.text.excerpt import take_first_sentence


async def download_citation(request: Request, datasette: Datasette) -> Response:
    """`/article/ID.FORMAT`: the citation as a file of one of CITATION_FORMATS."""
    context = page_context(datasette, request)
    id_, suffix = int(request.url_vars["id"]), request.url_vars["suffix"]
    form = CITATION_FORMATS[suffix]
    found = next(iter(await cite_articles(context, [id_])), None)
    if found is None:
        raise NotFound(context.wording("error.no_article", id=str(id_)))
    return answer_in_format(request, form, found, name=f"{found.key or id_}.{suffix}")


async def download_results(request: Request, datasette: Datasette) -> Response:
    """`/search.FORMAT` with the query of `/`: the same articles in the same order, as a file of one of FORMATS."""
    context = page_context(datasette)  # in English, so that a file is the same for all readers
    suffix = request.url_vars["suffix"]
    form = FORMATS[suffix]
    search = await read_request(context, request)
    try:
        articles, following = await _read_articles(context, request, search, suffix)
    except TooSlowError:
        sentence = "The database could not answer within its time. Choose a period or an outlet.\n"
        return Response(sentence, status=503, headers={"retry-after": "60"}, content_type="text/plain; charset=utf-8")
    address = absolute_address(context, request, search.address(f"/search.{suffix}"))
    result = ResultFile(
        articles=articles,
        desk=context.name,
        title=_title(context, search),
        identity=address.partition("?")[2],
        given=search.arguments,
        mistake=search.mistake,
        address=address,
        page=absolute_address(context, request, search.address()),
        following=following,
        concept_names={id_: concept.name for id_, concept in search.concepts.items()},
        now=context.now,
    )
    name = f"vigia-{context.today.isoformat()}.{suffix}"
    return answer_in_format(request, form, result, name=name, following=following, mistake=search.mistake)


async def _read_articles(
    context: PageContext, request: Request, search: SearchRequest, suffix: str
) -> tuple[list[ExportedArticle], str]:
    """Return the articles of one file, and the address of the next file ("" for the last)."""
    form = FORMATS[suffix]
    plan = search.plan
    if form.is_feed:  # a feed is in the order of time
        plan = replace(plan, filters=replace(plan.filters, sort="time"))
    rows = await list_results(context.rows, plan, limit=form.max_entries + 1, whole=False)
    last = rows[form.max_entries - 1] if len(rows) > form.max_entries and plan.filters.sort == "time" else None
    found = await export_articles(context, request, rows[: form.max_entries])
    following = ""
    if last is not None:
        address = search.address(f"/search.{suffix}", before=f"{last['moment']},{last['id']}")
        following = absolute_address(context, request, address)
    return found, following


async def export_articles(context: PageContext, request: Request, rows: Sequence[ResultRow]) -> list[ExportedArticle]:
    """Return articles as files show them, in the order of the rows."""
    ids = [row["id"] for row in rows]
    parameters = {"ids": json.dumps(ids)}
    rest, mentions, copies, revisions = await asyncio.gather(
        context.read(MORE_OF, parameters),
        context.read_by_id(reading.CONCEPTS_OF, ids),
        context.read(COPIED_OF, parameters),
        context.read(reading.REVISIONS_OF, parameters),
    )
    more = {row["id"]: row for row in rest}
    copied = {row["original"]: row["copies"] for row in copies}
    revised = {row["article"]: row["latest"] for row in revisions}
    outlets = await context.outlets()
    found = []
    base = absolute_address(context, request, "/article/")
    for row in rows:
        outlet = outlets.get(row["outlet"])
        found.append(
            ExportedArticle(
                id=row["id"],
                title=row["title"],
                url=exportable_address(more[row["id"]]["url"]),
                page=f"{base}{row['id']}",
                outlet=row["outlet"],
                outlet_name=(outlet and outlet["name"]) or row["outlet"],
                country=outlet and outlet["country"],
                kind=outlet and outlet["kind"],
                ownership=outlet and outlet["ownership"],
                published=row["published"],
                published_precision=row["published_precision"],
                first_seen=row["first_seen"],
                updated=max(row["first_seen"], revised.get(row["id"], "")),
                language=row["language"],
                verdict=row["verdict"],
                authors=tuple(str(author) for author in parse_json_list(more[row["id"]]["authors"])),
                first_sentence=take_first_sentence(row["text"]),
                concepts=tuple(mention["concept"] for mention in mentions.get(row["id"], [])),
                original=row["original"],
                copies=copied.get(row["id"], 0),
                credited_to=row["credited_to"],
                paywalled=bool(row["paywalled"]),
                sponsored=bool(row["sponsored"]),
                claimed=more[row["id"]]["claimed"],
                claimed_precision=more[row["id"]]["claimed_precision"],
                key=more[row["id"]]["key"],
            )
        )
    return found


def _title(context: PageContext, search: SearchRequest) -> str:
    """Return the desk's name with the words and filters of the search."""
    values = list_asked(search.arguments, context.wording)
    return f"{context.name}: {', '.join(values)}" if values else context.name
