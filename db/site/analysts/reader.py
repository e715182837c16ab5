"""Who reads: the one reader of a desk without names, or the person of vigia.toml whom a session chose.

Private things are shown to a reader alone. The process that writes the desk says what it knows (`put_analyst_desk`);
every other site has no reader: a public copy, `vigia serve`, plain Datasette.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.i18n.languages import Language
from db.site.security import is_forwarded

_SESSION_KEY: Final = "vigia_session"  # in a request's scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads and writes. `id` is the key of what they made; `language` is None where nobody said one."""

    id: str
    name: str
    language: Language | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalystDesk:
    """A desk whose readers may write, for the process that writes it.

    is_proxied: a web server stands before a desk without a password, or may: then its readers can't be told from
    strangers, and it has no reader.
    """

    news_db: Path
    desk_db: Path
    is_proxied: bool = False


LOCAL_READER: Final = Reader(id="local", name="local")  # of a desk that names nobody

_desks: WeakKeyDictionary[Datasette, AnalystDesk] = WeakKeyDictionary()


def put_analyst_desk(datasette: Datasette, desk: AnalystDesk) -> None:
    """Let the readers of a Datasette write to a desk. Called before its `app()`."""
    _desks[datasette] = desk


def find_analyst_desk(datasette: Datasette) -> AnalystDesk | None:
    """Return the desk to which the readers of a Datasette may write; None if there is none."""
    return _desks.get(datasette)


def add_session(scope: MutableMapping[str, Any], session: str) -> MutableMapping[str, Any]:
    """Return the scope of a request behind the password, with its session."""
    return dict(scope) | {_SESSION_KEY: session}


def find_session(request: Request) -> str:
    """Return the session of a request behind the password; "" for none."""
    return str(request.scope.get(_SESSION_KEY) or "")


def has_password(datasette: Datasette) -> bool:
    """Return True if the pages of a Datasette stand behind a password."""
    return bool((datasette.plugin_config("vigia") or {}).get("password_hash"))


def find_reader(datasette: Datasette, request: Request | None) -> Reader | None:
    """Return who reads; None for a stranger, and where readers can't write."""
    desk = find_analyst_desk(datasette)
    if desk is None or request is None:
        return None
    if has_password(datasette):
        return LOCAL_READER if find_session(request) else None
    return None if desk.is_proxied or is_forwarded(request.headers) else LOCAL_READER
