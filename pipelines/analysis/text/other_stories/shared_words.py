"""How much two texts of one page speak of the same. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set

from db.text.scripts import has_han

_WORD = re.compile(r"[^\W_]+")
_MIN_WORD_LETTERS = 5  # shorter ones are mostly words of grammar, but for names
_MIN_NAME_LETTERS = 4
_STEM_LETTERS = 5
_CHINESE_FACTOR = 0.6
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


def is_about_others(text: str, known: Set[str], *, most: float) -> bool:
    """Return True if a text has at most a share, 0..1, of its stems in common with the rest of its page.

    Paragraphs about something else have 0.1 or less in most cases, the next ones of an article 0.2 and more; in
    Chinese, where pairs of characters are many, about half of it.
    """
    stems = stems_of(text)
    if not stems:
        return False
    return len(stems & known) <= most * (_CHINESE_FACTOR if has_han(text) else 1) * len(stems)
