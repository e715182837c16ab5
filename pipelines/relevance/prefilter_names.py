"""Find which sides of a topic a page could name. Fast; for the prefilter; misses none.

Tags, line breaks and invisible characters may split a name, so names are searched in text without spaces. The
original gaps are only checked where a match lies inside a longer run of letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import ahocorasick_rs

from db.text.folding import FOLDING_TABLE, INVISIBLE_CHARACTERS, clean, fold
from db.text.scripts import CJK_CHARACTER, COMPATIBILITY_HAN_CODES
from pipelines.relevance.name_matcher import TopicName, required_capitals

_BITS = {"a": 1, "b": 2, "both": 3}
_INVISIBLE = re.compile(f"[{INVISIBLE_CHARACTERS}]")
_MARKS = re.compile("([\u0300-\u036f]+)")
# Characters that NFC makes others of, though nothing stands beside them: Kelvin and Ångström signs, doubled ideographs.
_SINGLES = (0x0387, 0x1FEF, *range(0x2126, 0x212C), *COMPATIBILITY_HAN_CODES)
_CONTROLS = bytes({*range(9), *range(0x0E, 0x1C), 0x7F})  # decoding takes them out; spaces to str.split are others
_SPACES = b" \t\n\r\x0b\x0c"  # what bytes.split takes for spaces
_ASCII = bytes(range(128))
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789")


def _plain() -> dict[str, str]:
    """What each character is when names are compared, its case kept: "Á" → "A", "錢" → "钱"."""
    plain = {}
    for code in (*FOLDING_TABLE, *_SINGLES):
        letter = unicodedata.normalize("NFC", chr(code))
        folded = FOLDING_TABLE.get(ord(letter), letter) if len(letter) == 1 else letter
        plain[chr(code)] = folded if letter.islower() else folded.upper() if folded.isascii() else folded
    return plain


_PLAIN = _plain()
# One byte a character: what Latin-1 does not hold stands in no Latin name, and becomes "?".
_LATIN = bytes(32 if chr(code).isspace() else ord(_PLAIN.get(chr(code), chr(code))) for code in range(256))
# The same for UTF-8, whose other bytes must stay.
_WIDE = _LATIN[:128] + bytes(range(128, 256))


class SideFinder:
    """Finds out whether strong names of both sides could be in a text."""

    def __init__(self, names: Sequence[TopicName]) -> None:
        found: dict[str, set[tuple[int, str]]] = {}
        for name in names:
            if name.role == "concept" and name.strong and name.side in _BITS:
                text = clean(name.text).strip()
                found.setdefault("".join(fold(text).split()), set()).add((_BITS[name.side], required_capitals(text)))
        self._wide = _Names(found, "utf-8")
        latin = {name: sides for name, sides in found.items() if all(letter <= "\xff" for letter in name)}
        self._latin = _Names(latin, "latin-1")

    def may_name_sides(self, text: bytes, *, a: bool, b: bool) -> bool:
        """Whether a text (UTF-8; \\x1f for a tag) could name both sides; a, b: a side that is there already.

        UnicodeDecodeError if the text is not UTF-8.
        """
        missing = (0 if a else 1) | (0 if b else 2)
        # Most pages have some twenty characters beyond ASCII: each is looked at once, not at each place.
        foreign = set(text.translate(None, _ASCII).decode("utf-8", "surrogatepass"))
        if not foreign:
            return self._latin.may_name_sides(text.translate(_LATIN, _CONTROLS), missing)
        decoded = text.decode("utf-8", "surrogatepass")
        letters = "".join(foreign)
        for letter in _INVISIBLE.findall(letters):
            decoded = decoded.replace(letter, "")
        if _MARKS.search(letters):
            decoded = _composed(decoded)
            letters = "".join(letter for letter in set(decoded) if letter > "\x7f")
        if not CJK_CHARACTER.search(letters):
            for letter in letters:
                if letter > "\xff" and (plain := " " if letter.isspace() else _PLAIN.get(letter)):
                    decoded = decoded.replace(letter, plain)
            return self._latin.may_name_sides(
                decoded.encode("latin-1", "replace").translate(_LATIN, _CONTROLS), missing
            )
        table = {letter: " " if letter.isspace() else _PLAIN.get(letter, letter) for letter in letters}
        changed = [letter for letter, plain in table.items() if letter != plain]
        if len(changed) < 40:  # from there on one pass is quicker, but it takes a table of all that is there
            for letter in changed:
                decoded = decoded.replace(letter, table[letter])
        else:
            decoded = decoded.translate({ord(letter): plain for letter, plain in table.items()} | _UNCHANGED)
        return self._wide.may_name_sides(decoded.encode("utf-8", "replace").translate(_WIDE, _CONTROLS), missing)


_UNCHANGED = {code: chr(code) for code in range(128)}


class _Names:
    """Names without spaces as bytes of one encoding, with the sides that each stands for."""

    def __init__(self, names: dict[str, set[tuple[int, str]]], encoding: str) -> None:
        self._sides = tuple(tuple(found) for found in names.values())
        # 7 MB and 14 ms for some 2000 names, and half the time of the default on each page.
        self._automaton = ahocorasick_rs.BytesAhoCorasick(
            [name.encode(encoding) for name in names], implementation=ahocorasick_rs.Implementation.DFA
        )

    def may_name_sides(self, spaced: bytes, missing: int) -> bool:
        """Whether names of all missing sides (bits) are in a text of plain letters that has kept its case."""
        cased = spaced.translate(None, _SPACES)
        folded = cased.lower()
        firsts = b""
        for index, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            for bits, letters in self._sides[index]:
                if not bits & missing or not _has_case(cased[start:end], letters):
                    continue
                if _inside_word(folded, start, end):
                    firsts = firsts or _firsts(spaced)
                    if not _is_apart(folded, firsts, start, end):
                        break
                missing &= ~bits
        return not missing


def _has_case(written: bytes, letters: str) -> bool:
    if letters == "one":
        return written != written.lower()
    return letters == "any" or written == written.upper()


def _inside_word(folded: bytes, start: int, end: int) -> bool:
    return (start > 0 and folded[start - 1] in _WORD and folded[start] in _WORD) or (
        end < len(folded) and folded[end] in _WORD and folded[end - 1] in _WORD
    )


def _firsts(spaced: bytes) -> bytes:
    """The text without spaces, in capitals those letters alone before which there is no letter."""
    return spaced.lower().title().translate(None, _SPACES)


def _is_apart(folded: bytes, firsts: bytes, start: int, end: int) -> bool:
    """Whether something stood between these bytes and the letters around; beside a digit that is taken for granted."""
    begins = start == 0 or not folded[start - 1 : start].isalpha() or firsts[start] != folded[start]
    return begins and (end == len(folded) or not folded[end : end + 1].isalpha() or firsts[end] != folded[end])


def _composed(text: str) -> str:
    """The text with accents on the letters that they belong to, also where a tag stands between."""
    parts = _MARKS.split(text)
    for place in range(1, len(parts), 2):
        before = parts[place - 1].rstrip()
        gap = parts[place - 1][len(before) :]
        parts[place - 1] = before[:-1]
        parts[place] = unicodedata.normalize("NFC", before[-1:] + parts[place]) + gap
    return "".join(parts)
