"""`/apps`: how a reader sets up an app that reads this desk, and the keys of their apps."""

from __future__ import annotations

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from db.desk.analysts.device_keys import MAX_KEY_NAME_CHARACTERS, DeviceKey, list_device_keys
from db.model.times import stamp
from db.site.analysts.forms import read_number
from db.site.analysts.private_reading import lead_to_choice, read_private
from db.site.analysts.reader import find_analyst_desk, find_reader, has_password
from db.site.page_context import PageContext, page_context
from db.site.reader_api.application import FRESHRSS, find_site_address
from db.site.reader_api.device_access import holds_now
from db.site.response import TemplateVariables, answer_with_page


async def show_apps(request: Request, datasette: Datasette) -> Response:
    """`/apps`: the address, name and key that an app asks for, and the keys that were made."""
    context, desk = page_context(datasette, request), find_analyst_desk(datasette)
    if desk is not None and (choice := lead_to_choice(context, request)):
        return choice
    reader = find_reader(datasette, request)
    if desk is None or reader is None:
        raise NotFound(context.wording("error.no_page"))
    keys = await read_private(context, request, lambda private, who: list_device_keys(private, who.id)) or []
    made = read_number(request.args.get("made") or "")
    address = find_site_address(datasette, request.host)
    variables: TemplateVariables = {
        "address": address,
        "longer_address": f"{address}{FRESHRSS}",
        "user": reader.id,
        "key": desk.new_keys.take(reader.id, made) if made else None,
        "is_revoked": request.args.get("revoked") == "1",
        "is_local": not has_password(datasette),
        "most_characters": MAX_KEY_NAME_CHARACTERS,
        "keys": [_describe_key(context, one, is_void=not holds_now(desk, reader, one)) for one in keys],
    }
    answer = await answer_with_page(context, request, "apps.html", variables, reads=("made", "revoked"))
    answer.headers["cache-control"] = "private, no-store"
    return answer


def _describe_key(context: PageContext, key: DeviceKey, *, is_void: bool) -> TemplateVariables:
    wording = context.wording
    used = wording("apps.used", day=wording.date(key.used_on, "medium")) if key.used_on else wording("apps.unused")
    facts = [wording("apps.made", day=context.day(stamp(key.made_at), "time")), used]
    return {
        "number": key.number,
        "name": key.name or wording("apps.unnamed"),
        "facts": [*facts, wording("apps.void")] if is_void else facts,
    }
