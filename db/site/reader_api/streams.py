"""Streams of the Google Reader API: what an app asks for, and which items that are. Pure.

A stream is all articles, those of an outlet, those of a label, or those that are read or starred.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from db.desk.analysts.reading_states import ReadingStates
from db.model.times import stamp
from db.site.reader_api.item_rows import ListedItem

ITEM_PREFIX: Final = "tag:google.com,2005:reader/item/"
STATE_PREFIX: Final = "user/-/state/com.google/"
LABEL_PREFIX: Final = "user/-/label/"
FEED_PREFIX: Final = "feed/"
DEFAULT_ITEMS: Final = 20
MAX_STREAM_CHARACTERS: Final = 600
MAX_FILTERS: Final = 10  # `xt` and `it`, each
_STATE = re.compile(r"user/[^/]{1,100}/state/com\.google/([a-z-]{1,40})")
_LABEL = re.compile(r"user/[^/]{1,100}/label/(.+)", re.DOTALL)
_SECONDS = re.compile(r"[0-9]{0,15}(?:\.[0-9]{0,20})?")  # NetNewsWire writes parts of one too
_LAST_SECOND = 253_402_300_799  # of the year 9999

StreamKind = Literal["all", "read", "unread", "starred", "outlet", "label"]
_STATES: Final[Mapping[str, StreamKind]] = {
    "reading-list": "all",
    "read": "read",
    "unread": "unread",
    "kept-unread": "unread",
    "starred": "starred",
}


class ApiError(Exception):
    """An app's request can't be answered. The text is one line for it: what is wrong, and what is right."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream; `name` is the id of an outlet or the text of a label."""

    kind: StreamKind
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRequest:
    """Which items of a stream an app asks for. `since` and `until` are stored moments, of when articles came."""

    stream: Stream
    including: tuple[Stream, ...] = ()
    excluding: tuple[Stream, ...] = ()
    count: int = DEFAULT_ITEMS
    oldest_first: bool = False
    since: str = ""
    until: str = ""
    continues_at: int | None = None  # the last item of the page before


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLabel:
    """A label: the outlets of a country, or the articles of a subscription."""

    outlets: frozenset[str] = frozenset()
    articles: frozenset[int] = frozenset()
    is_folder: bool = True

    def holds(self, item: ListedItem) -> bool:
        """Tell whether an item has the label."""
        return item.outlet in self.outlets or item.id in self.articles


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """What one reader's apps see: the items, the newest first, their states, and the labels by their texts.

    `last_items`: how many of the items are the last of the desk; starred ones that are older follow.
    """

    items: Sequence[ListedItem]
    last_items: int
    states: ReadingStates
    starred: frozenset[int]
    labels: Mapping[str, ItemLabel]

    def holds(self, stream: Stream, item: ListedItem) -> bool:
        """Tell whether a stream has an item."""
        match stream.kind:
            case "all":
                return True
            case "read":
                return self.states.is_read(item.id)
            case "unread":
                return not self.states.is_read(item.id)
            case "starred":
                return item.id in self.starred
            case "outlet":
                return item.outlet == stream.name
            case "label":
                return stream.name in self.labels and self.labels[stream.name].holds(item)


def read_stream(text: str) -> Stream:
    """Read the id of a stream. Raises ApiError."""
    if len(text) <= MAX_STREAM_CHARACTERS:
        if text == "reading-list":  # as FreshRSS lets apps write it
            return Stream("all")
        if (found := _STATE.fullmatch(text)) and (kind := _STATES.get(found[1])):
            return Stream(kind)
        if found := _LABEL.fullmatch(text):
            return Stream("label", found[1])
        if text.startswith(FEED_PREFIX) and len(text) > len(FEED_PREFIX):
            return Stream("outlet", text.removeprefix(FEED_PREFIX))
    raise ApiError(
        400,
        f"No such stream. There are {STATE_PREFIX}reading-list, {STATE_PREFIX}starred, {LABEL_PREFIX}NAME and "
        f"{FEED_PREFIX}OUTLET.",
    )


