"""Readers behind the password say who of the desk's people they are.

A person with a mail address proves it by a link that is sent there; another says it, and the desk's password is the
proof. The answer to a wish for a link is the same whether or not one could be sent. A change of person begins a new
session: forms and copies of the cookie of the one before are of no use any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from typing import Protocol
from urllib.parse import urlencode

from datasette.app import Datasette

from db.connection import StoreError, explain_errors, open_desk
from db.desk.analysts.sign_in_links import SignInLink, save_link, use_link
from db.site.analysts.forms import FormError, explain_refusal, make_form_token, make_request, receive_own_form
from db.site.analysts.reader import AnalystDesk, ReaderSession, find_analyst_desk, find_session
from db.site.form_requests import Scope, find_local_path, redirect
from db.site.page_context import page_context
from db.site.password import FailedAttempts
from db.site.readers.client_address import client_network
from db.site.readers.sessions import ReaderSessions
from db.site.security import PERSON, PERSON_LINK, AsgiReceive, AsgiSend, refuse

MAX_OPEN_LETTERS = 8  # links that are being sent at one time
_log = logging.getLogger(__name__)


class MakeCookie(Protocol):
    """Makes the Set-Cookie header of a session, which lasts for some seconds."""

    def __call__(self, value: str, *, lasts: int) -> str:
        """Return the header."""


def is_person_form(scope: Scope) -> bool:
    """Return True for a request by which a reader says who they are."""
    return scope["method"] == "POST" and scope["path"] in (PERSON, PERSON_LINK)


class PersonSignIn:
    """An ASGI application for the forms of `/-/person` and `/-/person/link`, behind the password."""

    def __init__(
        self,
        datasette: Datasette,
        sessions: ReaderSessions,
        *,
        make_cookie: MakeCookie,
        attempts: FailedAttempts | None = None,
    ) -> None:
        self._datasette = datasette
        self._sessions = sessions
        self._make_cookie = make_cookie
        self._attempts = attempts or FailedAttempts()  # wishes for links
        self._sending: set[asyncio.Task[None]] = set()

    def find_next_page(self, onward: str) -> str:
        """Return the page that follows the password on the way to another: whose desk names people asks for theirs."""
        desk = find_analyst_desk(self._datasette)
        if desk is None or onward.startswith(PERSON) or not desk.list_people():
            return onward
        return PERSON + (f"?{urlencode({'next': onward})}" if onward != "/" else "")

    async def __call__(self, scope: Scope, receive: AsgiReceive, send: AsgiSend) -> None:
        """Answer a form."""
        request = make_request(scope)
        desk, session = find_analyst_desk(self._datasette), find_session(request)
        if desk is None or session is None:
            await refuse(send, 404, "There is no such page.")
            return
        token = make_form_token(self._datasette, request, "")
        fields = await receive_own_form(self._datasette, request, receive, send, token=token)
        if fields is None:
            return
        given = {name: values[-1] for name, values in fields.items()}
        onward = find_local_path(given.get("next", ""))
        try:
            if scope["path"] == PERSON_LINK:
                person, proof = await self._use_link(desk, given.get("link", ""))
            else:
                person, proof = given.get("person", ""), ""
                if desk.find_person(person) is None or desk.read_mail_mark(person) != "":
                    await self._offer_link(desk, person, scope, send, onward=onward)
                    return
        except FormError as error:
            await explain_refusal(self._datasette, request, send, error, status=422)
            return
        except StoreError as error:
            _log.error("nobody can sign in by a link: %s", error)
            await explain_refusal(self._datasette, request, send, FormError("forms.not_written"), status=503)
            return
        await self._enter(scope, send, session, person, proof=proof, onward=onward)

    async def _enter(
        self, scope: Scope, send: AsgiSend, session: ReaderSession, person: str, *, proof: str, onward: str
    ) -> None:
        await self._sessions.end(scope)
        cookie = self._sessions.start_for_person(person, proof=proof, expires=session.expires)
        await redirect(send, onward, cookie=self._make_cookie(cookie, lasts=session.expires - int(time.time())))

    async def _use_link(self, desk: AnalystDesk, token: str) -> tuple[str, str]:
        """Return the person of a link, and the proof that it gives. Raises FormError, StoreError."""
        now = page_context(self._datasette).now

        def use() -> SignInLink | None:
            with contextlib.closing(open_desk(desk.desk_db)) as db, explain_errors(desk.desk_db):
                return use_link(db, token, now=now)

        link = await asyncio.to_thread(use)
        if link is None or desk.find_person(link.person) is None or desk.read_mail_mark(link.person) != link.mail_mark:
            raise FormError("person.link_void", back=PERSON)
        return link.person, link.mail_mark

    async def _offer_link(self, desk: AnalystDesk, person: str, scope: Scope, send: AsgiSend, *, onward: str) -> None:
        """Send a link, if the person can get one, and say the same in each case. Raises FormError, StoreError."""
        network = client_network(scope)
        if self._attempts.wait(network) > 0 or len(self._sending) >= MAX_OPEN_LETTERS:
            raise FormError("person.too_many", back=PERSON)
        self._attempts.count(network)
        now = page_context(self._datasette).now

        def write_and_send() -> None:
            mark = desk.read_mail_mark(person) if desk.find_person(person) else None
            if mark is None:
                _log.warning(
                    "a link was asked for by whom none can be sent to: `vigia check` says whose address is not"
                )
            if not mark:
                return
            token = secrets.token_urlsafe(24)
            with contextlib.closing(open_desk(desk.desk_db)) as db, explain_errors(desk.desk_db):
                is_saved = save_link(db, token, SignInLink(person=person, mail_mark=mark), now=now)
            if is_saved:
                query = {"link": token} | ({"next": onward} if onward != "/" else {})
                desk.send_link(person, f"{PERSON_LINK}?{urlencode(query)}")

        async def send_letter() -> None:
            try:
                await asyncio.to_thread(write_and_send)
            except StoreError as error:
                _log.error("no link could be sent: %s", error)

        # Not waited for: how long that takes would tell whether there is an address.
        task = asyncio.create_task(send_letter())
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        asked = {"asked": person[:60]} | ({"next": onward} if onward != "/" else {})
        await redirect(send, f"{PERSON}?{urlencode(asked)}")
