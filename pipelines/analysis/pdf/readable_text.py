"""Tell a text from the letters that fonts without a table of their characters give. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_SAMPLE = 6_000  # characters of a text that are looked at
_MIN_LETTERS = 200  # fewer are too few to judge
_MAX_ODD_SHARE = 0.04  # of characters that no text has
_ODD = frozenset({"Cc", "Co", "Cn", "Cs"})  # Unicode's categories
_VOWELS = frozenset("aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýÿāăąēėęěīįıōőœūůűų")
_VOWEL_SHARE = (0.25, 0.62)  # of the Latin letters of a text, in any language that is written with them
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_INSIDE = re.compile(r"[A-Za-z][\]\[\\^_`{|}~<>=@#$*+]{1,2}[A-Za-z]|[a-z]\d[a-z]")  # marks within words
_MAX_INSIDE_SHARE = 0.02  # of the letters
_MAX_COMMON_SHARE = 0.35  # of one letter among the letters: a font's table that leads all to one


def is_readable(text: str) -> bool:
    """Return False if a text is made of characters or of a mixture of letters that no language has."""
    sample = text[:_SAMPLE]
    counted = Counter(sample)
    odd = sum(
        count
        for letter, count in counted.items()
        if letter == "\ufffd" or (letter not in "\n\t\r\f" and unicodedata.category(letter) in _ODD)
    )
    if odd > _MAX_ODD_SHARE * len(sample):
        return False
    letters = sum(count for letter, count in counted.items() if letter.isalpha())
    if letters < _MIN_LETTERS:
        return letters >= len(sample) / 4 or len(sample) < _MIN_LETTERS
    if max(count for letter, count in counted.items() if letter.isalpha()) > _MAX_COMMON_SHARE * letters:
        return False
    latin = sum(count for letter, count in counted.items() if _LATIN.match(letter))
    if latin < letters / 2:
        return True
    vowels = sum(count for letter, count in counted.items() if letter.lower() in _VOWELS)
    least, most = _VOWEL_SHARE
    return least <= vowels / latin <= most and len(_INSIDE.findall(sample)) <= _MAX_INSIDE_SHARE * letters
