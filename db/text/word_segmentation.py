"""Cut Chinese, which is written without spaces, into its likeliest words. Pure.

Of all ways to cut a text that is taken whose words are the most frequent together. `words/README.md` says where the
word list comes from.
"""

from __future__ import annotations

import array
import lzma
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import ahocorasick_rs

WORD_LIST = Path(__file__).parent / "words" / "zh.txt.xz"
UNKNOWN_BITS = 30.0  # what a character costs that is no word
# Bits that a word costs: -log2 of its share. The list holds them in half bits, as one character after each word.
_FREE = ord("!")


@dataclass(frozen=True, slots=True)
class WordList:
    """The words of Chinese with what each costs in half bits, and which of them are names of people and places."""

    words: tuple[str, ...] = field(repr=False)
    half_bits: bytes = field(repr=False)
    ordinary: int  # so many of the words come first; names follow


def read_word_list() -> WordList:
    """Read the shipped list: lines of a word and one character for its cost, ordinary words and then names."""
    parts = lzma.decompress(WORD_LIST.read_bytes()).decode("utf-8").split("\n\n")
    ordinary, names = (part.split("\n") for part in parts)
    lines = ordinary + names
    return WordList(
        words=tuple(line[:-1] for line in lines),
        half_bits=bytes(ord(line[-1]) - _FREE for line in lines),
        ordinary=len(ordinary),
    )


def read_word_costs() -> dict[str, float]:
    """Return each word of the shipped list with the bits that it costs."""
    listed = read_word_list()
    return {word: cost / 2 for word, cost in zip(listed.words, listed.half_bits, strict=True)}


class WordSegmenter:
    """Cuts texts into words. To make one takes a fifth of a second and 15 MB."""

    def __init__(self, bits: Mapping[str, float]) -> None:
        """Take the words with the bits that each costs."""
        self._bits = array.array("f", bits.values())
        self._automaton = ahocorasick_rs.AhoCorasick(
            bits, store_patterns=False, implementation=ahocorasick_rs.Implementation.ContiguousNFA
        )

    def split_words(self, text: str) -> list[str]:
        """Return the words of a text in order, without characters that are in no word of the list."""
        chosen = self.choose_words(text, self.find_words(text))
        return [text[begin:stop] for index, begin, stop in reversed(chosen) if index >= 0]

    def find_words(self, text: str) -> list[tuple[int, int, int]]:
        """Return all words (index, start, end) that stand anywhere in a text, in the order of their ends."""
        return self._automaton.find_matches_as_indexes(text, overlapping=True)

    def choose_words(self, text: str, found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
        """Return the words (index, start, end) of the cheapest way to cut the text, the last first; of none -1.

        found: what `find_words` found there.
        """
        cost, last = [0.0], [(-1, 0, 0)]
        for index, begin, stop in found:  # in the order of their ends
            while len(cost) <= stop:
                last.append((-1, len(cost) - 1, len(cost)))
                cost.append(cost[-1] + UNKNOWN_BITS)
            if (total := cost[begin] + self._bits[index]) < cost[stop]:
                cost[stop], last[stop] = total, (index, begin, stop)
        while len(cost) <= len(text):
            last.append((-1, len(cost) - 1, len(cost)))
            cost.append(cost[-1] + UNKNOWN_BITS)
        words, place = [], len(text)
        while place:
            words.append(last[place])
            place = last[place][1]
        return words


@lru_cache(maxsize=1)
def load_segmenter() -> WordSegmenter:
    """Return the segmenter of the shipped list, which is made once."""
    return WordSegmenter(read_word_costs())


def read_ordinary_words() -> frozenset[str]:
    """Return the words of two or more characters that are no names."""
    listed = read_word_list()
    return frozenset(word for word in listed.words[: listed.ordinary] if len(word) > 1)
