"""Sessions of readers: signed cookies, and which of them were ended by signing out."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import secrets
import time
from collections.abc import MutableMapping
from http.cookies import CookieError
from pathlib import Path
from typing import Any

from datasette.actor_auth_cookie import actor_from_request
from datasette.app import Datasette
from datasette.utils import baseconv
from datasette.utils.asgi import Request

from db.connection import StoreError, explain_errors, open_desk
from db.site.analysts.reader import ReaderSession
from db.site.readers.ended_sessions import ALL_SESSIONS, end_session, list_ended_sessions

SESSION_SECONDS = 30 * 24 * 3600
_log = logging.getLogger(__name__)


class ReaderSessions:
    """The sessions of one password. With a desk.db what was ended stays so after a restart. Raises StoreError."""

    def __init__(self, datasette: Datasette, *, password: str, desk_db: Path | None) -> None:
        self._datasette = datasette
        self._password = password  # a fingerprint: after a change of the password all readers must log in again
        self._desk_db = desk_db
        self._ended: dict[str, int] = {}
        if desk_db is not None:
            with contextlib.closing(open_desk(desk_db)) as db, explain_errors(desk_db):
                self._ended = list_ended_sessions(db, now=int(time.time()))

    def start(self) -> str:
        """Return the value of a new session's cookie."""
        return self._sign(expires=int(time.time()) + SESSION_SECONDS)

    def start_for_person(self, person: str, *, proof: str, expires: int) -> str:
        """Return the value of the cookie of a new session as a person. It ends when the password's did."""
        return self._sign(expires=expires, person=person, proof=proof)

    def find(self, scope: MutableMapping[str, Any]) -> ReaderSession | None:
        """Return the session of a request; None if it has none, or one that expired or was ended."""
        try:
            actor = actor_from_request(self._datasette, Request(scope, None))  # checks signature and expiry
        except (CookieError, ValueError):
            return None
        if not isinstance(actor, dict) or actor.get("password") != self._password or "session" not in actor:
            return None
        session, expires = str(actor["session"]), int(actor["expires"])
        hashed = hashlib.blake2b(session.encode(), digest_size=12, person=b"vigia-session").hexdigest()
        if hashed in self._ended or expires <= self._ended.get(ALL_SESSIONS, 0):
            return None
        person, proof = str(actor.get("person", "")), str(actor.get("proof", ""))
        return ReaderSession(id=hashed, expires=expires, person=person, proof=proof)

    async def end(self, scope: MutableMapping[str, Any]) -> None:
        """End the session of a request: its cookie opens nothing from now on."""
        if (found := self.find(scope)) is None:
            return
        self._ended[found.id] = found.expires  # at once, whatever the file says
        if self._desk_db is None:
            return
        try:
            self._ended |= await asyncio.to_thread(self._store, found.id, found.expires)
        except StoreError as error:
            _log.error("a reader signed out, and would be signed in again after a restart: %s", error)

    def _store(self, session: str, expires: int) -> dict[str, int]:
        if self._desk_db is None:
            return {}
        with contextlib.closing(open_desk(self._desk_db)) as db, explain_errors(self._desk_db):
            return end_session(db, session, expires=expires, now=int(time.time()))

    def _sign(self, *, expires: int, **person: str) -> str:
        session = {"session": secrets.token_urlsafe(12), "expires": expires}
        actor = {"id": "reader", "password": self._password} | session | person
        return str(self._datasette.sign({"a": actor, "e": baseconv.base62.encode(expires)}, "actor"))
