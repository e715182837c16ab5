"""HTTP endpoints of alerts: an Atom feed for each subscription, and the page to unsubscribe.

They need no password, because feed readers and mail programs have none; instead their URLs cannot be guessed. A URL
that this desk did not make, one of a removed subscription and one from before a renewal all get the same response.
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
from db.desk.analysts.reader_subscriptions import parse_reader_subscription_id, pause_subscription
from db.site.security import AsgiApplication, AsgiSend
from db.text.sanitise import one_line
from pipelines.alerts import unsubscribe
from pipelines.alerts.channels import atom_feed
from pipelines.alerts.messages.rendering import load_templates
from pipelines.alerts.messages.wording import MessageWording
from pipelines.alerts.subscriptions.subscription import Subscription

MOUNT_PATH = "/alerts/"
STYLE_PATH = f"{MOUNT_PATH}page.css"
MAX_UNSUBSCRIBE_FORM_BYTES = 65_536  # of a form that are read; its contents are not used
MAX_CACHED_FEEDS = 100  # rendered feeds in memory: they are requested far more often than they change
FORM_SECONDS = 10.0  # time limit for reading a form
_TEMPLATES_FOLDER = Path(__file__).parent / "messages" / "templates"

Headers = list[tuple[bytes, bytes]]
LoadSubscriptions = Callable[[], Mapping[str, Subscription]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointResponse:
    """A response to a browser or feed reader."""

    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


NOT_FOUND = EndpointResponse(status=404, content_type="text/plain; charset=utf-8", body=b"There is no such page.")
UNAVAILABLE = EndpointResponse(
    status=503,
    content_type="text/plain; charset=utf-8",
    body=b"Not just now; please try again in a minute.",
    headers={"retry-after": "60"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointContext:
    """The desk's paths, settings and subscriptions (by id) that the endpoints need."""

    news: Path
    desk: Path
    name: str
    zone: str
    subscriptions: LoadSubscriptions
    base_url: Callable[[], str]
    cached_feeds: dict[str, tuple[str, bytes]] = field(
        default_factory=dict
    )  # subscription id → (fingerprint, rendered feed)
    lock: threading.Lock = field(default_factory=threading.Lock)


def build_alerts_application(
    *, news: Path, desk: Path, name: str, timezone: str, subscriptions: LoadSubscriptions, base_url: Callable[[], str]
) -> AsgiApplication:
    """Build the ASGI application for feeds and unsubscribe pages, at the paths under /alerts/."""
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
            response = await asyncio.to_thread(_respond, context, method, path, _find_header(scope, b"if-none-match"))
        except StoreError:
            response = UNAVAILABLE  # without the reason, which may name a path; `vigia status` shows it
        await _send(send, response, head=method == "HEAD")

    return answer


def _respond(context: EndpointContext, method: str, path: str, known_etags: str) -> EndpointResponse:
    if path == STYLE_PATH:
        return _refuse_method(method, ("GET", "HEAD")) or _respond_with_style()
    if path.startswith(atom_feed.FEED_PATH) and path.endswith(atom_feed.FEED_SUFFIX):
        token = path.removeprefix(atom_feed.FEED_PATH).removesuffix(atom_feed.FEED_SUFFIX)
        return _refuse_method(method, ("GET", "HEAD")) or _respond_with_feed(context, token, known_etags)
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
        status=405,
        content_type="text/plain; charset=utf-8",
        body=b"Not in that way.",
        headers={"allow": ", ".join(methods)},
    )


def _respond_with_feed(context: EndpointContext, token: str, known_etags: str) -> EndpointResponse:
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
    cached_fingerprint, body = context.cached_feeds.get(id_, ("", b""))
    if cached_fingerprint != fingerprint:
        body = atom_feed.render_feed(
            atom_feed.build_entries(contents, subscription, zone=context.zone),
            subscription=subscription,
            desk=context.name,
            base_url=base_url,
            token=token,
            identity=identity,
            began=contents.began,
        )
        with context.lock:  # requests are handled in threads
            if len(context.cached_feeds) >= MAX_CACHED_FEEDS:
                context.cached_feeds.clear()
            context.cached_feeds[id_] = fingerprint, body
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"cache-control": "private, no-cache", "etag": tag}
    if tag in (etag.strip().removeprefix("W/") for etag in known_etags.split(",")):
        return EndpointResponse(status=304, headers=headers)
    return EndpointResponse(content_type="application/atom+xml; charset=utf-8", body=body, headers=headers)


def _respond_to_unsubscribe(context: EndpointContext, token: str, *, leaves: bool) -> EndpointResponse:
    """Respond with the page that asks for confirmation or, after a POST, unsubscribe and say so.

    A GET changes nothing, because mail scanners follow links. Readers can also unsubscribe from a subscription that
    vigia.toml no longer names, because it may come back. A reader's own subscription is paused.
    """
    if not context.desk.exists():
        return NOT_FOUND
    with contextlib.closing(open_desk(context.desk)) as desk, explain_errors(context.desk):
        names = {id_: state.name for id_, state in subscriptions.read_subscription_states(desk).items()}
        names |= {id_: subscription.name for id_, subscription in context.subscriptions().items()}
        key = secret_keys.find_key(desk, "leave")
        request = None if key is None else unsubscribe.read_unsubscribe_token(token, key=key, subscriptions=names)
        if request is None:
            return NOT_FOUND
        own = parse_reader_subscription_id(request.subscription)
        now = dt.datetime.now(dt.UTC)
        if leaves and own is not None:
            pause_subscription(desk, own, now=now)
        elif leaves:
            unsubscribes.save_unsubscribe(desk, request.recipient, subscription=request.subscription, now=now)
    page = (
        load_templates()
        .get_template("leave.html")
        .render(
            t=MessageWording(request.language),
            name=one_line(names[request.subscription], 100),
            desk=one_line(context.name, 100),
            done=leaves,
            pauses=own is not None,
            style=STYLE_PATH,
        )
    )
    return EndpointResponse(body=page.encode(), headers={"cache-control": "private, no-store"})


def _respond_with_style() -> EndpointResponse:
    body = (_TEMPLATES_FOLDER / "leave.css").read_bytes()
    return EndpointResponse(
        content_type="text/css; charset=utf-8", body=body, headers={"cache-control": "public, max-age=3600"}
    )


async def _read_form(receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> None:
    """Read a form to its end, up to a size and a time limit. Its contents are not used."""
    size = 0  # bytes
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FORM_SECONDS):
            while size < MAX_UNSUBSCRIBE_FORM_BYTES:
                part = await receive()
                size += len(part.get("body", b""))
                if not part.get("more_body"):
                    return


async def _send(send: AsgiSend, response: EndpointResponse, *, head: bool) -> None:
    headers: Headers = [(b"x-robots-tag", b"noindex, nofollow")]
    if response.status != 304:
        headers += [
            (b"content-type", response.content_type.encode()),
            (b"content-length", str(len(response.body)).encode()),
        ]
    headers += [(name.encode(), value.encode("latin-1")) for name, value in response.headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else response.body})


def _find_header(scope: Mapping[str, Any], name: bytes) -> str:
    return ",".join(value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name)
