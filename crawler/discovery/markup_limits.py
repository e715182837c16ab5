"""Bound markup from outside before a parser gets it. Pure.

Parsers compare each attribute of a tag with all others, and work microseconds on each tag: ten million characters of
tags would be a minute of work. Each function here takes time in proportion to the text.
"""

from __future__ import annotations

import re

MAX_ATTRIBUTES = 100  # of one tag
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
