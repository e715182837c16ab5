"""What alerts serve beside the reading room: a feed for each subscription, and the page on which a reader unsubscribes.

Both lie at addresses that nobody can guess, and ask for no password: a feed reader and a mail program have none. An
address that this desk did not make, one of a subscription that is gone and one that was renewed are answered alike.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from db.connection import StoreError, explain_errors, open_desk
from db.desk import secret_keys, subscriptions, unsubscribes
from db.site.security import AsgiApplication, AsgiSend
from db.text.sanitise import one_line
from pipelines.alerts import unsubscribe
from pipelines.alerts.channels import atom_feed
from pipelines.alerts.messages.rendering import load_templates
from pipelines.alerts.messages.wording import MessageWording
from pipelines.alerts.subscriptions.subscription import Subscription

MOUNT_PATH = "/alerts/"
STYLE_PATH = f"{MOUNT_PATH}page.css"
MAX_UNSUBSCRIBE_FORM_BYTES = 65_536  # bytes of a form that are read; it says nothing that the address does not say
MAX_CACHED_FEEDS = 100  # feeds that are kept as they were made: readers ask far more often than something comes
FORM_SECONDS = 10.0  # seconds for a form to arrive
_TEMPLATES_FOLDER = Path(__file__).parent / "messages" / "templates"

Headers = list[tuple[bytes, bytes]]
LoadSubscriptions = Callable[[], Mapping[str, Subscription]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointResponse:
    """What goes back to a browser."""

    status: int = 200
    kind: str = "text/html; charset=utf-8"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


NOT_FOUND = EndpointResponse(status=404, kind="text/plain; charset=utf-8", body=b"There is no such page.")
UNAVAILABLE = EndpointResponse(
    status=503,
    kind="text/plain; charset=utf-8",
    body=b"Not just now; please try again in a minute.",
    headers={"retry-after": "60"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointContext:
    """What the endpoints need of the desk: databases, public base URL, and the subscriptions of vigia.toml by id."""

    news: Path
    desk: Path
    name: str
    zone: str
    subscriptions: LoadSubscriptions
    base_url: Callable[[], str]
    cached_feeds: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # subscription → (fingerprint, its feed)
    lock: threading.Lock = field(default_factory=threading.Lock)


def build_alerts_application(
    *, news: Path, desk: Path, name: str, timezone: str, subscriptions: LoadSubscriptions, base_url: Callable[[], str]
) -> AsgiApplication:
    """Feeds and unsubscribe pages as an ASGI application for the paths under /alerts/."""
    context = EndpointContext(
        news=news, desk=desk, name=name, zone=timezone, subscriptions=subscriptions, base_url=base_url
    )

    async def answer(
        scope: MutableMapping[str, Any], receive: Callable[[], Awaitable[MutableMapping[str, Any]]], send: AsgiSend
    ) -> None:
        method, path = scope["method"], scope["path"]
        if method == "POST":
            await _read_form(receive)
        try:
            found = await asyncio.to_thread(_respond, context, method, path, _find_header(scope, b"if-none-match"))
        except StoreError:
            found = UNAVAILABLE  # the reason may hold a path of the machine; `vigia status` shows it
        await _send(send, found, head=method == "HEAD")

    return answer


def _respond(context: EndpointContext, method: str, path: str, known: str) -> EndpointResponse:
    if path == STYLE_PATH:
        return _refuse_method(method, ("GET", "HEAD")) or _respond_with_style()
    if path.startswith(atom_feed.FEED_PATH) and path.endswith(atom_feed.FEED_SUFFIX):
        token = path.removeprefix(atom_feed.FEED_PATH).removesuffix(atom_feed.FEED_SUFFIX)
        return _refuse_method(method, ("GET", "HEAD")) or _respond_with_feed(context, token, known)
    if path.startswith(unsubscribe.UNSUBSCRIBE_PATH):
        token = path.removeprefix(unsubscribe.UNSUBSCRIBE_PATH)
        return _refuse_method(method, ("GET", "HEAD", "POST")) or _respond_to_unsubscribe(
            context, token, leaves=method == "POST"
        )
    return NOT_FOUND


def _refuse_method(method: str, methods: tuple[str, ...]) -> EndpointResponse | None:
    if method in methods:
        return None
    return EndpointResponse(
        status=405, kind="text/plain; charset=utf-8", body=b"Not in that way.", headers={"allow": ", ".join(methods)}
    )


def _respond_with_feed(context: EndpointContext, token: str, known: str) -> EndpointResponse:
    if not context.desk.exists() or not context.news.exists():
        return NOT_FOUND
    subscriptions_by_id = context.subscriptions()
    with contextlib.closing(open_desk(context.desk)) as desk, explain_errors(context.desk):
        key = secret_keys.find_key(desk, "feeds")
        id_ = None if key is None else atom_feed.read_feed_token(token, key=key, subscriptions=subscriptions_by_id)
        if id_ is None:
            return NOT_FOUND
        subscription, base_url = subscriptions_by_id[id_], context.base_url()
        contents = atom_feed.read_feed_contents(desk, context.news, subscription)
        identity = secret_keys.get_key(desk, "entries")
    fingerprint = contents.fingerprint(subscription, base_url, token)
    before, body = context.cached_feeds.get(id_, ("", b""))
    if before != fingerprint:
        body = atom_feed.render_feed(
            atom_feed.build_entries(contents, subscription, zone=context.zone),
            subscription=subscription,
            desk=context.name,
            base_url=base_url,
            token=token,
            identity=identity,
            began=contents.began,
        )
        with context.lock:  # requests are answered in threads
            if len(context.cached_feeds) >= MAX_CACHED_FEEDS:
                context.cached_feeds.clear()
            context.cached_feeds[id_] = fingerprint, body
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"cache-control": "private, no-cache", "etag": tag}
    if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
        return EndpointResponse(status=304, headers=headers)
    return EndpointResponse(kind="application/atom+xml; charset=utf-8", body=body, headers=headers)


def _respond_to_unsubscribe(context: EndpointContext, token: str, *, leaves: bool) -> EndpointResponse:
    """The page that asks, or after a POST the one that says that it is done. A GET changes nothing: scanners follow.

    A subscription that the desk's file names no more may come back: it can be left too.
    """
    if not context.desk.exists():
        return NOT_FOUND
    with contextlib.closing(open_desk(context.desk)) as desk, explain_errors(context.desk):
        names = {id_: state.name for id_, state in subscriptions.read_subscription_states(desk).items()}
        names |= {id_: one.name for id_, one in context.subscriptions().items()}
        key = secret_keys.find_key(desk, "leave")
        leaving = None if key is None else unsubscribe.read_unsubscribe_token(token, key=key, subscriptions=names)
        if leaving is None:
            return NOT_FOUND
        if leaves:
            now = dt.datetime.now(dt.UTC)
            unsubscribes.save_unsubscribe(desk, leaving.recipient, subscription=leaving.subscription, now=now)
    page = load_templates().get_template("leave.html")
    name, desk_name = one_line(names[leaving.subscription], 100), one_line(context.name, 100)
    body = page.render(t=MessageWording(leaving.language), name=name, desk=desk_name, done=leaves, style=STYLE_PATH)
    return EndpointResponse(body=body.encode(), headers={"cache-control": "private, no-store"})


def _respond_with_style() -> EndpointResponse:
    body = (_TEMPLATES_FOLDER / "leave.css").read_bytes()
    return EndpointResponse(
        kind="text/css; charset=utf-8", body=body, headers={"cache-control": "public, max-age=3600"}
    )


async def _read_form(receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> None:
    """Read a form to its end, or so far as one can be expected to go. What stands in it changes nothing."""
    size = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FORM_SECONDS):
            while size < MAX_UNSUBSCRIBE_FORM_BYTES:
                part = await receive()
                size += len(part.get("body", b""))
                if not part.get("more_body"):
                    return


async def _send(send: AsgiSend, answer: EndpointResponse, *, head: bool) -> None:
    headers: Headers = [(b"x-robots-tag", b"noindex, nofollow")]
    if answer.status != 304:
        headers += [(b"content-type", answer.kind.encode()), (b"content-length", str(len(answer.body)).encode())]
    headers += [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})


def _find_header(scope: Mapping[str, Any], wanted: bytes) -> str:
    return ",".join(value.decode("latin-1") for name, value in scope["headers"] if name.lower() == wanted)
