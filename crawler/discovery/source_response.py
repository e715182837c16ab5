"""What a source answered: unpacked, told apart by its content, and decoded."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import Literal

from w3lib.encoding import html_to_unicode

ResponseForm = Literal["feed", "sitemap", "html", "json", "text", "nothing"]

MAX_UNPACKED_BYTES = 50_000_000  # bytes after decompression: as large as one sitemap may be (sitemaps.org)
_GZIP = b"\x1f\x8b"

# The root element tells what XML is; media types don't. Feeds come after blank lines, notices of PHP and style sheets.
_ROOT = re.compile(
    r"<(?:[\w.-]+:)?(?:(?P<feed>rss|feed|rdf|channel)|(?P<sitemap>urlset|sitemapindex)|(?P<html>html|head|body))\b"
    r"|<!doctype\s+(?P<doctype>html)\b",
    re.IGNORECASE,
)
_PROLOGUE = re.compile(
    r"<\?xml\b|<!--|<!doctype|<(?:[\w.-]+:)?(?:rss|feed|rdf|urlset|sitemapindex|channel)\b", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_WIDE = {b"<\x00": "utf-16le", b"\x00<": "utf-16be"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceResponse:
    """An unpacked answer, what form it has, and what was odd in unpacking it."""

    body: bytes = field(repr=False)
    content_type: str
    form: ResponseForm
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The body as text. UTF-8 where it's valid UTF-8, else what header or document declare; never raises."""
        return decode_text(self.body, self.content_type)


def read_response(body: bytes, *, content_type: str = "") -> SourceResponse:
    """Unpack gzip (at most 50 MB come out) and look what it is."""
    unpacked, warnings = unpack(body)
    return SourceResponse(
        body=unpacked, content_type=content_type, form=detect_form(unpacked, content_type), warnings=warnings
    )


def unpack(body: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The bytes out of gzip, with a warning where they're cut short. Other bytes are returned as they are."""
    warnings: list[str] = []
    for _ in range(2):  # a .gz file that the server packs once more for transport
        if not body.startswith(_GZIP):
            break
        parts: list[bytes] = []
        room = MAX_UNPACKED_BYTES
        rest = body
        while rest.startswith(_GZIP) and room > 0:  # RFC 1952, section 2.2: a file may hold several members
            member = zlib.decompressobj(wbits=31)
            try:
                parts.append(member.decompress(rest, room))
            except zlib.error as error:
                warnings.append(f"broken gzip: {error}")
                break
            room -= len(parts[-1])
            if not member.eof:
                warnings.append("larger than 50 MB unpacked, the rest left out" if room <= 0 else "gzip cut short")
                break
            rest = member.unused_data
        body = b"".join(parts)
    if len(body) > MAX_UNPACKED_BYTES:
        body = body[:MAX_UNPACKED_BYTES]
        warnings.append("larger than 50 MB, the rest left out")
    return body, tuple(warnings)


def detect_form(body: bytes, content_type: str = "") -> ResponseForm:
    """What kind of document the bytes are, by what they begin with."""
    start = decode_text(body[:20_000], content_type).lstrip("\ufeff \t\r\n\x00")
    if not start:
        return "nothing"
    if start[0] in "{[":
        return "json"
    if (root := _ROOT.search(_COMMENT.sub("", start))) is not None:
        kind = root.lastgroup
        return "feed" if kind == "feed" else "sitemap" if kind == "sitemap" else "html"
    if start.startswith("<"):
        return "html" if "html" in content_type.lower() else "feed"  # the parser for feeds says what is wrong with it
    return "text"


def decode_text(body: bytes, content_type: str = "") -> str:
    """Bytes as text; what can't be decoded becomes U+FFFD.

    Valid UTF-8 beyond ASCII is UTF-8 whatever is declared: nothing else looks like it by accident, and outlets declare
    wrongly in header (a default of the server) and document (a template's leftover) alike.
    """
    if (encoding := _WIDE.get(body[:2])) is not None:
        return body.decode(encoding, "replace")
    if not body.isascii():
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError:
            pass  # then it's what is declared
    return html_to_unicode(content_type or None, body)[1]


def xml_text(response: SourceResponse, *, torn: tuple[str, ...]) -> str:
    """The text for an XML parser: from its prologue on, without a declaration, and without a torn element at its end.

    A document that was cut off may end within an address, and half an address is another address: a last tag that has
    no end is dropped, and what follows the last opening of one of the `torn` elements when that element isn't closed.
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
