"""Bound markup from outside before a parser gets it, and strip short texts of theirs. Pure.

Parsers compare each attribute of a tag with all others, and work microseconds on each tag: ten million characters of
tags would be a minute of work. Each function here takes time in proportion to the text.
"""

from __future__ import annotations

import re

from crawler import urls
from db.text.entities import unescape_entities

MAX_ATTRIBUTES = 100  # of one tag
_INVISIBLE = re.compile(r"(?i)<(script|style)\b|<(!--)")
_ENDS = {"script": re.compile(r"(?i)</script\s*+>"), "style": re.compile(r"(?i)</style\s*+>"), "!--": re.compile("-->")}
_BLOCK = re.compile(r"(?i)</?(?:p|br|div|li|ul|ol|td|tr|h[1-6]|blockquote)\b[^<>]*>")
_ANY_TAG = re.compile(r"</?[A-Za-z!][^<>]*(?:>|$)")
_TAG = re.compile(r"""<([A-Za-z_][\w:.-]*+)[^<>"']*+(?:"[^<"]*+"[^<>"']*+|'[^<']*+'[^<>"']*+)*+>?""")


def strip_crowded_tags(text: str) -> str:
    """Return the text with the attributes of tags that have more than MAX_ATTRIBUTES left out."""
    return _TAG.sub(lambda tag: tag[0] if _is_plain(tag[0]) else f"<{tag[1]}>", text)


def _is_plain(tag: str) -> bool:
    # Each attribute takes at least two characters: its name and a space, or two quotation marks.
    return len(tag) <= 2 * MAX_ATTRIBUTES or len(tag.split()) + tag.count('"') + tag.count("'") <= 3 * MAX_ATTRIBUTES


def cut_tags(text: str, limit: int) -> tuple[str, bool]:
    """Return the text up to its first `limit` tags, and whether that is less than all of it."""
    at = -1
    for _ in range(limit + 1):
        at = text.find("<", at + 1)
        if at < 0:
            return text, False
    return text[:at], True


def plain_text(markup: str | None, max_chars: int) -> str | None:
    """Strip a title or summary of markup, and cut it to length.

    Tags and control characters are removed, entities resolved, whitespace collapsed.
    """
    if not markup:
        return None
    text = markup[: 20 * max_chars]
    # Twice, because many feeds escape titles twice: &amp;#8217;
    for _ in range(2 if "<" in text or "&" in text else 0):
        text = unescape_entities(_ANY_TAG.sub("", _BLOCK.sub(" ", _drop_invisible(text))))
    text = " ".join(urls.CONTROL.sub("", " ".join(text.split())).split())
    return (text if len(text) <= max_chars else text[: max_chars - 1].rstrip() + "…") or None


def _drop_invisible(text: str) -> str:
    """Put a space in place of scripts, style sheets and comments; one that does not end stays.

    Each end is looked for forwards only, and no more once there is none: the text is read once.
    """
    parts: list[str] = []
    at = search_from = 0
    endless: set[str] = set()
    while (begin := _INVISIBLE.search(text, search_from)) is not None:
        kind = (begin[1] or begin[2]).lower()
        end = None if kind in endless else _ENDS[kind].search(text, begin.end())
        if end is None:
            endless.add(kind)
            search_from = begin.end()
            continue
        parts += [text[at : begin.start()], " "]
        at = search_from = end.end()
    return "".join((*parts, text[at:]))
