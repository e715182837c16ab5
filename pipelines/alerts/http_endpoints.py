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
from pipelines.alerts.messages.rendering import templates
from pipelines.alerts.messages.wording import Wording
from pipelines.alerts.subscriptions.subscription import Subscription

MOUNT = "/alerts/"
STYLE = f"{MOUNT}page.css"
MOST_BODY = 65_536  # bytes of a form that are read; it says nothing that the address does not say
MOST_MADE = 100  # feeds that are kept as they were made: readers ask far more often than something comes
BODY_LIMIT = 10.0  # seconds for a form to arrive
_PAGES = Path(__file__).parent / "messages" / "templates"

Headers = list[tuple[bytes, bytes]]
Subscriptions = Callable[[], Mapping[str, Subscription]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back to a browser."""

    status: int = 200
    kind: str = "text/html; charset=utf-8"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


NOT_THERE = Answer(status=404, kind="text/plain; charset=utf-8", body=b"There is no such page.")
BUSY = Answer(
    status=503,
    kind="text/plain; charset=utf-8",
    body=b"Not just now; please try again in a minute.",
    headers={"retry-after": "60"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """What answers need to know of the desk. `base` is where readers reach it, `wanted` its subscriptions by id."""

    news: Path
    desk: Path
    name: str
    zone: str
    wanted: Subscriptions
    base: Callable[[], str]
    made: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # subscription → (fingerprint, its feed)
    lock: threading.Lock = field(default_factory=threading.Lock)


def application(
    *, news: Path, desk: Path, name: str, timezone: str, wanted: Subscriptions, base: Callable[[], str]
) -> AsgiApplication:
    """Feeds and unsubscribe pages as an ASGI application for the paths under /alerts/."""
    counter = Counter(news=news, desk=desk, name=name, zone=timezone, wanted=wanted, base=base)

    async def answer(
        scope: MutableMapping[str, Any], receive: Callable[[], Awaitable[MutableMapping[str, Any]]], send: AsgiSend
    ) -> None:
        method, path = scope["method"], scope["path"]
        if method == "POST":
            await _drain(receive)
        try:
            found = await asyncio.to_thread(_answer, counter, method, path, _header(scope, b"if-none-match"))
        except StoreError:
            found = BUSY  # the reason may hold a path of the machine; `vigia status` shows it
        await _send(send, found, head=method == "HEAD")

    return answer


def _answer(counter: Counter, method: str, path: str, known: str) -> Answer:
    if path == STYLE:
        return _allowed(method, ("GET", "HEAD")) or _style()
    if path.startswith(atom_feed.PATH) and path.endswith(atom_feed.SUFFIX):
        token = path.removeprefix(atom_feed.PATH).removesuffix(atom_feed.SUFFIX)
        return _allowed(method, ("GET", "HEAD")) or _feed(counter, token, known)
    if path.startswith(unsubscribe.PATH):
        token = path.removeprefix(unsubscribe.PATH)
        return _allowed(method, ("GET", "HEAD", "POST")) or _leave(counter, token, leaves=method == "POST")
    return NOT_THERE


def _allowed(method: str, methods: tuple[str, ...]) -> Answer | None:
    if method in methods:
        return None
    return Answer(
        status=405, kind="text/plain; charset=utf-8", body=b"Not in that way.", headers={"allow": ", ".join(methods)}
    )


def _feed(counter: Counter, token: str, known: str) -> Answer:
    if not counter.desk.exists() or not counter.news.exists():
        return NOT_THERE
    wanted = counter.wanted()
    with contextlib.closing(open_desk(counter.desk)) as desk, explain_errors(counter.desk):
        key = secret_keys.find_key(desk, "feeds")
        id_ = None if key is None else atom_feed.read_token(token, key=key, subscriptions=wanted)
        if id_ is None:
            return NOT_THERE
        subscription, base = wanted[id_], counter.base()
        contents = atom_feed.gather(desk, counter.news, subscription)
        identity = secret_keys.get_key(desk, "entries")
    fingerprint = contents.fingerprint(subscription, base, token)
    before, body = counter.made.get(id_, ("", b""))
    if before != fingerprint:
        body = atom_feed.atom(
            atom_feed.entries(contents, subscription, zone=counter.zone),
            subscription=subscription,
            desk=counter.name,
            base=base,
            token=token,
            identity=identity,
            began=contents.began,
        )
        with counter.lock:  # requests are answered in threads
            if len(counter.made) >= MOST_MADE:
                counter.made.clear()
            counter.made[id_] = fingerprint, body
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"cache-control": "private, no-cache", "etag": tag}
    if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
        return Answer(status=304, headers=headers)
    return Answer(kind="application/atom+xml; charset=utf-8", body=body, headers=headers)


def _leave(counter: Counter, token: str, *, leaves: bool) -> Answer:
    """The page that asks, or after a POST the one that says that it is done. A GET changes nothing: scanners follow.

    A subscription that the desk's file names no more may come back: it can be left too.
    """
    if not counter.desk.exists():
        return NOT_THERE
    with contextlib.closing(open_desk(counter.desk)) as desk, explain_errors(counter.desk):
        names = {id_: state.name for id_, state in subscriptions.read_subscription_states(desk).items()}
        names |= {id_: one.name for id_, one in counter.wanted().items()}
        key = secret_keys.find_key(desk, "leave")
        leaving = None if key is None else unsubscribe.read_token(token, key=key, subscriptions=names)
        if leaving is None:
            return NOT_THERE
        if leaves:
            now = dt.datetime.now(dt.UTC)
            unsubscribes.save_unsubscribe(desk, leaving.recipient, subscription=leaving.subscription, now=now)
    page = templates().get_template("leave.html")
    name, desk_name = one_line(names[leaving.subscription], 100), one_line(counter.name, 100)
    body = page.render(t=Wording(leaving.language), name=name, desk=desk_name, done=leaves, style=STYLE)
    return Answer(body=body.encode(), headers={"cache-control": "private, no-store"})


def _style() -> Answer:
    body = (_PAGES / "leave.css").read_bytes()
    return Answer(kind="text/css; charset=utf-8", body=body, headers={"cache-control": "public, max-age=3600"})


async def _drain(receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> None:
    """Read a form to its end, or so far as one can be expected to go. What stands in it changes nothing."""
    size = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BODY_LIMIT):
            while size < MOST_BODY:
                part = await receive()
                size += len(part.get("body", b""))
                if not part.get("more_body"):
                    return


async def _send(send: AsgiSend, answer: Answer, *, head: bool) -> None:
    headers: Headers = [(b"x-robots-tag", b"noindex, nofollow")]
    if answer.status != 304:
        headers += [(b"content-type", answer.kind.encode()), (b"content-length", str(len(answer.body)).encode())]
    headers += [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})


def _header(scope: Mapping[str, Any], wanted: bytes) -> str:
    return ",".join(value.decode("latin-1") for name, value in scope["headers"] if name.lower() == wanted)