def read_item_id(text: str) -> int:
    """Read the id of an item, decimal or hexadecimal. Raises ApiError.

    After the tag it is hexadecimal, also without its leading zeros, as NetNewsWire writes it; without the tag it is so
    if it has 16 digits.
    """
    if re.fullmatch(r"[0-9]{1,15}", text):
        return int(text)
    digits = text.removeprefix(ITEM_PREFIX)
    is_tagged = len(digits) < len(text)
    if re.fullmatch(r"[0-9a-fA-F]{1,16}", digits) and (is_tagged or len(digits) == 16):
        number = int(digits, 16)
        if number < 10**15:
            return number
    raise ApiError(400, f"An item is a decimal number, or {ITEM_PREFIX} and up to 16 hexadecimal digits.")


def write_item_id(number: int) -> str:
    """Return the long form of an item's id."""
    return f"{ITEM_PREFIX}{number:016x}"


def read_stream_request(
    arguments: Mapping[str, tuple[str, ...]], *, stream: str | None = None, most: int
) -> StreamRequest:
    """Read which items of which stream are asked for, `most` at most. Raises ApiError."""
    named = arguments.get("s", ())
    if stream is None and len(named) > 1:
        raise ApiError(400, "Ask for one stream at a time, in s.")
    order = _last(arguments, "r")
    if order not in ("", "d", "n", "o"):
        raise ApiError(400, "The order r is o for the oldest first, or d for the newest first.")
    return StreamRequest(
        stream=read_stream(stream or (named[0] if named else f"{STATE_PREFIX}reading-list")),
        including=_read_streams(arguments, "it"),
        excluding=_read_streams(arguments, "xt"),
        count=min(_read_number(arguments, "n", default=DEFAULT_ITEMS), most),
        oldest_first=order == "o",
        since=_read_second(arguments, "ot"),
        until=_read_second(arguments, "nt"),
        continues_at=_read_number(arguments, "c", default=0) or None,
    )


def select_items(library: Library, request: StreamRequest) -> tuple[list[ListedItem], bool]:
    """Return the items of a request in its order, and whether more of them follow."""
    items: Iterable[ListedItem] = reversed(library.items) if request.oldest_first else library.items
    found: list[ListedItem] = []
    for item in items:
        if request.continues_at is not None and (
            item.id <= request.continues_at if request.oldest_first else item.id >= request.continues_at
        ):
            continue
        if (request.since and item.first_seen < request.since) or (request.until and item.first_seen > request.until):
            continue
        if not library.holds(request.stream, item):
            continue
        if not all(library.holds(stream, item) for stream in request.including):
            continue
        if any(library.holds(stream, item) for stream in request.excluding):
            continue
        if len(found) == request.count:
            return found, True
        found.append(item)
    return found, False


def read_older_than(text: str) -> str:
    """Read a time in seconds, milli-, micro- or nanoseconds as a stored moment; "" for none. Raises ApiError."""
    if not text or text == "0":
        return ""
    if not re.fullmatch(r"[0-9]{1,20}", text):
        raise ApiError(400, "The time ts is a number of microseconds since 1970.")
    number = int(text)
    while number > _LAST_SECOND:
        number //= 1_000
    return _to_moment(number)


def _read_streams(arguments: Mapping[str, tuple[str, ...]], name: str) -> tuple[Stream, ...]:
    given = [text for text in arguments.get(name, ()) if text]
    if len(given) > MAX_FILTERS:
        raise ApiError(400, f"At most {MAX_FILTERS} streams can stand in {name}.")
    return tuple(map(read_stream, given))


def _read_number(arguments: Mapping[str, tuple[str, ...]], name: str, *, default: int) -> int:
    text = _last(arguments, name)
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise ApiError(400, f"{name} is a number of at most 15 digits.")
    return int(text) or default


def _read_second(arguments: Mapping[str, tuple[str, ...]], name: str) -> str:
    text = _last(arguments, name)
    if not _SECONDS.fullmatch(text) or (number := int(text.partition(".")[0] or "0")) > _LAST_SECOND:
        raise ApiError(400, f"{name} is a number of seconds since 1970.")
    return _to_moment(number) if number else ""


def _last(arguments: Mapping[str, tuple[str, ...]], name: str) -> str:
    return arguments.get(name, ("",))[-1].strip()


def _to_moment(seconds: int) -> str:
    return stamp(dt.datetime.fromtimestamp(seconds, dt.UTC))
