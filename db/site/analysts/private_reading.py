"""Read desk.db for a page: what a reader's own pages show, and the way there for a reader who has not said who."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

from datasette.utils.asgi import NotFound, Request, Response
from sqlite_utils import Database

from db.connection import explain_errors, open_desk
from db.site.analysts.reader import Reader, find_analyst_desk, find_reader, has_people
from db.site.page_context import PageContext
from db.site.security import PERSON

FoundInDeskT = TypeVar("FoundInDeskT")


async def read_desk(desk_db: Path, read: Callable[[Database], FoundInDeskT]) -> FoundInDeskT | None:
    """Return what `read` finds in desk.db, in a thread; None where there is no desk.db yet. Raises StoreError."""

    def read_store() -> FoundInDeskT | None:
        if not desk_db.exists():
            return None
        with contextlib.closing(open_desk(desk_db, readonly=True)) as db, explain_errors(desk_db):
            return read(db)

    return await asyncio.to_thread(read_store)


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
