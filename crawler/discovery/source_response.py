"""A source's response: decompress it, recognise its format, and decode it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from crawler.discovery.decompression import decompress
from pipelines.analysis.decoding import decode_body

ResponseForm = Literal["feed", "sitemap", "html", "json", "text", "nothing"]

MAX_UNPACKED_BYTES = 50_000_000  # the limit that sitemaps.org sets for one sitemap
_GZIP = b"\x1f\x8b"

# XML is recognised by its root element: media types are unreliable, and blank lines, PHP notices and style sheets
# may stand before it.
_ROOT = re.compile(
    r"<(?:[\w.-]+:)?(?:(?P<feed>rss|feed|rdf|channel)|(?P<sitemap>urlset|sitemapindex)|(?P<html>html|head|body))\b"
    r"|<!doctype\s+(?P<doctype>html)\b",
    re.IGNORECASE,
)
_PROLOGUE = re.compile(
    r"<\?xml\b|<!--|<!doctype|<(?:[\w.-]+:)?(?:rss|feed|rdf|urlset|sitemapindex|channel)\b", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--(?:[^-]++|-(?!->))*+(?:-->|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceResponse:
    """A decompressed and decoded response, its format, and warnings from decompressing it."""

    body: bytes = field(repr=False)
    text: str = field(repr=False)
    form: ResponseForm
    warnings: tuple[str, ...] = ()


def read_response(body: bytes, *, content_type: str = "") -> SourceResponse:
    """Decompress a body (to at most MAX_UNPACKED_BYTES), decode it and recognise its format."""
    unpacked, warnings = unpack(body)
    text = decode_body(unpacked, content_type).text
    return SourceResponse(body=unpacked, text=text, form=detect_form(text, content_type), warnings=warnings)


def unpack(body: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Decompress gzip.

    Return the bytes and a warning if they are incomplete. Other bytes are returned unchanged.
    """
    warnings: list[str] = []
    for _ in range(2):  # twice, for a .gz file that the server compresses again for transport
        if not body.startswith(_GZIP):
            break
        unpacked = decompress(body, "gzip", max_bytes=MAX_UNPACKED_BYTES)
        body = unpacked.body
        if unpacked.fault:
            warnings.append(unpacked.fault)
    if len(body) > MAX_UNPACKED_BYTES:
        body = body[:MAX_UNPACKED_BYTES]
        warnings.append("larger than 50 MB, the rest left out")
    return body, tuple(warnings)


def detect_form(text: str, content_type: str = "") -> ResponseForm:
    """Recognise the format of a document by its first 20,000 characters."""
    start = text[:20_000].lstrip("\ufeff \t\r\n\x00")
    if not start:
        return "nothing"
    if start[0] in "{[":
        return "json"
    closed = start.rfind("-->") + len("-->") if "-->" in start else 0
    if (root := _ROOT.search(_COMMENT.sub("", start[:closed]) + start[closed:])) is not None:
        kind = root.lastgroup
        return "feed" if kind == "feed" else "sitemap" if kind == "sitemap" else "html"
    if start.startswith("<"):
        return "html" if "html" in content_type.lower() else "feed"  # the feed parser's warning says what is wrong
    return "text"


def xml_text(response: SourceResponse, *, torn: tuple[str, ...]) -> str:
    """Return the text for an XML parser, without a cut-off end.

    It starts at the prologue and has no declaration. A document that was cut off may end within an address, and half
    an address would be a wrong address. So an unfinished last tag is dropped, and everything from the last start tag
    of a `torn` element that is not closed.
    """
    text = response.text
    if (start := _PROLOGUE.search(text)) is not None:
        text = text[start.start() :]
    text = re.sub(r"^<\?xml[^>]*>\s*", "", text)
    last = text.rfind(">") + 1
    cut = torn_tag if (torn_tag := text.find("<", last)) >= 0 else len(text)
    for name in torn:
        opened, closed = text.rfind(f"<{name}>"), text.rfind(f"</{name}>")
        if opened > closed:
            cut = min(cut, opened)
    return text[:cut]
