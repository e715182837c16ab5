"""Find which sides of a topic a page could name. For the prefilter: fast, and misses no side.

Tags, line breaks and invisible characters may split a name, so names are searched in text without spaces. The
original gaps are only checked where a match lies inside a longer run of letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import ahocorasick_rs
import numpy as np

from db.text.folding import FOLDING_TABLE, INVISIBLE_CHARACTERS, clean, fold
from db.text.scripts import CJK_CHARACTER, COMPATIBILITY_HAN_CODES
from pipelines.relevance.name_matcher import FAINT_CONCEPTS, TopicName, required_capitals

_BITS = {"a": 1, "b": 2, "both": 3}
_INVISIBLE = re.compile(f"[{INVISIBLE_CHARACTERS}]")
_MARKS = re.compile("([\u0300-\u036f]+)")
# Single characters that NFC replaces by others: Kelvin and Ångström signs, compatibility ideographs.
_SINGLES = (0x0387, 0x1FEF, *range(0x2126, 0x212C), *COMPATIBILITY_HAN_CODES)
_CONTROLS = bytes(
    {*range(9), *range(0x0E, 0x1C), 0x7F}
)  # decoding removes them; those that str.split takes for spaces are left out
_SPACES = b" \t\n\r\x0b\x0c"  # the spaces of bytes.split
# The kind of each byte: 1 a letter, 2 a space, 0 another.
_KINDS = bytes(2 if code in _SPACES else int(bytes([code]).isalpha()) for code in range(256))
_BEGINS_WORD = frozenset({4, 6})  # a letter after another byte, or after a space
_AT_SPACE = bytes({8, 9, 10})
_ASCII = bytes(range(128))
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789")


def _plain() -> dict[str, str]:
    """Return each character's form for comparing names, with its case: "Á" → "A", "錢" → "钱"."""
    plain = {}
    for code in (*FOLDING_TABLE, *_SINGLES):
        letter = unicodedata.normalize("NFC", chr(code))
        folded = FOLDING_TABLE.get(ord(letter), letter) if len(letter) == 1 else letter
        plain[chr(code)] = folded if letter.islower() else folded.upper() if folded.isascii() else folded
    return plain


_PLAIN = _plain()
# A table for Latin-1. Other characters become "?" before, because no name in Latin letters has them.
_LATIN = bytes(32 if chr(code).isspace() else ord(_PLAIN.get(chr(code), chr(code))) for code in range(256))
# The same for UTF-8: bytes above 127 stay as they are.
_WIDE = _LATIN[:128] + bytes(range(128, 256))


class SideFinder:
    """Checks whether names of both sides, strong ones, hints or several faint ones, could be in a text."""

    def __init__(self, names: Sequence[TopicName]) -> None:
        found: dict[str, set[tuple[int, str, str]]] = {}
        for name in names:
            if name.role == "concept" and (name.strong or name.is_hint or name.is_faint) and name.side in _BITS:
                text = clean(name.text).strip()
                told = (_BITS[name.side], required_capitals(text), name.owner if name.is_faint else "")
                found.setdefault("".join(fold(text).split()), set()).add(told)
        self._wide = _Names(found, "utf-8")
        latin = {name: sides for name, sides in found.items() if all(letter <= "\xff" for letter in name)}
        self._latin = _Names(latin, "latin-1")

    def may_name_sides(self, text: bytes, *, a: bool, b: bool) -> bool:
        """Return True if a text could name both sides. Raises UnicodeDecodeError if it is not UTF-8.

        In the text \\x1f stands for a tag. `a` and `b` are True for a side that needs no name in the text.
        """
        missing = (0 if a else 1) | (0 if b else 2)
        # Most pages have about twenty different characters beyond ASCII, so each is treated once, not at each place.
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
        if len(changed) < 40:  # for more, one pass with a table of all characters is faster
            for letter in changed:
                decoded = decoded.replace(letter, table[letter])
        else:
            decoded = decoded.translate({ord(letter): plain for letter, plain in table.items()} | _UNCHANGED)
        return self._wide.may_name_sides(decoded.encode("utf-8", "replace").translate(_WIDE, _CONTROLS), missing)


_UNCHANGED = {code: chr(code) for code in range(128)}


class _Names:
    """Names without spaces, as bytes of one encoding, with the sides of each, and the concept of a faint one."""

    def __init__(self, names: dict[str, set[tuple[int, str, str]]], encoding: str) -> None:
        self._sides = tuple(tuple(found) for found in names.values())
        # A DFA takes 7 MB and 14 ms to build for 2000 names, and half the time of the default on each page.
        self._automaton = ahocorasick_rs.BytesAhoCorasick(
            [name.encode(encoding) for name in names], implementation=ahocorasick_rs.Implementation.DFA
        )

    def may_name_sides(self, spaced: bytes, missing: int) -> bool:
        """Return True if names of all `missing` sides (bits) are in a text.

        The text has plain letters (`_PLAIN`) and its own case.
        """
        cased = spaced.translate(None, _SPACES)
        folded = cased.lower()
        kinds = b""
        faint: dict[int, set[str]] = {}
        for index, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            for bits, letters, concept in self._sides[index]:
                if not bits & missing or not _has_case(cased[start:end], letters):
                    continue
                if _inside_word(folded, start, end):
                    kinds = kinds or _read_kinds(spaced)
                    if not _is_apart(folded, kinds, start, end):
                        break
                if concept:
                    faint.setdefault(bits, set()).add(concept)
                    if len(faint[bits]) < FAINT_CONCEPTS:
                        continue
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


def _read_kinds(spaced: bytes) -> bytes:
    """Return the kind of each byte that is no space, times four, plus the kind of the byte before it."""
    kinds = np.frombuffer(spaced.translate(_KINDS), np.uint8)
    pairs = kinds * 4
    pairs[1:] += kinds[:-1]
    return pairs.tobytes().translate(None, _AT_SPACE)


def _is_apart(folded: bytes, kinds: bytes, start: int, end: int) -> bool:
    """Return True if a gap may have separated these bytes from the letters around them.

    Beside a digit a gap is assumed.
    """
    begins = start == 0 or not folded[start - 1 : start].isalpha() or kinds[start] in _BEGINS_WORD
    return begins and (end == len(folded) or not folded[end : end + 1].isalpha() or kinds[end] in _BEGINS_WORD)


def _composed(text: str) -> str:
    """Return the text with combining accents joined to their letters, also across a tag."""
    parts = _MARKS.split(text)
    for place in range(1, len(parts), 2):
        before = parts[place - 1].rstrip()
        gap = parts[place - 1][len(before) :]
        parts[place - 1] = before[:-1]
        parts[place] = unicodedata.normalize("NFC", before[-1:] + parts[place]) + gap
    return "".join(parts)
