"""The Google Reader API as an ASGI application, as the apps of FreshRSS' and Miniflux' readers speak it.

An app signs in with a key that its reader made on `/apps`, never with the desk's password. Its requests bear the key
in a header, which no page of another site can make a browser send: so they need no token, and any is taken.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs

from datasette.app import Datasette

from db.connection import StoreError
from db.site.analysts.reader import AnalystDesk, find_analyst_desk, has_password
from db.site.form_requests import FormTooLargeError, Scope, read_fields, read_header
from db.site.page_context import page_context
from db.site.password import MAX_WRONG_PASSWORDS, FailedAttempts
from db.site.reader_api import answers
from db.site.reader_api.device_access import BAD_AUTHENTICATION, find_app_reader, read_header_key
from db.site.reader_api.item_rows import MAX_LISTED_ITEMS
from db.site.reader_api.library import AppReader, ReaderLibraries
from db.site.reader_api.streams import (
    STATE_PREFIX,
    ApiError,
    read_item_id,
    read_older_than,
    read_stream,
    read_stream_request,
    select_items,
)
from db.site.readers.client_address import client_network
from db.site.security import AsgiApplication, AsgiReceive, AsgiSend, is_forwarded
from db.site.subscriptions.alert_desk import find_alert_desk
from db.site.wording import SiteWording

CLIENT_LOGIN: Final = "/accounts/ClientLogin"
API: Final = "/reader/api/0/"
FRESHRSS: Final = "/api/greader.php"  # that some apps add to a server's address
MAX_IDS: Final = MAX_LISTED_ITEMS  # in one answer; some apps ask for all at once and for no page after it
MAX_CONTENTS: Final = 500  # items with their contents in one answer to a list
MAX_GIVEN_ITEMS: Final = 1_000  # items that a request may name
_MAX_BYTES: Final = 150_000
_MAX_FIELDS: Final = MAX_GIVEN_ITEMS + 50
_AT_ONCE: Final = 4  # requests that read the databases
_WRITES: Final = ("edit-tag", "mark-all-as-read")
_READS_BY_POST: Final = ("stream/items/contents", "stream/items/ids")
_NOT_CHANGED_HERE: Final = ("subscription/edit", "subscription/quickadd", "rename-tag", "disable-tag")
POST_PATHS: Final = frozenset(
    prefix + path
    for prefix in ("", FRESHRSS)
    for path in (CLIENT_LOGIN, *(API + name for name in (*_WRITES, *_READS_BY_POST, *_NOT_CHANGED_HERE)))
)
_OTHER_BODY = re.compile(r"(?i) *(?:multipart/|application/json)")  # types of bodies whose fields are not read
_log = logging.getLogger(__name__)

Arguments = Mapping[str, tuple[str, ...]]
Answer = tuple[str, bytes]  # content type and body
_NO_PAGE: Final = ApiError(404, "There is no such page.")


def list_api_post_paths(datasette: Datasette) -> frozenset[str]:
    """Return the paths by which apps write or ask with a POST."""
    return POST_PATHS if find_analyst_desk(datasette) else frozenset()


def find_site_address(datasette: Datasette, host: str) -> str:
    """Return the address by which apps know this desk. `host`: of the request's header."""
    is_https = bool((datasette.plugin_config("vigia") or {}).get("https"))
    return f"{'https' if is_https else 'http'}://{host.lower()}"


def mount_reader_api(app: AsgiApplication, datasette: Datasette) -> AsgiApplication:
    """Mount the API before another application, where readers can write."""
    desk = find_analyst_desk(datasette)
    if desk is None:
        return app
    api = ReaderApi(datasette, desk)

    async def application(scope: Scope, receive: AsgiReceive, send: AsgiSend) -> None:
        path = scope["path"].removeprefix(FRESHRSS) if scope["type"] == "http" else ""
        if path == CLIENT_LOGIN or path.startswith(API):
            await api(scope, receive, send, path=path)
        else:
            await app(scope, receive, send)

    return application


