"""Capitals that say nothing: of sentences in capitals, and of headlines in title case. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from db.text.folding import fold
from db.text.scripts import HAN

_SHARE = 0.6  # of the words of a headline, or of a sentence of capitals: above it, capitals say nothing
_MIN_WORDS = 4
_LETTERS = rf"[^\W\d_{HAN}]++"  # Chinese has no spaces, and no capitals
LATIN_WORD = re.compile(rf"{_LETTERS}(?:[’'-]{_LETTERS})*+")


def is_in_capitals(words: Sequence[str]) -> bool:
    """Return True for the words of a sentence that is written in capitals."""
    return _are_most(words, sum(map(str.isupper, words)))


def is_in_title_case(words: Sequence[str]) -> bool:
    """Return True for the words of a headline of which most begin with a capital."""
    return _are_most(words, sum(word[0].isupper() for word in words))


def _are_most(words: Sequence[str], capitals: int) -> bool:
    return len(words) >= _MIN_WORDS and capitals > _SHARE * len(words)


def write_small(sentence: str, names: Collection[str]) -> str:
    """Return a sentence of capitals in small letters, its first letter and those of folded `names` in capitals.

    The encoder takes a word in capitals for another word. Any other sentence is returned as it is.
    """
    if not is_in_capitals(LATIN_WORD.findall(sentence)):
        return sentence
    small = LATIN_WORD.sub(lambda word: word[0].capitalize() if fold(word[0]) in names else word[0].lower(), sentence)
    first = LATIN_WORD.search(small)
    return small if first is None else small[: first.start()] + first[0].capitalize() + small[first.end() :]
