"""Captions of pictures that no element marks as such."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

MAX_CAPTION_CHARACTERS = 200
_MAX_STYLE_CHARACTERS = 1_000  # of a style attribute that are read
_CENTRED = re.compile(r"text-align\s*:\s*center", re.IGNORECASE)


def is_centred_caption(owner: HtmlElement, text: str) -> bool:
    """Return True if the only text of an element is a line centred below a picture."""
    if len(text) > MAX_CAPTION_CHARACTERS or owner.tag not in {"center", "p", "div", "td"}:
        return False
    if owner.tag != "center" and owner.get("align") != "center":
        style = owner.get("style")
        if style is None or not _CENTRED.search(style[:_MAX_STYLE_CHARACTERS]):
            return False
    return owner.find(".//img") is not None and owner.find(".//br") is not None
