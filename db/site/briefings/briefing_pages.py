"""`/briefings`, `/briefing/NUMBER` and its files: the briefings that desk.db keeps.

desk.db is private. The process that serves a desk names it where its pages are for the desk alone; else there is no
such page. Without a password there is none either for a request that a proxy handed on.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from weakref import WeakKeyDictionary

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response
from sqlite_utils import Database

from db.desk.analysts.briefings import StoredBriefing, list_stored_briefings, read_briefing_contents
from db.model.times import stamp
from db.site.analysts.private_reading import FoundInDeskT, read_desk
from db.site.analysts.reader import find_reader
from db.site.briefings.document import Briefing, parse_briefing
from db.site.briefings.formats import BRIEFING_FORMATS, BRIEFING_MEDIA_TYPES
from db.site.exports.citations import printable_line
from db.site.exports.file_answers import tell_mistake
from db.site.page_context import PageContext, page_context
from db.site.response import TemplateVariables, answer_with_page
from db.site.security import is_forwarded
from db.site.wording import SiteWording

MAX_LISTED_BRIEFINGS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingBriefing:
    """A planned briefing of vigia.toml: when the next is due (UTC), and the persons who get it, by id and name."""

    name: str
    query: str
    due: dt.datetime
    people: tuple[tuple[str, str], ...]


ListComing = Callable[[], Sequence[ComingBriefing]]  # raises StoreError
_coming: WeakKeyDictionary[Datasette, ListComing] = WeakKeyDictionary()


def put_coming_briefings(datasette: Datasette, list_coming: ListComing) -> None:
    """Let `/briefings` of a Datasette show the planned briefings."""
    _coming[datasette] = list_coming


def find_briefing_store(datasette: Datasette, request: Request | None) -> Path | None:
    """Return the desk.db whose briefings this site shows to a request; None if it shows none."""
    configured = datasette.plugin_config("vigia") or {}
    path = configured.get("briefings")
    is_private = configured.get("password_hash") or (request is not None and not is_forwarded(request.headers))
    return Path(path) if path and is_private else None


async def show_briefings(request: Request, datasette: Datasette) -> Response:
    """`/briefings`: the planned ones that the reader gets, and those that were made, the newest first."""
    context = page_context(datasette, request)
    listed = await _read(context, request, list_stored_briefings) or []
    rows = [_describe(context, one) for one in listed[:MAX_LISTED_BRIEFINGS]]
    return await answer_with_page(
        context, request, "briefings.html", {"rows": rows, "coming": await _list_coming(context, request)}
    )


async def _list_coming(context: PageContext, request: Request) -> list[TemplateVariables]:
    """Describe the planned briefings: all on a desk that names no readers, else those that the reader gets."""
    list_coming, reader = _coming.get(context.datasette), find_reader(context.datasette, request)
    if list_coming is None or reader is None:
        return []
    planned = await asyncio.to_thread(list_coming)
    return [
        {
            "name": printable_line(one.name),
            "query": printable_line(one.query),
            "note": _describe_coming(context, one),
        }
        for one in planned
        if not reader.is_named or reader.id in dict(one.people)
    ]


def _describe_coming(context: PageContext, one: ComingBriefing) -> str:
    moment = context.moment(stamp(one.due), "time")
    names = [printable_line(name) for _, name in one.people]
    if not names:
        return context.wording("briefing.next", moment=moment)
    return context.wording("briefing.next_for", moment=moment, people=context.wording.join(names))


async def show_briefing(request: Request, datasette: Datasette) -> Response:
    """`/briefing/NUMBER`: a briefing in its own language, within the reader's page."""
    context = page_context(datasette, request)
    number, briefing = await _find_briefing(context, request)
    variables: TemplateVariables = {
        "number": number,
        "briefing": briefing,
        "wording": SiteWording(briefing.language),
        "endings": tuple(BRIEFING_FORMATS),
    }
    return await answer_with_page(context, request, "briefing.html", variables)


async def download_briefing(request: Request, datasette: Datasette) -> Response:
    """`/briefing/NUMBER.ENDING`: the bytes that `vigia briefing again` writes."""
    number, briefing = await _find_briefing(page_context(datasette, request), request)
    return await answer_with_briefing(briefing, name=f"vigia-briefing-{number}.{request.url_vars['suffix']}")


async def answer_with_briefing(briefing: Briefing, *, name: str, mistake: str = "") -> Response:
    """Write a briefing, in a thread, in the format of the file's name, and send it.

    `mistake`: what is wrong with the address; a header tells it.
    """
    ending = PurePath(name).suffix
    body = await asyncio.to_thread(BRIEFING_FORMATS[ending], briefing)
    headers = {"content-disposition": f'attachment; filename="{name}"'} | tell_mistake(mistake)
    return Response(body, headers=headers, content_type=BRIEFING_MEDIA_TYPES[ending])


async def _find_briefing(context: PageContext, request: Request) -> tuple[int, Briefing]:
    number = int(request.url_vars["id"])
    contents = await _read(context, request, lambda db: read_briefing_contents(db, number))
    if contents is None:
        raise NotFound(context.wording("briefing.unknown", number=str(number)))
    return number, parse_briefing(contents)


async def _read(
    context: PageContext, request: Request, read: Callable[[Database], FoundInDeskT]
) -> FoundInDeskT | None:
    """Return what `read` finds in desk.db; None where there is none yet. Raises NotFound, StoreError."""
    path = find_briefing_store(context.datasette, request)
    if path is None:
        raise NotFound(context.wording("error.no_page"))
    return await read_desk(path, read)


def _describe(context: PageContext, one: StoredBriefing) -> TemplateVariables:
    recipe, wording = one.recipe, context.wording
    return {
        "number": one.number,
        "period": wording.period(recipe.since, recipe.until),
        "query": printable_line(recipe.query),
        "note": wording(
            "briefing.listed",
            number=str(one.number),
            language=wording.language_name(recipe.language),
            moment=context.moment(stamp(recipe.made_at)),
        ),
    }
