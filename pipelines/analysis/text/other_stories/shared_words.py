"""The words by which two texts of one page are compared. Pure."""

from __future__ import annotations

import re
import unicodedata

from db.text.scripts import has_han

_WORD = re.compile(r"[^\W_]+")
_MIN_WORD_LETTERS = 5  # shorter ones are mostly words of grammar, but for names
_MIN_NAME_LETTERS = 4
_STEM_LETTERS = 5
_MAX_CHARACTERS = 20_000  # of a text that are read


def stems_of(text: str) -> set[str]:
    """Return the beginnings of a text's longer words and names, its numbers, the pairs of its Chinese characters."""
    plain = unicodedata.normalize("NFKD", text[:_MAX_CHARACTERS])
    if not plain.isascii():
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    found: set[str] = set()
    for word in _WORD.findall(plain):
        if has_han(word):
            found.update(word[place : place + 2] for place in range(len(word) - 1))
        elif len(word) >= (_MIN_NAME_LETTERS if word[0].isupper() else _MIN_WORD_LETTERS) or (
            word.isdigit() and len(word) > 2
        ):
            found.add(word[:_STEM_LETTERS].casefold())
    return found
