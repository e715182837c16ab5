"""Captions of pictures that no element marks as such, and names that stand with a picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from itertools import islice

from lxml.html import HtmlElement

from db.text.scripts import width_of
from pipelines.analysis.text.inline_text import beginning_of, text_of

MAX_CAPTION_CHARACTERS = 200
_MAX_STYLE_CHARACTERS = 1_000  # of a style attribute that are read
_MAX_LEVELS = 4  # between a name and what holds it with its picture
_PICTURE_TAGS = frozenset({"img", "picture", "amp-img"})
_MAX_HOLDER_PARTS = 40  # elements of a picture with its caption
_MAX_HOLDER_CHARACTERS = 600  # of a picture with its caption
_MIN_CAPTION_WIDTH = 12  # in letters, before the photographer's name
_PICTURE = re.compile(
    r"(?:^|[\s_-])(?:photos?|photographers?|fotos?|fotograf\w{0,6}|images?|imagen|picture|captions?|leyenda|ep[ií]grafe|media-credit)(?:$|[\s_-])",
    re.IGNORECASE,
)
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


def belongs_to_picture(
    name: HtmlElement, own: Collection[HtmlElement], *, is_byline: Callable[[HtmlElement], bool]
) -> bool:
    """Return True if a person's name is that of a photographer, by the element that it shares with a picture.

    `own` are the elements around the headline, which are no picture's. A portrait in a byline is the writer's.
    """
    for place, holder in enumerate((name, *islice(name.iterancestors(), _MAX_LEVELS))):
        if holder in own or holder.tag in {"body", "html", "main", "article"}:
            return False
        has_picture = any(part.tag in _PICTURE_TAGS for part in islice(holder.iter(), _MAX_HOLDER_PARTS))
        if has_picture and place and is_byline(holder):
            return False
        if holder.tag in {"figure", "figcaption"}:
            return True
        names = f"{holder.get('class', '')[:250]} {holder.get('id', '')[:250]}"
        if _PICTURE.search(names) and not (has_picture and is_byline(holder)):
            return len(beginning_of(holder, _MAX_HOLDER_CHARACTERS + 1)) <= _MAX_HOLDER_CHARACTERS
        if has_picture:
            # A caption says what is to be seen, then who saw it; below a portrait the name comes first.
            before = text_of(holder).partition(text_of(name) or " ")[0]
            return before != text_of(holder) and width_of([before]) >= _MIN_CAPTION_WIDTH
    return False
