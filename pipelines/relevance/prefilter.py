"""Decide on the raw page, before extraction, whether it can be relevant. It never rejects a relevant page.

It searches everything that extraction may read as title or text, so it finds all names that `judge` needs. It skips
only what extraction skips (`blocks.py`): attributes except those of meta tags, scripts, styles, navigation, footers and
menus. The scripts of a page with hardly any text are searched, for its article may stand in them (`embedded_text.py`).
"""

from __future__ import annotations

import functools
import re
from urllib.parse import unquote_to_bytes

import ahocorasick_rs

from db.text.entities import unescape_entities
from pipelines.page import OutletProfile
from pipelines.relevance.topic import Topic

_GAP = b"\x1f"  # replaces a tag; later steps treat it as a space
# Without IGNORECASE, so that the engine can search for "<" alone.
_TAG = re.compile(rb"<(?![mM][eE][tT][aA]\b)[a-zA-Z/][^<>]*+>")
_META = re.compile(rb"<[mM][eE][tT][aA]\b")
_NO_TAG = re.compile(rb"<(?:[^a-zA-Z/!?]|!-|!\[C)")
_TEXT = re.compile(rb">([^<]++)")
_NO_ANGLES = bytes({*range(256)} - {*b"<>"})
# Elements that extraction does not read. Only tags in small letters are recognised; other regions are kept.
_REGIONS = ("script", "style", "nav", "footer", "select", "noscript")
# All beginnings and ends of regions and comments are found in one pass, in a tenth of the time of one search for each.
_BEGINS = tuple(f"<{name}".encode() for name in _REGIONS)
_ENDS = tuple(f"</{name}".encode() for name in _REGIONS)
_COMMENT, _CLOSED = len(_REGIONS) * 2, frozenset({len(_REGIONS) * 2 + 1, len(_REGIONS) * 2 + 2})
_EDGES = ahocorasick_rs.BytesAhoCorasick((*_BEGINS, *_ENDS, b"<!--", b"-->", b"--!>"))
# Signs that a region holds the article, because its tag was never closed or was only part of an attribute or comment.
_MARKUP = re.compile(rb"<[a-zA-Z/]")
_CONTENT = re.compile(rb"<(?:[hH]1|[pP]|[aA]rticle|ARTICLE|[mM]ain|MAIN|[mM]eta|META)\b")
_SIGNS = (b"itemprop", b"ld+json", b"-->")
# Signs that a "<script" was not the beginning of a script: then the next "</script" ends another one.
_NO_PROGRAM = (b"<script", b"<SCRIPT", b"-->", b"</title", b"</textarea")
_SENTENCE_BYTES = 80  # of a text between two tags that may be a sentence
_LONG_PIECE = re.compile(rb"\x1f([^\x1f]{%d,}+)" % _SENTENCE_BYTES)
_SCRIPT_BYTES = 200  # of a script that may hold an article
_SCANT_BYTES = 1500  # of such texts on a page whose article may stand in its data
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|[nrtbf])")
_ENTITY = re.compile(rb"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]{1,31});?")


def may_be_relevant(page: str | bytes, *, topic: Topic, outlet: OutletProfile, extra: str = "") -> bool:
    """Return False only if no text of this page can be on topic.

    The page is HTML, as text or UTF-8. `extra` is a title from elsewhere. Returns True for bytes that are not UTF-8.
    """
    raw = page if isinstance(page, bytes) else page.encode("utf-8", "surrogatepass")  # searching bytes is much faster
    text = _without_tags(_without_regions(raw))
    if extra:
        text = b"%b %b" % (text, extra.encode("utf-8", "surrogatepass"))
    if _may_name_sides(text, topic=topic, outlet=outlet):
        return True
    return _is_scant(text) and _may_name_sides(b"%b %b" % (text, _read_scripts(raw)), topic=topic, outlet=outlet)


def _may_name_sides(text: bytes, *, topic: Topic, outlet: OutletProfile) -> bool:
    text = _unescaped(text)
    if tags := _TAG.findall(text):
        # Markup that was escaped, as in strings of JSON-LD, may be read as markup or as text: search both.
        text = _GAP.join((_TAG.sub(_GAP, text), *tags))
    try:
        return topic.sides.may_name_sides(
            text, a=outlet.country in topic.a.countries, b=outlet.country in topic.b.countries
        )
    except UnicodeDecodeError:
        return True  # the page must be decoded first


