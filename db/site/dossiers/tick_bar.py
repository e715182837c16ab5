"""The bar below a list by which a reader puts what they ticked into a dossier."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from datasette.utils.asgi import Request

from db.connection import StoreError
from db.desk.analysts.dossiers import find_dossier, list_own_names
from db.site.analysts.forms import find_form_token
from db.site.analysts.private_reading import read_desk
from db.site.analysts.reader import Reader, find_analyst_desk, find_reader
from db.site.page_context import PageContext
from db.site.response import TemplateVariables

TICK_ARGUMENTS: Final = ("done", "dossier", "n")  # that adding leads back to the list with
_log = logging.getLogger(__name__)


async def describe_tick_bar(context: PageContext, request: Request) -> TemplateVariables:
    """Return the variables of _ticks.html; none for who has no dossiers or while desk.db can't be read."""
    reader, desk = find_reader(context.datasette, request), find_analyst_desk(context.datasette)
    if reader is None or desk is None or find_form_token(context.datasette, request) is None:
        return {}
    try:
        return {"tick_bar": await _describe_bar(request, reader, desk.desk_db)}
    except StoreError as error:  # the list itself can be read
        _log.error("%s: without dossiers: %s", request.path, error)
        return {}


async def _describe_bar(request: Request, reader: Reader, desk_db: Path) -> TemplateVariables:
    names = await read_desk(desk_db, lambda db: list_own_names(db, reader.id)) or []
    address = urlsplit(request.full_path)
    bar: TemplateVariables = {"dossiers": names, "back": f"{address.path}?{address.query}".rstrip("?"), "added": None}
    number, count = request.args.get("dossier") or "", request.args.get("n") or ""
    if request.args.get("done") == "added" and number.isdecimal() and count.isdecimal() and len(number + count) < 16:
        added = await read_desk(desk_db, lambda db: find_dossier(db, int(number), reader.id))
        bar["added"] = added and {"dossier": added, "n": int(count)}
    return bar
