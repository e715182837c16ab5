"""Feeds: RSS 0.9 to 2.0, RDF and Atom, read by feedparser."""

from __future__ import annotations

import datetime as dt
import io
import time
import xml.sax
from typing import Any

import feedparser

from crawler.discovery.candidates import (
    DiscoveryResult,
    SourceContext,
    SourceEntry,
    collect_candidates,
    describe_parser_error,
)
from crawler.discovery.source_response import SourceResponse, xml_text

MAX_FEED_CHARS = 10_000_000  # feedparser needs up to 10 µs per character of broken markup


def read_feed(response: SourceResponse, context: SourceContext) -> DiscoveryResult:
    """Read the entries of a feed that have an address.

    A broken feed gives what can be read, and a warning.
    """
    warnings = list(response.warnings)
    text = xml_text(response, torn=("link", "guid", "id"))
    if len(text) > MAX_FEED_CHARS:
        text = text[:MAX_FEED_CHARS]
        warnings.append("a feed of more than 10 million characters, the rest left out")
    feed = _parse(text)
    if feed.get("bozo") and (error := feed.get("bozo_exception")) is not None:
        message = error.getMessage() if isinstance(error, xml.sax.SAXParseException) else error
        warnings.append(f"broken XML: {describe_parser_error(message)}")
    entries = feed.get("entries", [])
    if not entries:
        warnings.append("a feed without entries")
    language = _text(feed.get("feed", {}), "language")
    return collect_candidates((_entry(entry, language) for entry in entries), context, warnings=warnings)


def _parse(text: str) -> dict[str, Any]:
    # The text is decoded already, so feedparser is told that it is UTF-8. Sanitising and resolving links inside HTML
    # are off: all markup is stripped later, and contents are not read. It gets a stream, because it would open a
    # string as a file or an address. It does not get the feed's address: it then resolves links against xml:base
    # alone, and a guid such as "123" does not become an address.
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        parsed: dict[str, Any] = feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # noqa: BLE001 - feedparser passes on any error that its parsers raise on broken input
        return {"bozo": True, "bozo_exception": error}
    return parsed


def _entry(entry: dict[str, Any], language: str | None) -> SourceEntry:
    published, updated, created = (
        _to_datetime(dict.get(entry, f"{name}_parsed")) for name in ("published", "updated", "created")
    )
    title = dict.get(entry, "title_detail") or {}
    return SourceEntry(
        link=_link(entry),
        title=_text(entry, "title"),
        published=published or updated or created,
        modified=updated if published else None,
        language=_text(entry, "language") or _text(title, "language") or language,
        summary=_text(entry, "summary"),
    )


def _link(entry: dict[str, Any]) -> str:
    """Return the address of an entry's page, or "" if it has none.

    In this order: the original link of a redirector, the link, the alternate link, a guid that is an address.
    """
    for name in ("feedburner_origlink", "pheedo_origlink"):
        if link := _text(entry, name):
            return link
    identity = _text(entry, "id") or ""
    link = _text(entry, "link") or ""
    # feedparser takes a guid as the link unless isPermaLink is false, and many guids are numbers.
    if link and (_is_address(link) or link != identity):
        return link
    for other in dict.get(entry, "links") or []:
        if other.get("rel") in {"alternate", "canonical"} and other.get("href"):
            return str(other["href"])
    return identity if _is_address(identity) else ""


def _is_address(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _text(part: Any, name: str) -> str | None:
    """Return a value if it is a non-blank string.

    It uses dict.get, because `get` of feedparser falls back to other keys.
    """
    value = dict.get(part, name) if isinstance(part, dict) else None
    return value if isinstance(value, str) and value.strip() else None


def _to_datetime(parts: time.struct_time | None) -> dt.datetime | None:
    """Return a UTC struct_time, as feedparser gives it, as a datetime; None for what no calendar has."""
    if parts is None:
        return None
    try:
        return dt.datetime(*parts[:5], min(parts[5], 59), tzinfo=dt.UTC)
    except (ValueError, TypeError, OverflowError):
        return None
