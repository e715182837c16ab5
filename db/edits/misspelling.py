"""Whether one word is another with a slip of the pen. Pure.

There is no dictionary: only slips count that hardly ever make another word. "importaciones" and "exportaciones",
"legal" and "ilegal", "firma" and "firmó" are words of their own.
"""

from __future__ import annotations

_LEAST_LETTERS = 6  # of the longer word
_LEAST_LETTERS_OF_LOSS = 8  # where a letter is missing
_STEM = 2  # letters at the end of a word, where its forms differ
# Letters that are written for one another because they sound alike.
_ALIKE = tuple(map(frozenset, ("bv", "sz", "cs", "cz", "gj", "iy", "mn", "qk")))


def is_misspelling(one: str, other: str) -> bool:
    """True if two folded words differ by a slip: letters exchanged, doubled or left out inside, or sounding alike."""
    short, long = sorted((one, other), key=len)
    if len(long) < _LEAST_LETTERS or not (one.isalpha() and other.isalpha()) or len(long) - len(short) > 1:
        return False
    start = 0
    while start < len(short) and short[start] == long[start]:
        start += 1
    if len(short) < len(long):
        return short[start:] == long[start + 1 :] and _is_harmless_letter(long, start)
    rest = slice(start + 1, None)
    if short[rest] == long[rest]:
        return start > 0 and start < len(short) - 1 and frozenset(short[start] + long[start]) in _ALIKE
    swapped = short[:start] + short[start : start + 2][::-1] + short[start + 2 :]
    return swapped == long


def _is_harmless_letter(word: str, place: int) -> bool:
    """Whether a word without its letter at `place` is that word misspelt."""
    if word[place] == "h" or word[place] == word[place - 1 : place]:
        return True
    return len(word) >= _LEAST_LETTERS_OF_LOSS and 0 < place < len(word) - _STEM
