"""Letters of names and lines, to compare them. Pure."""

from __future__ import annotations

import functools
import re
import unicodedata

_MARKS = re.compile(r"[\W_]+")


@functools.lru_cache(maxsize=2048)
def comparable(text: str) -> str:
    """Letters and digits alone, without case and accents, to compare names and lines."""
    text = text.casefold()
    # Accents are characters of their own in NFKD, and none that \\w means.
    return _MARKS.sub("", text if text.isascii() else unicodedata.normalize("NFKD", text))
