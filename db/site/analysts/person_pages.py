"""`/-/person` and `/-/person/link`: where a reader says who of the desk's people they are."""

from __future__ import annotations

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from db.desk.analysts.sign_in_links import LINK_AGE, MAX_LINKS_IN_WINDOW, find_link
from db.site.analysts.forms import make_form_token
from db.site.analysts.private_reading import read_desk
from db.site.analysts.reader import find_analyst_desk, find_session, has_password
from db.site.form_requests import find_local_path
from db.site.page_context import page_context
from db.site.response import TemplateVariables, answer_with_page


async def show_people(request: Request, datasette: Datasette) -> Response:
    """`/-/person`: the people of the desk, each with a button; without them, how to name some."""
    context, desk = page_context(datasette, request), find_analyst_desk(datasette)
    if desk is None or (has_password(datasette) and find_session(request) is None):
        raise NotFound(context.wording("error.no_page"))
    people = desk.list_people() if has_password(datasette) else ()
    asked = desk.find_person(request.args.get("asked") or "")
    variables: TemplateVariables = {
        "people": people,
        "is_shared": has_password(datasette),
        "asked": asked,
        "minutes": LINK_AGE.seconds // 60,
        "most": MAX_LINKS_IN_WINDOW,
        "onward": find_local_path(request.args.get("next") or ""),
        "choice_token": make_form_token(datasette, request, ""),
    }
    return await answer_with_page(context, request, "person.html", variables, reads=("next", "asked"))


async def show_link(request: Request, datasette: Datasette) -> Response:
    """`/-/person/link?link=…`: asks for one click; loading it changes nothing, for mail scanners open links."""
    context, desk = page_context(datasette, request), find_analyst_desk(datasette)
    if desk is None or find_session(request) is None:
        raise NotFound(context.wording("error.no_page"))
    token = request.args.get("link") or ""
    link = await read_desk(desk.desk_db, lambda db: find_link(db, token, now=context.now))
    person = desk.find_person(link.person) if link else None
    is_valid = person is not None and link is not None and desk.read_mail_mark(person.id) == link.mail_mark
    variables: TemplateVariables = {
        "person": person if is_valid else None,
        "link": token,
        "onward": find_local_path(request.args.get("next") or ""),
        "choice_token": make_form_token(datasette, request, ""),
    }
    return await answer_with_page(context, request, "person_link.html", variables, reads=("link", "next"))
