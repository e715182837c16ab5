"""What the site answers with: a page from a template, or a file to keep."""

from __future__ import annotations

from typing import Any

from datasette.utils.asgi import Request, Response

from db.site.page_context import PageContext


async def answer_with_page(
    context: PageContext, request: Request, template: str, variables: dict[str, Any]
) -> Response:
    """A page of the desk."""
    variables |= {
        "desk": context.name,
        "zone": context.wording.city(str(context.zone)),
        "zone_name": str(context.zone),
        "database": context.database,
    }
    return Response.html(
        await context.datasette.render_template(template, variables, request=request, view_name="page")
    )


def answer_with_file(text: str, *, content_type: str, name: str | None = None) -> Response:
    """A text in UTF-8; with a `name` (ASCII letters, digits, dots and hyphens) the browser keeps it as that file."""
    headers = {"content-disposition": f'attachment; filename="{name}"'} if name else {}
    return Response(text, headers=headers, content_type=content_type)
