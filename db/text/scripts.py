"""What a Chinese character is: its Unicode ranges, as character classes and as predicates. Pure.

Every pattern that asks for Chinese takes its range from here, so that a character of a rare extension is Chinese for
the index, the copies, the sentences and the pages alike (https://www.unicode.org/charts/, East Asian Scripts).
"""

from __future__ import annotations

import re

# The names in capitals below are ranges as they stand inside a character class: f"[{HAN}]".

# The main block, extension A, and extensions B to H. The index of an existing database knows these as words of one
# character: an extension that Unicode adds later needs a migration that writes the index anew.
UNIFIED_HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002f7ff\U0002fa20-\U000323af"
# Second codes of unified characters, which NFC replaces.
COMPATIBILITY_HAN = "\uf900-\ufaff\U0002f800-\U0002fa1f"
COMPATIBILITY_HAN_CODES = (*range(0xF900, 0xFB00), *range(0x2F800, 0x2FA20))
# Chinese characters: those, and the iteration mark and the zero, which have the script Han too (UAX #24).
HAN = f"\u3005\u3007{UNIFIED_HAN}{COMPATIBILITY_HAN}"
KANA = "\u3040-\u30ff"
HANGUL = "\uac00-\ud7af"
# What is written without spaces. The index parts these into words of one character: FTS5 would take a Japanese title
# with its kana, as a Chinese one, for a single word. Rules about Chinese ask for HAN: a text in kana is not Chinese.
CJK = f"{HAN}{KANA}"

HAN_CHARACTER = re.compile(f"[{HAN}]")
CJK_CHARACTER = re.compile(f"([{CJK}])")
_UNIFIED_HAN_CHARACTER = re.compile(f"[{UNIFIED_HAN}]")


def is_han(letter: str) -> bool:
    """Whether a single character is a Chinese one."""
    return HAN_CHARACTER.match(letter) is not None


def is_unified_han(letter: str) -> bool:
    """Whether a single character is a Chinese one that no normal form of Unicode replaces by another."""
    return _UNIFIED_HAN_CHARACTER.match(letter) is not None


def has_han(text: str) -> bool:
    """Whether a Chinese character stands anywhere in the text."""
    return HAN_CHARACTER.search(text) is not None


def count_han(text: str) -> int:
    """How many Chinese characters a text has."""
    return len(HAN_CHARACTER.findall(text))
