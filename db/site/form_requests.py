"""Forms of the reading room: read them, refuse those of other sites, answer with another page."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qs, quote

from db.site.security import AsgiReceive, AsgiSend, refuse

SESSION_COOKIE = "ds_actor"  # Datasette's own name, so that its pages know the reader too
MAX_FORM_BYTES = 4_096  # of a small form
MAX_FORM_FIELDS = 10
MAX_DRAINED_BYTES = 1_000_000  # of a form, whatever is kept of it
MAX_FORM_SECONDS = 20.0
MAX_ADDRESS_CHARACTERS = 4_000  # of a page to lead back to: a search with many filters

Scope = MutableMapping[str, Any]


def read_header(scope: Scope, name: bytes) -> str:
    """Return the values of a header, given in lower case; "" if it is missing."""
    return b"; ".join(value for key, value in scope["headers"] if key.lower() == name).decode("latin-1")


def is_cross_site(scope: Scope) -> bool:
    """Return True if another site's page sent this form. Our pages send no referrer, so their Origin is "null"."""
    site = read_header(scope, b"sec-fetch-site")
    if site:
        return site not in ("same-origin", "none")
    origin = read_header(scope, b"origin")
    return origin not in ("", "null") and origin.partition("://")[2] != read_header(scope, b"host")


class FormTooLargeError(ValueError):
    """A form has more bytes or fields than any form of ours."""


async def receive_form(scope: Scope, receive: AsgiReceive, send: AsgiSend) -> dict[str, str] | None:
    """Return the last value of each field of a small form; {} if it is too large.

    Returns None after refusing it as `receive_fields` does.
    """
    try:
        fields = await receive_fields(scope, receive, send, max_bytes=MAX_FORM_BYTES, max_fields=MAX_FORM_FIELDS)
    except FormTooLargeError:
        return {}
    return None if fields is None else {name: values[-1] for name, values in fields.items()}


async def receive_fields(
    scope: Scope, receive: AsgiReceive, send: AsgiSend, *, max_bytes: int, max_fields: int
) -> dict[str, tuple[str, ...]] | None:
    """Return the values of each field of a form. Raises FormTooLargeError.

    Returns None after refusing one that another site's page sent, or that came too late.
    """
    if is_cross_site(scope):
        await refuse(send, 403, "This form was sent from another site.")
        return None
    try:
        return await read_fields(receive, max_bytes=max_bytes, max_fields=max_fields)
    except TimeoutError:
        await refuse(send, 408, "The form did not arrive in time.")
        return None


async def read_fields(receive: AsgiReceive, *, max_bytes: int, max_fields: int) -> dict[str, tuple[str, ...]]:
    """Return the values of each field of a request's body. Raises FormTooLargeError; TimeoutError if it comes late."""
    async with asyncio.timeout(MAX_FORM_SECONDS):
        body = await _read_body(receive, max_bytes)
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=max_fields)
    except ValueError as error:
        raise FormTooLargeError(f"more than {max_fields} fields") from error
    return {name: tuple(values) for name, values in fields.items()}


async def _read_body(receive: AsgiReceive, max_bytes: int) -> bytes:
    """Read a body to its end. Raises FormTooLargeError. A body that broke off is empty.

    One that is too large is read on to MAX_DRAINED_BYTES: a browser that still sends shows no answer.
    """
    body, size, more = bytearray(), 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        part = message.get("body", b"")
        size += len(part)
        if size <= max_bytes:
            body += part
        more = bool(message.get("more_body")) and size <= MAX_DRAINED_BYTES
    if size > max_bytes:
        raise FormTooLargeError(f"more than {max_bytes} bytes")
    return bytes(body)


def find_local_path(wanted: str) -> str:
    """Return the address of this site to lead to after a form, without its fragment.

    Returns "/" for another site (`//evil.example`, `/\\evil.example`) and for what is longer than any of ours.
    """
    plain = wanted.startswith("/") and not wanted.startswith(("//", "/-/log")) and wanted.isprintable()
    is_ours = plain and "\\" not in wanted and len(wanted) <= MAX_ADDRESS_CHARACTERS
    return wanted.partition("#")[0] if is_ours else "/"


async def redirect(send: AsgiSend, where: str, *, cookie: str | None = None) -> None:
    """Send a browser to a path of this site, by GET."""
    headers = [(b"location", quote(where, safe="/?&=%+:;,.~_-!*'()@$#").encode()), (b"cache-control", b"no-store")]
    if cookie:
        headers.append((b"set-cookie", cookie.encode()))
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
