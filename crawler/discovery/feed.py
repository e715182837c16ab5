"""Feeds: RSS 0.9 to 2.0, RDF and Atom, read by feedparser."""

from __future__ import annotations

import io
import re
import xml.sax
from collections import Counter
from dataclasses import replace
from typing import Any
from xml.parsers import expat

import feedparser

from crawler import urls
from crawler.discovery.candidates import (
    DiscoveryResult,
    SourceContext,
    SourceEntry,
    collect_candidates,
    describe_parser_error,
    format_count,
)
from crawler.discovery.markup import cut_tags, strip_crowded_tags
from crawler.discovery.source_response import SourceResponse, xml_text

MAX_FEED_CHARS = 10_000_000
MAX_FEED_TAGS = 150_000  # on which feedparser works up to 25 µs each: four seconds; 3,000 entries have as many
MAX_BROKEN_FEED_CHARS = 1_000_000  # of a feed that is not well-formed: the parser for those is slow
MAX_SOURCE_FEED_ENTRIES = 5_000
# Elements whose text feedparser searches for mail addresses, in quadratic time. They are not read, so it gets them
# under a name that it doesn't know.
_PEOPLE = re.compile(r"(?i)(</?(?:[\w.-]+:)?)(author|contributor|creator|managingeditor|owner|publisher|webmaster)\b")


def read_feed(response: SourceResponse, context: SourceContext) -> DiscoveryResult:
    """Read the entries of a feed that have an address.

    A broken feed gives what can be read, and a warning.
    """
    warnings = list(response.warnings)
    text = xml_text(response, torn=("link", "guid", "id"))
    is_long = len(text) > MAX_FEED_CHARS
    text, was_cut = cut_tags(text[:MAX_FEED_CHARS], MAX_FEED_TAGS)
    if was_cut or is_long:
        warnings.append(f"a feed of more than {MAX_FEED_TAGS} tags or 10 million characters, the rest left out")
    text = _PEOPLE.sub(r"\1x-\2", strip_crowded_tags(text))
    if len(text) > MAX_BROKEN_FEED_CHARS and not _is_well_formed(text):
        text = text[:MAX_BROKEN_FEED_CHARS]
        warnings.append("a broken feed of more than 1 million characters, the rest left out")
    feed = _parse(text)
    if feed.get("bozo") and (error := feed.get("bozo_exception")) is not None:
        message = error.getMessage() if isinstance(error, xml.sax.SAXParseException) else error
        warnings.append(f"broken XML: {describe_parser_error(message)}")
    entries = feed.get("entries", [])[:MAX_SOURCE_FEED_ENTRIES]
    if not entries:
        warnings.append("a feed without entries")
    channel = feed.get("feed", {})
    base = _base(_text(channel, "link"), context)
    links = choose_links([_links(entry) for entry in entries], base=base, context=context, warnings=warnings)
    language = _text(channel, "language")
    found = (
        replace(_entry(entry, language, context), link=link)
        for entry, link in zip(entries, links, strict=True)
        if link is not None
    )
    return collect_candidates(found, context, base=base, warnings=warnings)


def _base(link: str | None, context: SourceContext) -> str:
    """Return what relative links are relative to: the channel's own address, on whatever host its feed is.

    A channel without one on the outlet's site belongs to the home page if its feed is on another host, as a feed's
    server has no articles.
    """
    home = context.outlet.home
    stated = urls.canonicalize(link, base=home) if link else None
    if stated and urls.get_site(urls.get_host(stated)) in context.sites:
        return stated
    return context.url if _host(urls.key(context.url)) == _host(urls.key(home)) else home


def choose_links(
    entries: list[list[str]], *, base: str, context: SourceContext, warnings: list[str]
) -> list[str | None]:
    """Choose each entry's link among its addresses: the first that no other entry has, else its first.

    An address that several entries share is none of theirs. "" where an entry has no address, None where it has the
    front page's alone; `warnings` gets how many these are.
    """
    keyed = [_by_key(links, base=base) for links in entries]
    fronts = {urls.key(context.outlet.home), *(_host(key) for keys in keyed for key in keys)}
    holders = Counter(key for keys in keyed for key in keys)
    chosen: list[str | None] = []
    for keys in keyed:
        own = [key for key in keys if key not in fronts]
        unshared = (key for key in own if holders[key] == 1 and urls.get_site(_host(key)) in context.sites)
        best = next(unshared, own[0] if own else None)
        chosen.append(keys[best] if best else None if keys else "")
    if left_out := chosen.count(None):
        warnings.append(f"{format_count(left_out, 'entry links', 'entries link')} to the front page alone")
    return chosen


def _by_key(links: list[str], *, base: str) -> dict[str, str]:
    """Return links by the key of their page, in their order; those that can't be requested are left out."""
    clean = ((link, urls.canonicalize(link, base=base)) for link in links)
    found: dict[str, str] = {}
    for link, address in clean:
        if address:
            found.setdefault(urls.key(address), link)
    return found


def _host(key: str) -> str:
    """Return the host at the beginning of a page's key: the key of the host's front page."""
    return re.split(r"[/?]", key, maxsplit=1)[0]


def _is_well_formed(text: str) -> bool:
    try:
        expat.ParserCreate(encoding="utf-8").Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError:
        return False
    return True


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


def _entry(entry: dict[str, Any], language: str | None, context: SourceContext) -> SourceEntry:
    # feedparser reads bare times as UTC and unknown forms as the first of a month, so its values are not used.
    published, updated, created = (
        context.read_date(_text(entry, name)) for name in ("published", "updated", "created")
    )
    title = dict.get(entry, "title_detail") or {}
    return SourceEntry(
        link="",
        title=_text(entry, "title"),
        published=published or updated or created,
        modified=updated if published else None,
        language=_text(entry, "language") or _text(title, "language") or language,
        summary=_text(entry, "summary"),
    )


def _links(entry: dict[str, Any]) -> list[str]:
    """Return the addresses of an entry, the likeliest of its page first.

    In this order: the original link of a redirector, the link, the alternate link, a guid that is an address.
    """
    identity = _text(entry, "id") or ""
    link = _text(entry, "link") or ""
    found = [_text(entry, name) or "" for name in ("feedburner_origlink", "pheedo_origlink")]
    # feedparser takes a guid as the link unless isPermaLink is false, and many guids are numbers.
    found += [link] if is_address(link) or link != identity else []
    alternates = [other for other in dict.get(entry, "links") or [] if other.get("rel") in {"alternate", "canonical"}]
    found += [str(other.get("href") or "") for other in alternates if other.get("href") != identity]
    found += [identity] if is_address(identity) or (identity.startswith("/") and link != identity) else []
    return list(dict.fromkeys(filter(None, map(str.strip, found))))


def is_address(text: str) -> bool:
    """Return True for an absolute http or https address."""
    return text.lower().startswith(("http://", "https://"))


def _text(part: Any, name: str) -> str | None:
    """Return a value if it is a non-blank string.

    It uses dict.get, because `get` of feedparser falls back to other keys.
    """
    value = dict.get(part, name) if isinstance(part, dict) else None
    return value if isinstance(value, str) and value.strip() else None
