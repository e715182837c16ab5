"""Response headers, allowed methods and hosts: protection from hostile texts and from other sites."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

AsgiMessage = MutableMapping[str, Any]
AsgiSend = Callable[[AsgiMessage], Awaitable[None]]
AsgiReceive = Callable[[], Awaitable[AsgiMessage]]
AsgiApplication = Callable[[MutableMapping[str, Any], AsgiReceive, AsgiSend], Awaitable[None]]

# No inline script or style, nothing from other hosts. Datasette's stylesheet has one picture as a data: URL.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

# Paths that take a POST on every site: db.site.password_gate answers the first line, db.site.readers.person_sign_in the
# second, pipelines.alerts.http_endpoints the third. Those of a desk's own forms are given to `guard`
# (db.site.analysts.forms).
LOGIN, LOGOUT = "/-/login", "/-/logout"
PERSON, PERSON_LINK = "/-/person", "/-/person/link"
UNSUBSCRIBE = "/alerts/unsubscribe/"

# Of what Datasette and its plugins have below `/-/`, the pages that readers need. The others show the machine's paths,
# versions, settings and threads, or run inline scripts; a new one of a later Datasette is closed until it stands here.
OPEN_SERVICE_PATHS = {LOGIN, LOGOUT, PERSON, PERSON_LINK, "/-/health", "/-/metrics"}
_STATIC_PATHS = ("/-/static/", "/-/static-plugins/")


def guard(
    app: AsgiApplication, *, hosts: Collection[str] = (), forms: Collection[str] = frozenset()
) -> AsgiApplication:
    """Wrap an ASGI application: security headers on every answer, GET and HEAD alone, no pages on the machine.

    `forms`: the paths that take a POST as well.
    With `hosts`, a request for another host is refused. Otherwise a page elsewhere could point its own host name at
    this machine and read the desk through the reader's browser (DNS rebinding).
    """

    async def application(scope: MutableMapping[str, Any], receive: AsgiReceive, send: AsgiSend) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def send_guarded(message: AsgiMessage) -> None:
            if message["type"] == "http.response.start":
                ours = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
                theirs = [
                    pair
                    for pair in message.get("headers", [])
                    if pair[0].decode("latin-1").lower() not in SECURITY_HEADERS
                ]
                message = dict(message, headers=theirs + ours)
            await send(message)

        if hosts and _host(scope) not in hosts:
            await refuse(send_guarded, 421, "This server does not answer to that name.")
        elif scope["method"] not in ("GET", "HEAD") and not _is_form(scope, forms):
            await refuse(send_guarded, 405, "This site is for reading.")
        elif _is_closed(scope):
            await refuse(send_guarded, 404, "There is no such page.")
        else:
            await app(scope, receive, send_guarded)

    return application


def is_forwarded(headers: Iterable[str]) -> bool:
    """Return True if the names of a request's headers, in lower case, tell that a proxy handed it on."""
    return any(name in ("forwarded", "via", "x-real-ip") or name.startswith("x-forwarded-") for name in headers)


def _is_closed(scope: MutableMapping[str, Any]) -> bool:
    """Return True for a page below `/-/` that no reader needs, however its path is written."""
    # Datasette routes by the path as it was sent.
    sent = scope.get("raw_path", b"").decode("latin-1").partition("?")[0]
    return any(
        f"{path}/".startswith("/-/") and path not in OPEN_SERVICE_PATHS and not path.startswith(_STATIC_PATHS)
        for path in (scope["path"], sent)
    )


def _is_form(scope: MutableMapping[str, Any], forms: Collection[str]) -> bool:
    path = scope["path"]
    is_ours = path in (LOGIN, LOGOUT, PERSON, PERSON_LINK) or path in forms or path.startswith(UNSUBSCRIBE)
    return scope["method"] == "POST" and is_ours


def _host(scope: MutableMapping[str, Any]) -> str:
    """Return the host of a request, without its port, in lower case."""
    value = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
    try:
        return (urlsplit(f"//{value}").hostname or "").lower()
    except ValueError:
        return ""


async def refuse(send: AsgiSend, status: int, sentence: str) -> None:
    """Answer with a status and one sentence as plain text."""
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": sentence.encode()})
