"""Responses of the site: a page from a template, or a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from datasette.utils.asgi import Request, Response

from db.site.page_arguments import describe_unread, read_address_arguments
from db.site.page_context import PageContext
from db.site.reader_language import find_wrong_language

EVERY_PAGE_READS = ("marked",)  # of base.html: the mark that led to the page
TemplateVariables: TypeAlias = dict[str, Any]  # what a template reads by name: rows of it, words, marked texts


async def answer_with_page(
    context: PageContext,
    request: Request,
    template: str,
    variables: TemplateVariables,
    *,
    reads: Collection[str] = (),
    refused: Collection[str] = (),
    several: Collection[str] = (),
    unknown: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Response:
    """Render a template with the desk's name, zone and database beside its own variables.

    reads: the arguments of an address that the page knows. refused: those of them whose value it could not read.
    several: those that may have several values. unknown: values of filters that nothing has, by name. The page says
    what of the address it did not read and what finds nothing.
    """
    variables |= {
        "unread": describe_unread(
            read_address_arguments(request),
            reads=(*reads, *EVERY_PAGE_READS),
            refused=refused,
            several=several,
            unknown=unknown,
            wrong_language=find_wrong_language(request),
            wording=context.wording,
        ),
        "desk": context.name,
        "zone": context.wording.zone_city(str(context.zone)),
        "zone_name": str(context.zone),
        "database": context.database,
    }
    return Response.html(
        await context.datasette.render_template(template, variables, request=request, view_name="page")
    )


def answer_with_file(text: str, *, content_type: str, name: str | None = None) -> Response:
    """Send a text in UTF-8; with a `name` (ASCII letters, digits, dots, hyphens) the browser saves it as a file."""
    headers = {"content-disposition": f'attachment; filename="{name}"'} if name else {}
    return Response(text, headers=headers, content_type=content_type)