class ReaderApi:
    """The API of one desk."""

    def __init__(self, datasette: Datasette, desk: AnalystDesk) -> None:
        self._datasette = datasette
        self._desk = desk
        self._libraries = ReaderLibraries(desk, alert_desk=find_alert_desk(datasette))
        self._attempts = FailedAttempts()
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def __call__(self, scope: Scope, receive: AsgiReceive, send: AsgiSend, *, path: str) -> None:
        """Answer an app."""
        headers: list[tuple[bytes, bytes]] = []
        try:
            content_type, body = await self._answer(scope, receive, path)
            status = 200
        except ApiError as error:
            status, content_type, body = error.status, "text/plain; charset=utf-8", f"{error}\n".encode()
            headers += [(b"retry-after", b"900")] if status == 429 else []
        except StoreError as error:
            _log.error("%s: %s", path, error)
            status, content_type, body = 503, "text/plain; charset=utf-8", b"Not just now; please try again.\n"
            headers.append((b"retry-after", b"60"))
        headers += [
            (b"content-type", content_type.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"private, no-store"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})

    async def _answer(self, scope: Scope, receive: AsgiReceive, path: str) -> Answer:
        is_open = not has_password(self._datasette)
        names = (name.decode("latin-1").lower() for name, _ in scope["headers"])
        if is_open and (self._desk.is_proxied or is_forwarded(names)):
            raise _NO_PAGE
        arguments = await _read_arguments(scope, receive)
        output = arguments.get("output", ("",))[-1]
        if path == CLIENT_LOGIN:
            if scope["method"] != "POST":
                raise ApiError(405, "Send Email and Passwd in the body of a POST.")
            return await self._sign_in(scope, arguments, output)
        if output not in ("json", ""):
            raise ApiError(400, "Answers are JSON alone: output=json.")
        who = await self._find_reader(scope, read_header_key(read_header(scope, b"authorization")))
        async with self._at_once:
            return await asyncio.to_thread(self._serve, who, path.removeprefix(API), scope, arguments)

    async def _sign_in(self, scope: Scope, arguments: Arguments, output: str) -> Answer:
        given = {name: arguments.get(name, ("",))[-1].strip() for name in ("Email", "Passwd")}
        who = await self._find_reader(scope, given["Passwd"], person=given["Email"])
        key = given["Passwd"]
        if output == "json":
            return "application/json; charset=utf-8", answers.encode_json({"SID": key, "LSID": key, "Auth": key})
        _log.info("an app of %s signed in", who.reader.id)
        return "text/plain; charset=utf-8", f"SID={key}\nLSID={key}\nAuth={key}\n".encode()

    async def _find_reader(self, scope: Scope, key: str, *, person: str | None = None) -> AppReader:
        """Return whose key it is. Raises ApiError; a wrong key counts, and a right one is never turned away."""
        async with self._at_once:
            who = await asyncio.to_thread(
                find_app_reader,
                self._desk,
                key,
                is_open=not has_password(self._datasette),
                today=page_context(self._datasette).now.date(),
            )
        if who is not None and (person is None or person.casefold() == who.reader.id.casefold()):
            return who
        if key:
            address = client_network(scope)
            if self._attempts.wait(address) > 0:
                raise ApiError(429, "Too many wrong keys. Wait a quarter of an hour.")
            self._attempts.count(address)
            if self._attempts.wait(address) > 0:
                _log.warning("%d wrong keys of apps from one address: it has to wait", MAX_WRONG_PASSWORDS)
        raise ApiError(401, BAD_AUTHENTICATION)

    def _serve(self, who: AppReader, name: str, scope: Scope, arguments: Arguments) -> Answer:
        is_post = scope["method"] == "POST"
        if name in _NOT_CHANGED_HERE:
            raise ApiError(403, "Outlets and subscriptions of this desk are not changed by apps.")
        if name in _WRITES:
            if not is_post:
                raise ApiError(405, "Send this by POST.")
            return self._write(who, name, arguments)
        if name == "token":
            token = hashlib.blake2b(who.reader.id.encode(), digest_size=28).hexdigest()
            return "text/plain; charset=utf-8", f"{token}Z\n".encode()  # apps expect 57 characters
        return "application/json; charset=utf-8", answers.encode_json(self._read(who, name, scope, arguments))

    def _read(self, who: AppReader, name: str, scope: Scope, arguments: Arguments) -> answers.Json:
        if name == "user-info":
            id_ = who.reader.id
            return {"userId": id_, "userName": who.reader.name, "userProfileId": id_, "userEmail": ""}
        library, outlets = self._libraries.load(who)
        site = find_site_address(self._datasette, read_header(scope, b"host"))
        if name == "subscription/list":
            return answers.list_feeds(outlets, library, site=site)
        if name == "tag/list":
            return answers.list_tags(library)
        if name == "unread-count":
            return answers.count_unread(library)
        if name == "stream/items/ids":
            items, is_more = select_items(library, read_stream_request(arguments, most=MAX_IDS))
            return answers.list_ids(items, is_more=is_more)
        if name == "stream/items/contents":
            ids, is_more, stream = _read_items(arguments), False, f"{STATE_PREFIX}reading-list"
        elif name == "stream/contents" or name.startswith("stream/contents/"):
            stream = name.removeprefix("stream/contents").removeprefix("/")
            request = read_stream_request(arguments, stream=stream or None, most=MAX_CONTENTS)
            items, is_more = select_items(library, request)
            ids, stream = [item.id for item in items], stream or f"{STATE_PREFIX}reading-list"
        else:
            raise _NO_PAGE
        rows, context = self._libraries.read_items(ids), page_context(self._datasette)
        return answers.list_contents(
            [rows[id_] for id_ in ids if id_ in rows],
            library,
            outlets,
            stream=stream,
            site=site,
            desk=context.name,
            updated=int(context.now.timestamp()),
            is_more=is_more,
            wording=SiteWording(who.language),
        )

    def _write(self, who: AppReader, name: str, arguments: Arguments) -> Answer:
        if name == "mark-all-as-read":
            stream = read_stream(arguments.get("s", (f"{STATE_PREFIX}reading-list",))[-1])
            self._libraries.mark_all(who, stream, until=read_older_than(arguments.get("ts", ("",))[-1].strip()))
        else:
            changes = _read_changes(arguments)
            now = page_context(self._datasette).now
            self._libraries.mark(
                who, _read_items(arguments), read=changes.get("read"), starred=changes.get("starred"), now=now
            )
        return "text/plain; charset=utf-8", b"OK"


