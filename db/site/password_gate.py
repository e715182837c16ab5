"""The ASGI application that asks for the reading room's password, checks it and signs readers in and out."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from urllib.parse import parse_qs, urlencode

from datasette.app import Datasette
from datasette.utils.asgi import Request
from datasette_auth_passwords.utils import verify_password

from db.site.analysts.reader import add_session
from db.site.form_requests import (
    SESSION_COOKIE,
    Scope,
    find_local_path,
    is_cross_site,
    read_header,
    receive_form,
    redirect,
)
from db.site.password import MAX_WRONG_PASSWORDS, FailedAttempts, check_hash, mark_password
from db.site.readers.client_address import client_network
from db.site.readers.person_sign_in import PersonSignIn, is_person_form
from db.site.readers.sessions import SESSION_SECONDS, ReaderSessions
from db.site.security import LOGIN, LOGOUT, AsgiApplication, AsgiMessage, AsgiReceive, AsgiSend, refuse

MAX_WAITING_CHECKS = 8  # each takes a third of a second of one processor
_log = logging.getLogger(__name__)


class PasswordGate:
    """An ASGI application behind a password. Without a password it only closes the login and logout pages."""

    def __init__(self, app: AsgiApplication, datasette: Datasette, *, attempts: FailedAttempts | None = None) -> None:
        configured = datasette.plugin_config("vigia") or {}
        given = configured.get("password_hash")
        self._app = app
        self._datasette = datasette
        self._hash = check_hash(str(given).strip()) if given else None
        self._https = bool(configured.get("https"))
        self._sessions: ReaderSessions | None = None
        self._people: PersonSignIn | None = None
        if self._hash is not None:
            desk_db = configured.get("desk_db")
            self._sessions = ReaderSessions(
                datasette, password=mark_password(self._hash), desk_db=Path(desk_db) if desk_db else None
            )
            self._people = PersonSignIn(datasette, self._sessions, make_cookie=self._cookie)
        self._attempts = attempts or FailedAttempts()
        self._checking = asyncio.Semaphore(1)
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: AsgiReceive, send: AsgiSend) -> None:
        """Answer a request."""
        # The plugin would check HTTP Basic passwords in the event loop, any number of them: remove the header.
        scope = dict(scope, headers=[pair for pair in scope.get("headers", ()) if pair[0].lower() != b"authorization"])
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif self._sessions is None:
            if scope["path"] in (LOGIN, LOGOUT) or is_person_form(scope):
                await refuse(send, 404, "There is no such page.")
            else:
                await self._app(scope, receive, send)
        elif scope["path"] == LOGIN:
            await self._ask(self._sessions, scope, receive, send)
        elif scope["path"] == LOGOUT:
            await self._leave(self._sessions, scope, send)
        elif session := self._sessions.find(scope):
            app = self._people if self._people and is_person_form(scope) else self._app
            await app(add_session(scope, session), receive, _forbid_shared_caching(send))
        elif scope["path"].startswith("/site/") and ".." not in scope["path"]:
            await self._app(scope, receive, send)  # style and pictures of the login page
        else:
            await self._turn_away(scope, send)

    def find_session(self, scope: Scope) -> str | None:
        """Return the session of a request, if it has one that is valid."""
        session = self._sessions.find(scope) if self._sessions else None
        return session.id if session else None

    async def _turn_away(self, scope: Scope, send: AsgiSend) -> None:
        if "text/html" not in read_header(scope, b"accept"):
            await refuse(send, 401, f"This reading room asks for its password at {LOGIN}.")
            return
        wanted = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
        query = f"?{urlencode({'next': wanted[:2_000]})}" if wanted != "/" else ""
        await redirect(send, LOGIN + query)

    async def _ask(self, sessions: ReaderSessions, scope: Scope, receive: AsgiReceive, send: AsgiSend) -> None:
        if scope["method"] != "POST":
            onward = find_local_path(parse_qs(scope["query_string"].decode("latin-1")).get("next", [""])[0])
            if sessions.find(scope):
                await redirect(send, onward)
            else:
                await self._page(scope, send, onward=onward)
            return
        form = await receive_form(scope, receive, send)
        if form is None:
            return
        onward = find_local_path(form.get("next", ""))
        address = client_network(scope)
        if (seconds := self._attempts.wait(address)) > 0 or self._waiting >= MAX_WAITING_CHECKS:
            minutes = max(1, round(seconds / 60 + 0.5))
            await self._page(scope, send, status=429, problem="wait", minutes=minutes, onward=onward)
            return
        self._attempts.count(address)
        if not await self._is_right(form.get("password", "")):
            if self._attempts.wait(address):
                _log.warning(
                    "%d wrong passwords of the reading room from one address: it has to wait", MAX_WRONG_PASSWORDS
                )
            await self._page(scope, send, status=403, problem="wrong", onward=onward)
            return
        self._attempts.forgive(address)
        if self._people is not None:
            onward = self._people.find_next_page(onward)
        await redirect(send, onward, cookie=self._cookie(sessions.start(), lasts=SESSION_SECONDS))

    async def _is_right(self, password: str) -> bool:
        self._waiting += 1
        try:
            async with self._checking:
                return bool(await asyncio.to_thread(verify_password, password, self._hash))
        finally:
            self._waiting -= 1

    async def _leave(self, sessions: ReaderSessions, scope: Scope, send: AsgiSend) -> None:
        if scope["method"] != "POST" or is_cross_site(scope):
            await refuse(send, 405, "This page takes the button of our own pages alone.")
            return
        await sessions.end(scope)
        await redirect(send, LOGIN, cookie=self._cookie("", lasts=0))

    def _cookie(self, value: str, *, lasts: int) -> str:
        secure = "; Secure" if self._https else ""
        return f"{SESSION_COOKIE}={value}; Path=/; Max-Age={lasts}; HttpOnly; SameSite=Lax{secure}"

    async def _page(
        self,
        scope: Scope,
        send: AsgiSend,
        *,
        onward: str,
        status: int = 200,
        problem: str | None = None,
        minutes: int = 0,
    ) -> None:
        await self._datasette.invoke_startup()
        request = Request(dict(scope, csrftoken=lambda: "", actor=None), None)
        variables = {"onward": onward, "problem": problem, "minutes": minutes}
        body = await self._datasette.render_template("login.html", variables, request=request, view_name="login")
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"private, no-store")]
        if status == 429:
            headers.append((b"retry-after", str(max(1, minutes) * 60).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body.encode() if scope["method"] != "HEAD" else b""})


def _forbid_shared_caching(send: AsgiSend) -> AsgiSend:
    """Mark responses as private, so that no cache but the reader's own keeps them."""

    async def send_privately(message: AsgiMessage) -> None:
        if message["type"] == "http.response.start":
            given = dict(message.get("headers", []))
            kept = [pair for pair in message.get("headers", []) if pair[0].lower() != b"cache-control"]
            age = next((value for name, value in given.items() if name.lower() == b"cache-control"), b"no-cache")
            private = age if b"private" in age or b"no-store" in age else b"private, " + age
            message = dict(message, headers=[*kept, (b"cache-control", private)])
        await send(message)

    return send_privately
