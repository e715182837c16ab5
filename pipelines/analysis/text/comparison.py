"""Reduce names and lines to a form in which they are compared. Pure."""

from __future__ import annotations

import functools
import re
import unicodedata

_MARKS = re.compile(r"[\W_]+")


@functools.lru_cache(maxsize=2048)
def comparable(text: str) -> str:
    """Return the letters and digits of a name or line, without case and accents."""
    text = text.casefold()
    # NFKD makes accents separate characters, which \\W matches.
    return _MARKS.sub("", text if text.isascii() else unicodedata.normalize("NFKD", text))
