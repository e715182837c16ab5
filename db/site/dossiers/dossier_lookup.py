"""Find the dossiers that a reader may see: their own, and those that others share. Of others they learn nothing."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from datasette.utils.asgi import NotFound, Request, Response
from sqlite_utils import Database

from db.desk.analysts.dossiers import Dossier, find_dossier
from db.site.analysts.reader import Reader, find_analyst_desk, find_reader, has_people
from db.site.dossiers.tick_bar import FoundInDeskT, read_desk
from db.site.page_context import PageContext
from db.site.security import PERSON


async def read_private(
    context: PageContext, request: Request, read: Callable[[Database, Reader], FoundInDeskT]
) -> FoundInDeskT | None:
    """Return what `read` finds in desk.db for who reads; None where there is no desk.db yet.

    Raises NotFound for a stranger, and where readers can't write; StoreError.
    """
    reader, desk = find_reader(context.datasette, request), find_analyst_desk(context.datasette)
    if reader is None or desk is None:
        raise NotFound(context.wording("error.no_page"))
    return await read_desk(desk.desk_db, lambda db: read(db, reader))


def lead_to_choice(context: PageContext, request: Request) -> Response | None:
    """Return the way to where a reader says who of the desk's people they are; None for who need not."""
    if find_reader(context.datasette, request) is not None or not has_people(context.datasette, request):
        return None
    return Response.redirect(f"{PERSON}?{urlencode({'next': request.full_path})}")


async def find_readable_dossier(context: PageContext, request: Request) -> Dossier:
    """Return the dossier of an address. Raises NotFound, also for one of another person that is not shared."""
    number = int(request.url_vars["id"])
    found = await read_private(context, request, lambda db, reader: find_dossier(db, number, reader.id))
    if found is None:
        raise NotFound(context.wording("dossiers.unknown", number=str(number)))
    return found
