"""Forms by which readers write: one application that refuses what is forged, late, too large or of nobody.

A form has a hidden field `token`, which is of the reader's session and can't be read by other sites. Its handler
writes, in one transaction, and returns the page to show: a browser that loads that page again writes nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import logging
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.connection import StoreError
from db.model.times import utc_now
from db.site.analysts.reader import AnalystDesk, Reader, find_reader, find_session, has_password, put_analyst_desk
from db.site.form_requests import FormTooLargeError, Scope, read_header, receive_fields, redirect
from db.site.query_cache import clear_cache
from db.site.reader_language import wording_of
from db.site.response import TemplateVariables
from db.site.security import PERSON, AsgiApplication, AsgiReceive, AsgiSend, refuse
from db.site.wording import SiteWording

TOKEN_FIELD: Final = "token"  # noqa: S105 -- a name
VERSION_FIELD: Final = "version"  # what the form was made from: db.desk.analysts.shown_versions
MAX_BYTES = 100_000  # a note of 10,000 Chinese characters takes 90,000
MAX_FIELDS = 540  # 500 ticked boxes, and what stands beside them
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalystForm:
    """A form that a reader sent. `host` is the name by which their browser knows this site, with its port."""

    path: str
    fields: Mapping[str, tuple[str, ...]]
    reader: Reader
    news_db: Path
    desk_db: Path
    now: dt.datetime
    host: str

    def one(self, name: str) -> str:
        """Return the last value of a field; "" if it is missing."""
        return self.all(name)[-1] if self.all(name) else ""

    def all(self, name: str) -> tuple[str, ...]:
        """Return all values of a field."""
        return self.fields.get(name, ())


def read_number(text: str) -> int:
    """Return a number of up to 15 digits; 0, which no row has, for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else 0


