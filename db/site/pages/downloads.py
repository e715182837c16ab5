"""Files to take away: an article's citation, and any result as Atom, CSV or JSON."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from db.site.exports import citations, result_files
from db.site.exports.result_files import ExportedArticle
from db.site.filters.search_request import SearchRequest, read_request
from db.site.page_context import PageContext, Row, TooSlowError, page_context, parse_json_list
from db.site.queries import articles as reading
from db.site.queries.exports import COPIED_OF, MORE_OF
from db.site.response import answer_with_file
from db.text.excerpt import take_first_sentence

MOST = {"atom": 100, "csv": 1_000, "json": 1_000}  # articles of one answer


async def download_citation(request: Request, datasette: Datasette) -> Response:
    """`/article/ID.ris`, `.bib`, `.csl.json`: the citation as a file."""
    context = page_context(datasette, request)
    id_, form = int(request.url_vars["id"]), request.url_vars["form"]
    row = next(iter(await context.rows(reading.ARTICLE, {"id": id_})), None)
    if row is None:
        raise NotFound(context.wording("error.no_article", id=str(id_)))
    found = await cite_article(context, row)
    return answer_with_file(
        citations.write_citation(found, form),
        content_type=citations.CITATION_FORMATS[form],
        name=f"{found.key or id_}.{form}",
    )


async def cite_article(context: PageContext, row: Row) -> citations.Citation:
    """An article's citation, with the concepts that it names most as keywords."""
    outlets, concepts = await context.outlets(), await context.concepts()
    mentions = (await context.of_page(reading.CONCEPTS_OF, [row["id"]])).get(row["id"], [])
    keywords = [concepts[mention["concept"]]["name"] for mention in mentions if mention["concept"] in concepts]
    return citations.make_citation(row, outlets.get(row["outlet"], {}), keywords=keywords, zone=context.zone)


async def download_results(request: Request, datasette: Datasette) -> Response:
    """`/search.atom`, `.csv`, `.json` with the query of `/`: the same articles in the same order, as a file."""
    context = page_context(datasette)  # in English: a file is the same to everyone
    form = request.url_vars["form"]
    it = await read_request(context, request)
    try:
        articles, following = await _articles(context, request, it, form)
    except TooSlowError:
        sentence = "The database could not answer within its time. Choose a period or an outlet.\n"
        return Response(sentence, status=503, headers={"retry-after": "60"}, content_type="text/plain; charset=utf-8")
    headers = {"link": f'<{following}>; rel="next"'} if following else {}
    if form == "csv":
        text, name = result_files.write_csv(articles), f"vigia-{context.today.isoformat()}.csv"
    elif form == "json":
        text = result_files.write_json(
            articles, desk=context.name, given=it.given, mistake=it.read.mistake, now=context.now, following=following
        )
        name = None
    else:
        text, name = _atom(context, request, it, articles, following), None
    if form == "atom":
        # A feed reader asks every few minutes, and nearly always nothing is new (RFC 9110, 13.1.2).
        headers["etag"] = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
        known = request.headers.get("if-none-match", "")
        if headers["etag"] in [one.strip().removeprefix("W/") for one in known.split(",")]:
            return Response("", status=304, headers=headers, content_type=result_files.FORMATS[form])
    answer = answer_with_file(text, content_type=result_files.FORMATS[form], name=name)
    answer.headers |= headers
    return answer


async def _articles(
    context: PageContext, request: Request, it: SearchRequest, form: str
) -> tuple[list[ExportedArticle], str]:
    most = MOST[form]
    choice = replace(it.choice, sort="time") if form == "atom" else it.choice  # a feed is in the order of time
    rows = await context.listed(choice, limit=most + 1, whole=False)
    last = rows[most - 1] if len(rows) > most and choice.sort == "time" else None
    rows = rows[:most]
    ids = [row["id"] for row in rows]
    asked = {"ids": json.dumps(ids)}
    rest, mentions, copies, revisions = await asyncio.gather(
        context.rows(MORE_OF, asked),
        context.of_page(reading.CONCEPTS_OF, ids),
        context.rows(COPIED_OF, asked),
        context.rows(reading.REVISIONS_OF, asked),
    )
    more = {row["id"]: row for row in rest}
    copied = {row["original"]: row["copies"] for row in copies}
    revised = {row["article"]: row["latest"] for row in revisions}
    found = []
    base = absolute_address(context, request, "/article/")
    for row in rows:
        outlet = it.outlets.get(row["outlet"], {})
        found.append(
            ExportedArticle(
                id=row["id"],
                title=row["title"],
                url=result_files.exportable_address(more[row["id"]]["url"]),
                page=f"{base}{row['id']}",
                outlet=row["outlet"],
                outlet_name=outlet.get("name") or row["outlet"],
                country=outlet.get("country"),
                kind=outlet.get("kind"),
                ownership=outlet.get("ownership"),
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
                key=more[row["id"]]["key"],
            )
        )
    following = ""
    if last is not None:
        address = it.address(f"/search.{form}", before=f"{last['moment']},{last['id']}")
        following = absolute_address(context, request, address)
    return found, following


def _atom(
    context: PageContext, request: Request, it: SearchRequest, articles: list[ExportedArticle], following: str
) -> str:
    said = [it.given[name] for name in it.given if name not in ("sort", "period")]
    return result_files.write_atom(
        articles,
        desk=context.name,
        title=f"{context.name}: {', '.join(said)}" if said else context.name,
        itself=absolute_address(context, request, it.address("/search.atom")),
        page=absolute_address(context, request, it.address()),
        following=following,
        names={id_: row["name"] for id_, row in it.concepts.items()},
        now=context.now,
    )


def absolute_address(context: PageContext, request: Request, path: str) -> str:
    """A path of this site as a whole address, at the name that the reader used."""
    return str(context.datasette.absolute_url(request, path))
