"""Feeds: RSS 0.9 to 2.0, RDF and Atom, read by feedparser."""

from __future__ import annotations

import io
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
from crawler.discovery.source_dates import from_parts
from crawler.discovery.source_response import SourceResponse, xml_text

MAX_FEED_CHARS = 10_000_000  # characters; feedparser needs up to 10 µs a character of broken markup


def read_feed(answer: SourceResponse, ground: SourceContext) -> DiscoveryResult:
    """All entries of a feed that have an address. A broken feed gives what can be read, and a warning."""
    warnings = list(answer.warnings)
    text = xml_text(answer, torn=("link", "guid", "id"))
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
    return collect_candidates((_entry(entry, language) for entry in entries), ground, warnings=warnings)


def _parse(text: str) -> dict[str, Any]:
    # We've decoded it, so feedparser is told UTF-8. Neither its sanitizer nor its links inside of HTML are needed: we
    # strip all markup and read no content. A stream, because feedparser opens a string as a file or an address. It
    # isn't told the address either: then what it resolves is what xml:base says, and a guid "123" stays no address.
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        parsed: dict[str, Any] = feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # noqa: BLE001 - feedparser lets whatever its parsers meet in broken input pass through
        return {"bozo": True, "bozo_exception": error}
    return parsed


def _entry(entry: dict[str, Any], language: str | None) -> SourceEntry:
    published, updated, created = (
        from_parts(dict.get(entry, f"{name}_parsed")) for name in ("published", "updated", "created")
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
    """The address of the page: before a redirector's, the alternate link, a guid that is an address; "" if none is."""
    for name in ("feedburner_origlink", "pheedo_origlink"):
        if link := _text(entry, name):
            return link
    identity = _text(entry, "id") or ""
    link = _text(entry, "link") or ""
    # feedparser takes a guid for the link unless isPermaLink says no, and most guids without it are mere numbers.
    if link and (_is_address(link) or link != identity):
        return link
    for other in dict.get(entry, "links") or []:
        if other.get("rel") in {"alternate", "canonical"} and other.get("href"):
            return str(other["href"])
    return identity if _is_address(identity) else ""


def _is_address(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _text(part: Any, name: str) -> str | None:
    """A value as text. dict.get, because feedparser's own falls back from one key to others."""
    value = dict.get(part, name) if isinstance(part, dict) else None
    return value if isinstance(value, str) and value.strip() else None