def _read_scripts(page: bytes) -> bytes:
    """Return the scripts that are long enough for an article; data may stand in strings of them, escaped again."""
    scripts = [script.partition(b"</script")[0] for script in page.split(b"<script")[1:]]
    text = _GAP.join(script for script in scripts if len(script) >= _SCRIPT_BYTES).replace(b"\\\\", b"\\")
    return b"%b %b" % (text, unquote_to_bytes(text)) if b"%7B" in text or b"%5B" in text else text


def _is_scant(text: bytes) -> bool:
    """Return True if the texts between a page's tags hold few sentences; data, such as JSON-LD, holds none."""
    width = 0
    for match in _LONG_PIECE.finditer(_GAP + text):
        if match[1].lstrip()[:1] not in {b"{", b"["}:
            width += len(match[1])
            if width > _SCANT_BYTES:
                return False
    return True


def _without_regions(page: bytes) -> bytes:
    """Return the page without comments and regions whose beginning and end are certain."""
    kept: list[bytes] = []
    copied = 0  # the page up to here is in `kept` or left out
    edges = _EDGES.find_matches_as_indexes(page, overlapping=True)  # "<!-->" begins and ends a comment
    number = 0
    while number < len(edges):
        kind, begin, _ = edges[number]
        number += 1
        if kind < len(_REGIONS):
            closing: frozenset[int] | set[int] = {kind + len(_REGIONS)}
        elif kind == _COMMENT:
            closing = _CLOSED
        else:
            continue
        ahead = number
        while ahead < len(edges) and edges[ahead][0] not in closing:
            ahead += 1
        if ahead == len(edges):
            continue
        _, last, end = edges[ahead]
        if kind == _COMMENT:
            is_kept = b"{" in page[begin:last]  # JSON-LD is sometimes written inside a comment
        else:
            is_kept, end = _is_kept(page, kind, begin + len(_BEGINS[kind]), last), last
        if not is_kept:
            kept.append(page[copied:begin])
            copied, number = end, ahead + 1
    kept.append(page[copied:])
    return _GAP.join(kept)


def _is_kept(page: bytes, kind: int, start: int, last: int) -> bool:
    """Return True if a region may hold text that extraction reads, or its limits are uncertain.

    `start` is the position after its tag's name, `last` that of its end tag.
    """
    begin = page.find(b">", start, last)
    if begin < 0 or page[start : start + 1] not in b" >\t\r\n/":  # <nav-bar> is another element
        return True
    if _REGIONS[kind] == "script":
        if b"ld+json" in page[start:begin].lower():
            return True
        if _MARKUP.search(page, begin, last) is None:
            return False
        # Scripts that write markup, or hold the page again as JSON, are half of many pages.
        is_in_tag = page.rfind(b"<", 0, start - len(_BEGINS[kind])) > page.rfind(b">", 0, start)
        return is_in_tag or _holds(page, _NO_PROGRAM, begin, last)
    if _REGIONS[kind] == "style":
        return _MARKUP.search(page, begin, last) is not None
    return _CONTENT.search(page, begin, last) is not None or _holds(page, _SIGNS, begin, last)


def _without_tags(page: bytes) -> bytes:
    """Return the text between tags, and the meta tags with their attributes."""
    angles = page.translate(None, _NO_ANGLES)
    if angles.count(b"<>") * 2 != len(angles) or _NO_TAG.search(page):
        return _TAG.sub(_GAP, page)
    # Each "<" has its ">", so the texts can be picked out, in half the time of cutting the tags.
    return _GAP.join(_TEXT.findall(b">" + _META.sub(b">", page)))


def _holds(page: bytes, signs: tuple[bytes, ...], start: int, end: int) -> bool:
    return any(page.find(sign, start, end) >= 0 for sign in signs)


def _unescaped(text: bytes) -> bytes:
    """Resolve entities and JSON escapes, twice because some pages escape twice."""
    for _ in range(2):
        if b"\\" in text:
            text = _ESCAPE.sub(_unescaped_unit, text)
        if b"&" in text:
            text = _ENTITY.sub(_resolved, text)
    return text


def _unescaped_unit(match: re.Match[bytes]) -> bytes:
    return chr(int(match[1], 16)).encode("utf-8", "surrogatepass") if match[1] else b" "


def _resolved(match: re.Match[bytes]) -> bytes:
    return _entity(match[0])


@functools.lru_cache(maxsize=4096)
def _entity(written: bytes) -> bytes:
    return unescape_entities(written.decode("ascii")).encode("utf-8", "surrogatepass")
