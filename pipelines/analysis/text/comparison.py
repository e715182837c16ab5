"""Reduce names and lines to a form in which they are compared, and measure texts of any script alike. Pure."""

from __future__ import annotations

import functools
import re
import unicodedata

_LETTERS_AND_DIGITS = re.compile(r"[^\W_]+")
_ASCII_MARKS = {code: None for code in range(128) if not chr(code).isalnum()}


@functools.lru_cache(maxsize=2048)
def comparable(text: str) -> str:
    """Return the letters and digits of a name or line, without case and accents."""
    text = text.casefold()
    if text.isascii():
        return text.translate(_ASCII_MARKS)
    # NFKD makes accents separate characters, which \\w does not match.
    return "".join(_LETTERS_AND_DIGITS.findall(unicodedata.normalize("NFKD", text)))
