"""Parse a page to a tree in bounded time. Pure."""

from __future__ import annotations

import re
from functools import partial

from lxml import etree, html
from lxml.html import HtmlElement

_ENCODING = "utf-8"
_ELEMENTS = etree.ElementDefaultClassLookup(element=HtmlElement)  # lxml.html would look for each tag's own class
# What a quotation mark opens behind "=" ends at the next such mark. "i<n" begins no tag in a script or style.
_ATTRIBUTES = r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+"""
_TAG = re.compile(rf"<[a-zA-Z]{_ATTRIBUTES}")
_RAW_OR_TAG = re.compile(
    rf"(?P<head><(?i:script|style)(?=[\s>]){_ATTRIBUTES})(?P<raw>(?<!/)>(?:[^<]++|<(?!/(?i:script|style)))*+)|{_TAG.pattern}"
)
_CONTROLS = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what a tree cannot hold
_VALUE = re.compile(r"""=\s*+(?:"[^"]*+"|'[^']*+')""")
_MIN_LOOKED_THROUGH_CHARACTERS = 300_000  # of a page; a shorter one has room for no attributes that take long
_MAX_TAG_CHARACTERS = 10_000  # of one tag without its quoted values; the parser's time for a tag grows as their square
_HEAD_TAGS = frozenset(
    {"title", "meta", "link", "script", "style", "base", "noscript", "template", "object", "bgsound"}
)


def parse_html(page: str | bytes) -> HtmlElement | None:
    """Parse a page, given as text or as UTF-8; None if it is empty.

    Without huge_tree, libxml2 cuts nesting at 256 levels, which limits the depth of all later recursion.
    """
    parser = etree.HTMLParser(encoding=_ENCODING, remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(_ELEMENTS)
    held: dict[str, str] = {}
    if len(page) > _MIN_LOOKED_THROUGH_CHARACTERS:
        text = page if isinstance(page, str) else page.decode(_ENCODING)
        page = _RAW_OR_TAG.sub(partial(_limit_tag, held=held), text)
    source = page.encode(_ENCODING, "ignore") if isinstance(page, str) else page
    try:
        tree = html.document_fromstring(source, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return None  # empty, or only comments
    for element in tree.iter("script", "style") if held else ():
        element.text = held.get(element.text or "", element.text)
    _begin_body(tree)
    return tree


def _limit_tag(tag: re.Match[str], held: dict[str, str]) -> str:
    """Return a start tag with limited attributes, and the script or style that it begins.

    If that, read as markup, would take long (its `<script>` may stand in a comment), it is `held` under a key instead.
    """
    if tag.end() - tag.start() <= _MAX_TAG_CHARACTERS and tag["raw"] is None:
        return tag[0]
    head, raw = _limit_attributes(tag["head"] or tag[0]), tag["raw"] or ""
    if all(inner.end() < len(raw) and _limit_attributes(inner[0]) == inner[0] for inner in _TAG.finditer(raw)):
        return head + raw
    key = f"raw text {len(held)}"
    held[key] = _CONTROLS.sub("", raw[1:])
    return f"{head}>{key}"


def _limit_attributes(written: str) -> str:
    """Return a start tag, without its attributes if they are thousands."""
    if len(written) <= _MAX_TAG_CHARACTERS or len(_VALUE.sub("=", written)) <= _MAX_TAG_CHARACTERS:
        return written
    return re.split(r"[\s/]", written[:_MAX_TAG_CHARACTERS], maxsplit=1)[0]


def _begin_body(tree: HtmlElement) -> None:
    """Move what is no part of a head into the body, as browsers do.

    A page may leave both tags out; libxml2 does not know that elements of HTML5 (article, main …) begin the body.
    """
    head = tree.find("head")
    first = next((child for child in head if child.tag not in _HEAD_TAGS), None) if head is not None else None
    if head is None or first is None:
        return
    body = tree.find("body")
    if body is None:
        body = etree.SubElement(tree, "body")
    moved = [first, *first.itersiblings()]
    moved[-1].tail = (moved[-1].tail or "") + (body.text or "")
    body.text = None
    body[0:0] = moved
