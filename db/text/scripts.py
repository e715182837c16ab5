"""Unicode ranges of Chinese characters, as character classes and as predicates. Pure.

Every pattern for Chinese takes its range from here, so that the index, the copies, the sentences and the pages agree
on characters of rare extensions too (https://www.unicode.org/charts/, East Asian Scripts).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

HAN_WEIGHT = 3  # letters that a Chinese character counts for

# The constants below are ranges, to be used inside a character class: f"[{HAN}]".

# The main block, extension A, and extensions B to H. The index of an existing database knows these as words of one
# character: an extension that Unicode adds later needs a migration that writes the index anew.
UNIFIED_HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002f7ff\U0002fa20-\U000323af"
# Second codes of unified characters, which NFC replaces.
COMPATIBILITY_HAN = "\uf900-\ufaff\U0002f800-\U0002fa1f"
COMPATIBILITY_HAN_CODES = (*range(0xF900, 0xFB00), *range(0x2F800, 0x2FA20))
RADICAL_CODES = range(0x2F00, 0x2FD6)  # signs of dictionaries that look like characters; copied PDF files have them
# All Chinese characters: the ranges above, with the iteration mark and the zero, which have the script Han (UAX #24).
HAN = f"\u3005\u3007{UNIFIED_HAN}{COMPATIBILITY_HAN}"
KANA = "\u3040-\u30ff"
HANGUL = "\uac00-\ud7af"
# Characters that are written without spaces: Chinese and kana. The index makes each of them a word, because FTS5 would
# take a whole Chinese or Japanese title for a single word. Rules about Chinese use HAN: a text in kana is not Chinese.
CJK = f"{HAN}{KANA}"
CJK_SIGNS = "\u3000-\u303f\uff00-\uffef"  # punctuation and full-width forms, which have no spaces around them either

HAN_CHARACTER = re.compile(f"[{HAN}]")
CJK_CHARACTER = re.compile(f"([{CJK}])")
_UNIFIED_HAN_CHARACTER = re.compile(f"[{UNIFIED_HAN}]")


def is_han(letter: str) -> bool:
    """Return True if a single character is Chinese."""
    return HAN_CHARACTER.match(letter) is not None


def is_unified_han(letter: str) -> bool:
    """Return True if a single character is Chinese and no normal form of Unicode replaces it."""
    return _UNIFIED_HAN_CHARACTER.match(letter) is not None


def has_han(text: str) -> bool:
    """Return True if the text has a Chinese character."""
    return not text.isascii() and HAN_CHARACTER.search(text) is not None


def count_han(text: str) -> int:
    """Count the Chinese characters of a text."""
    return 0 if text.isascii() else len(HAN_CHARACTER.findall(text))


def width_of(texts: Iterable[str]) -> int:
    """Return the length of texts in letters; a Chinese character counts as three."""
    return sum(len(text) + (HAN_WEIGHT - 1) * count_han(text) for text in texts)
