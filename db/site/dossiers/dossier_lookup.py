"""Find the dossiers that a reader may see: their own, and those that others share. Of others they learn nothing."""

from __future__ import annotations

from datasette.utils.asgi import NotFound, Request

from db.desk.analysts.dossiers import Dossier, find_dossier
from db.site.analysts.private_reading import read_private
from db.site.page_context import PageContext


async def find_readable_dossier(context: PageContext, request: Request) -> Dossier:
    """Return the dossier of an address. Raises NotFound, also for one of another person that is not shared."""
    number = int(request.url_vars["id"])
    found = await read_private(context, request, lambda db, reader: find_dossier(db, number, reader.id))
    if found is None:
        raise NotFound(context.wording("dossiers.unknown", number=str(number)))
    return found