async def _read_arguments(scope: Scope, receive: AsgiReceive) -> Arguments:
    """Return the arguments of the address, and of the form if there is one. Raises ApiError.

    At the sign-in those of the address do not count: addresses are written into logs, and keys should not be.
    """
    too_much = ApiError(413, f"A request can have at most {MAX_GIVEN_ITEMS} items and {_MAX_BYTES // 1_000} kB.")
    query = scope["query_string"].decode("latin-1")
    if len(query) > _MAX_BYTES:
        raise too_much
    try:
        found = parse_qs(query, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
        arguments = {name: tuple(values) for name, values in found.items()}
        if scope["method"] != "POST":
            return arguments
        fields = await read_fields(receive, max_bytes=_MAX_BYTES, max_fields=_MAX_FIELDS)
    except (FormTooLargeError, ValueError):
        raise too_much from None
    except TimeoutError:
        raise ApiError(408, "The request did not arrive in time.") from None
    if _OTHER_BODY.match(read_header(scope, b"content-type")):
        raise ApiError(415, "Send fields as application/x-www-form-urlencoded.")
    if scope["path"].endswith(CLIENT_LOGIN):
        return fields
    return {name: arguments.get(name, ()) + fields.get(name, ()) for name in {**arguments, **fields}}


def _read_items(arguments: Arguments) -> list[int]:
    ids = list(dict.fromkeys(map(read_item_id, arguments.get("i", ()))))
    if not ids:
        raise ApiError(400, "Name at least one item, in i.")
    if len(ids) > MAX_GIVEN_ITEMS:
        raise ApiError(413, f"At most {MAX_GIVEN_ITEMS} items can stand in one request.")
    return ids


def _read_changes(arguments: Arguments) -> dict[str, bool]:
    """Return what becomes of the states "read" and "starred"; other states are left alone. Raises ApiError."""
    changes: dict[str, bool] = {}
    for name, is_added in (("a", True), ("r", False)):
        for text in arguments.get(name, ()):
            if not text:
                continue
            kind = "" if _is_no_state_of_ours(text) else read_stream(text).kind
            if kind in ("read", "starred"):
                changes[kind] = is_added
            elif kind == "unread":
                changes["read"] = not is_added
            elif kind:
                raise ApiError(400, f"Apps can set {STATE_PREFIX}read and {STATE_PREFIX}starred alone.")
    if not any(text for name in ("a", "r") for text in arguments.get(name, ())):
        raise ApiError(400, "Say in a or r which state is added or removed.")
    return changes


def _is_no_state_of_ours(text: str) -> bool:
    """Tell whether it is a state that apps set beside ours, and that means nothing here."""
    return text.rpartition("/")[2] in ("tracking-kept-unread", "like", "broadcast", "fresh")
