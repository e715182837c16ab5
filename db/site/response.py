"""What the site answers with: a page from a template, or a file to keep."""

from __future__ import annotations

from typing import Any

from datasette.utils.asgi import Request, Response

from db.site.page_context import Room


async def page(here: Room, request: Request, template: str, context: dict[str, Any]) -> Response:
    """A page of the desk."""
    context |= {
        "desk": here.name,
        "zone": here.speech.city(str(here.zone)),
        "zone_name": str(here.zone),
        "database": here.database,
    }
    return Response.html(await here.datasette.render_template(template, context, request=request, view_name="page"))


def file(text: str, *, content_type: str, name: str | None = None) -> Response:
    """A text in UTF-8; with a `name` (ASCII letters, digits, dots and hyphens) the browser keeps it as that file."""
    headers = {"content-disposition": f'attachment; filename="{name}"'} if name else {}
    return Response(text, headers=headers, content_type=content_type)