class FormError(Exception):
    """A form can't be carried out: a key of the catalogue and its values. `back` is the page to lead back to."""

    def __init__(self, key: str, *, back: str = "/", **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.back = back
        self.values = values


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that a form would replace: its name, what was typed and what stands now, in the reader's words.

    `field` is the form's field of a text, which can be mended beside what stands; "" for anything else.
    """

    label: str
    written: str
    standing: str
    field: str = ""


class FormConflictError(FormError):
    """A form would replace what another window changed since its page was shown.

    `version` is that of what stands now; `describe` says what differs.
    """

    def __init__(self, *, back: str, version: str, describe: Callable[[SiteWording], Sequence[Difference]]) -> None:
        super().__init__("forms.changed_meanwhile", back=back)
        self.version = version
        self.describe = describe


FormHandler = Callable[[AnalystForm], str]


class AnalystForms:
    """The forms of a desk: what carries out each, by its path.

    A handler runs in a thread and returns an address of this site. It raises StoreError, FormError, or
    FormConflictError, whose page shows both versions with a button that sends the typed one again.
    """

    def __init__(
        self, handlers: Mapping[str, FormHandler], *, desk: AnalystDesk, now: Callable[[], dt.datetime] = utc_now
    ) -> None:
        self.handlers = handlers
        self.desk = desk
        self.now = now


_forms: WeakKeyDictionary[Datasette, AnalystForms] = WeakKeyDictionary()


def put_analyst_forms(datasette: Datasette, forms: AnalystForms) -> None:
    """Let the readers of a Datasette write by these forms. Called before its `app()`."""
    _forms[datasette] = forms
    put_analyst_desk(datasette, forms.desk)


def list_form_paths(datasette: Datasette) -> frozenset[str]:
    """Return the paths of the forms of a Datasette."""
    forms = _forms.get(datasette)
    return frozenset(forms.handlers) if forms else frozenset()


def find_form_token(datasette: Datasette, request: Request | None) -> str | None:
    """Return what the forms of this reader hold; None for who may not write."""
    reader = find_reader(datasette, request)
    return None if reader is None or request is None else make_form_token(datasette, request, reader.id)


def make_form_token(datasette: Datasette, request: Request, reader: str) -> str:
    """Return what the forms of a session hold, for one reader; `reader` is "" before they said who they are."""
    session = find_session(request)
    signed = datasette.sign([session.id if session else "", reader], "vigia-form")
    return hashlib.blake2b(str(signed).encode(), digest_size=24).hexdigest()


def mount_analyst_forms(app: AsgiApplication, datasette: Datasette) -> AsgiApplication:
    """Mount the forms that `put_analyst_forms` named before another application."""
    forms = _forms.get(datasette)
    if forms is None:
        return app

    async def application(scope: Scope, receive: AsgiReceive, send: AsgiSend) -> None:
        if scope["type"] != "http" or scope["path"] not in forms.handlers:
            await app(scope, receive, send)
        elif scope["method"] != "POST":
            await refuse(send, 405, "This page takes the buttons of our own pages alone.")
        else:
            await _carry_out(forms, datasette, scope, receive, send)

    return application


async def _carry_out(
    forms: AnalystForms, datasette: Datasette, scope: Scope, receive: AsgiReceive, send: AsgiSend
) -> None:
    """Check a form, run its handler, and show the page that it names."""
    request = make_request(scope)
    reader, token = find_reader(datasette, request), find_form_token(datasette, request)
    if reader is None or token is None:
        if has_password(datasette):
            await redirect(send, PERSON)
        else:
            await refuse(send, 404, "There is no such page.")
        return
    fields = await receive_own_form(datasette, request, receive, send, token=token)
    if fields is None:
        return
    form = AnalystForm(
        path=scope["path"],
        fields=fields,
        reader=reader,
        news_db=forms.desk.news_db,
        desk_db=forms.desk.desk_db,
        now=forms.now(),
        host=read_header(scope, b"host").lower(),
    )
    try:
        where = await asyncio.to_thread(forms.handlers[form.path], form)
    except FormError as error:
        status = 409 if isinstance(error, FormConflictError) else 422
        await explain_refusal(datasette, request, send, error, status=status, typed=form.fields)
        return
    except (StoreError, sqlite3.Error) as error:
        _log.error("%s: %s", form.path, error)
        await explain_refusal(datasette, request, send, FormError("forms.not_written"), status=503, typed=form.fields)
        return
    clear_cache()
    await redirect(send, where)


def make_request(scope: Scope) -> Request:
    """Return a request for a page that is rendered outside Datasette's own views."""
    return Request(dict(scope, csrftoken=str, actor=scope.get("actor")), None)


async def receive_own_form(
    datasette: Datasette, request: Request, receive: AsgiReceive, send: AsgiSend, *, token: str
) -> Mapping[str, tuple[str, ...]] | None:
    """Return the fields of a form that one of our pages sent; None after refusing another."""
    try:
        fields = await receive_fields(request.scope, receive, send, max_bytes=MAX_BYTES, max_fields=MAX_FIELDS)
    except FormTooLargeError:
        await explain_refusal(datasette, request, send, FormError("forms.too_large"), status=413)
        return None
    if fields is None:
        return None
    given = fields.get(TOKEN_FIELD, ("",))[-1]
    if not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
        await explain_refusal(datasette, request, send, FormError("forms.old"), status=403)
        return None
    return fields


async def explain_refusal(
    datasette: Datasette,
    request: Request,
    send: AsgiSend,
    error: FormError,
    *,
    status: int,
    typed: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Say why a form was not carried out, on a page that keeps the texts typed in it."""
    await datasette.invoke_startup()
    wording = wording_of(request)
    variables = _describe_conflict(error, request, typed or {}) if isinstance(error, FormConflictError) else {}
    variables |= {
        "sentence": wording(error.key, **error.values),
        "status": status,
        "back": error.back,
        "typed": [
            value for name, values in (typed or {}).items() if name != TOKEN_FIELD for value in values if " " in value
        ],
    }
    template = "form_conflict.html" if isinstance(error, FormConflictError) else "form_refused.html"
    body = await datasette.render_template(template, variables, request=request, view_name="page")
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"private, no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})


def _describe_conflict(
    error: FormConflictError, request: Request, typed: Mapping[str, tuple[str, ...]]
) -> TemplateVariables:
    """Return what form_conflict.html shows, and the fields of the form that sends what was typed again."""
    differences = error.describe(wording_of(request))
    shown = {TOKEN_FIELD, VERSION_FIELD, *(one.field for one in differences)}
    return {
        "differences": differences,
        "action": request.path,
        "kept": [(name, value) for name, values in typed.items() if name not in shown for value in values],
        "version": error.version,
    }
