"""The people of vigia.toml as readers of the reading room, and the mail by which they sign in."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from collections.abc import Callable
from typing import Final

from crawler.config.desk import Desk
from db.desk.analysts.sign_in_links import LINK_AGE
from db.model.times import utc_now
from db.site.analysts.reader import Reader
from pipelines.alerts.errors import AlertError, SecretError
from pipelines.alerts.messages.sign_in import compose_sign_in
from pipelines.alerts.subscriptions.secret_references import read_secret

MAIL_SCHEMES: Final = ("mailto://", "mailtos://")
SEND_SECONDS: Final = 60.0
_log = logging.getLogger(__name__)


class DeskPeople:
    """The people of a desk's present configuration.

    `secret`: a key of the desk, so that a mark of an address tells nobody the address. `base_url`: where readers reach
    the reading room.
    """

    def __init__(self, read_desk: Callable[[], Desk], *, secret: str, base_url: Callable[[], str]) -> None:
        self._read_desk = read_desk
        self._secret = secret.encode()
        self._base_url = base_url

    def list_people(self) -> tuple[Reader, ...]:
        """Return who may sign in, in the order of vigia.toml."""
        return tuple(
            Reader(id=person.id, name=person.name or person.id, language=person.language)
            for person in self._read_desk().people
        )

    def read_mail_mark(self, id_: str) -> str | None:
        """Return a mark of a person's mail address, "" if they have none, None if what they have can't be read."""
        try:
            address = self._find_mail_address(id_)
        except SecretError:
            return None
        return hmac.digest(self._secret, f"mail\0{address}".encode(), "sha256").hex()[:24] if address else ""

    def send_link(self, id_: str, path: str) -> None:
        """Send a person a link to a page of the reading room, in their language. A failure is logged."""
        from pipelines.alerts.channels.send import send_message  # noqa: PLC0415 - Apprise takes a while to import

        desk = self._read_desk()
        person = next((person for person in desk.people if person.id == id_), None)
        try:
            address = self._find_mail_address(id_)
            if person is None or address is None:
                return
            message = compose_sign_in(
                person.name or person.id,
                f"{self._base_url().rstrip('/')}{path}",
                minutes=LINK_AGE.seconds // 60,
                desk=desk.desk.name,
                language=person.language,
                token=secrets.token_hex(16),
                created=utc_now(),
            )
            asyncio.run(send_message(address, message, limit=SEND_SECONDS))
        except AlertError as error:
            _log.error('the link for person "%s" was not sent: %s', id_, error)

    def _find_mail_address(self, id_: str) -> str | None:
        """Return the first mail address of a person. Raises SecretError if none is found and one can't be read."""
        desk, unreadable = self._read_desk(), None
        person = next((person for person in desk.people if person.id == id_), None)
        for reference in person.to if person else ():
            try:
                address = read_secret(reference, folder=desk.folder)
            except SecretError as error:
                unreadable = error
                continue
            if address.lower().startswith(MAIL_SCHEMES):
                return address
        if unreadable:
            raise unreadable
        return None
