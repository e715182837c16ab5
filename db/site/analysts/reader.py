"""Who reads: the one reader of a desk without names, or the person of vigia.toml whom a session chose.

Private things are shown to a reader alone. The process that writes the desk says what it knows (`put_analyst_desk`);
every other site has no reader: a public copy, `vigia serve`, plain Datasette.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.desk.analysts.reader_subscriptions import LOCAL_PERSON
from db.i18n.languages import Language
from db.site.analysts.new_keys import NewKeys
from db.site.security import is_forwarded

_SESSION_KEY: Final = "vigia_session"  # in a request's scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads and writes. `id` is the key of what they made; `language` is None where nobody said one.

    is_named: whether they are a person of vigia.toml. One with the id "local" takes over what was made without names.
    """

    id: str
    name: str
    language: Language | None = None
    is_named: bool = True


LOCAL_READER: Final = Reader(id=LOCAL_PERSON, name=LOCAL_PERSON, is_named=False)  # of a desk that names nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSession:
    """A session behind the password: until when (Unix time), and the person whom it chose.

    `proof` is the mark of the address to which the link went by which they signed in; "" if they only said who they
    are.
    """

    id: str
    expires: int
    person: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalystDesk:
    """A desk whose readers may write, for the process that writes it.

    is_proxied: a web server stands before a desk without a password, or may: then its readers can't be told from
    strangers, and it has no reader.
    list_people: the people of vigia.toml.
    read_mail_mark: a mark of a person's mail address; "" if they have none, None if that can't be read.
    send_link: sends a link, given as a path of this site, to the mail address of a person. It logs what failed.
    password_mark: of the desk's password, "" without one. new_keys: of apps, that their readers have not seen.
    """

    news_db: Path
    desk_db: Path
    is_proxied: bool = False
    list_people: Callable[[], Sequence[Reader]] = tuple
    read_mail_mark: Callable[[str], str | None] = lambda _: ""
    send_link: Callable[[str, str], None] = lambda _, __: None
    password_mark: str = field(default="", repr=False)
    new_keys: NewKeys = field(default_factory=NewKeys, repr=False, compare=False)

    def find_person(self, id_: str) -> Reader | None:
        """Return the person of that id, if vigia.toml names them now."""
        return next((person for person in self.list_people() if person.id == id_), None)

    def find_reader_of(self, session: ReaderSession) -> Reader | None:
        """Return who a session says to be, if that holds now."""
        if not self.list_people():
            return LOCAL_READER
        person = self.find_person(session.person)
        return person if person and self.read_mail_mark(person.id) == session.proof else None


_desks: WeakKeyDictionary[Datasette, AnalystDesk] = WeakKeyDictionary()


def put_analyst_desk(datasette: Datasette, desk: AnalystDesk) -> None:
    """Let the readers of a Datasette write to a desk. Called before its `app()`."""
    _desks[datasette] = desk


def find_analyst_desk(datasette: Datasette) -> AnalystDesk | None:
    """Return the desk to which the readers of a Datasette may write; None if there is none."""
    return _desks.get(datasette)


def add_session(scope: MutableMapping[str, Any], session: ReaderSession) -> MutableMapping[str, Any]:
    """Return the scope of a request behind the password, with its session."""
    return dict(scope) | {_SESSION_KEY: session}


def drop_session(scope: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return the scope of a request without its session, for a page that is kept for others."""
    return {key: value for key, value in scope.items() if key != _SESSION_KEY}


def find_session(request: Request) -> ReaderSession | None:
    """Return the session of a request behind the password."""
    session = request.scope.get(_SESSION_KEY)
    return session if isinstance(session, ReaderSession) else None


def has_password(datasette: Datasette) -> bool:
    """Return True if the pages of a Datasette stand behind a password."""
    return bool((datasette.plugin_config("vigia") or {}).get("password_hash"))


def find_reader(datasette: Datasette, request: Request | None) -> Reader | None:
    """Return who reads; None for a stranger, and where readers can't write."""
    desk = find_analyst_desk(datasette)
    if desk is None or request is None:
        return None
    if has_password(datasette):
        session = find_session(request)
        return None if session is None else desk.find_reader_of(session)
    return None if desk.is_proxied or is_forwarded(request.headers) else LOCAL_READER


def has_people(datasette: Datasette, request: Request | None) -> bool:
    """Return True if a reader has given the password of a desk that names people, and is one of them or nobody yet."""
    desk = find_analyst_desk(datasette)
    return bool(desk and request and has_password(datasette) and find_session(request) and desk.list_people())
