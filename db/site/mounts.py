"""Applications beside Datasette's pages in the reading room, before or behind its password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from datasette.app import Datasette

from db.site.security import AsgiApplication

_behind_password: WeakKeyDictionary[Datasette, Mapping[str, AsgiApplication]] = WeakKeyDictionary()


def mount(app: AsgiApplication, mounts: Mapping[str, AsgiApplication]) -> AsgiApplication:
    """Mount applications under path prefixes before another one: `{"/alerts/": …}`."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        chosen = next((mount for beginning, mount in mounts.items() if path.startswith(beginning)), app)
        await chosen(scope, receive, send)

    return application


def put_behind_password(datasette: Datasette, mounts: Mapping[str, AsgiApplication]) -> None:
    """Have a Datasette mount these applications behind its password. Called before its `app()`."""
    _behind_password[datasette] = mounts


def mount_behind_password(app: AsgiApplication, datasette: Datasette) -> AsgiApplication:
    """Mount what `put_behind_password` named."""
    return mount(app, _behind_password.get(datasette, {}))
