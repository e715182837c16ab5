"""Find the words of measures in a folded text, all of them in one pass."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import ahocorasick_rs

from db.text.folding import fold, is_inside_word


class WordEntry(NamedTuple):
    """A word as a file has it, of a language, and what it stands for."""

    word: str
    language: str
    role: str  # cue, weak, exclude, scope, part, beside, share, doubtful, attribution, negation, people, thing, noun
    owner: str


class WordMatch(NamedTuple):
    """A word at its place in a text."""

    start: int
    end: int
    role: str
    owner: str


def find_scopes(words: Sequence[WordMatch], *, whole: Collection[str]) -> list[WordMatch]:
    """Return words of scopes, without those that are a piece of a longer one: "cada" is one of "cada día".

    Phrases without an owner only hide the words in them: "diario" in "este diario".

    whole: scopes whose words are always meant.
    """
    scopes = sorted((word for word in words if word.role == "scope"), key=lambda word: (word.start, -word.end))
    found: list[WordMatch] = []
    begun = reached = -1  # of the longest word that was met
    for word in scopes:
        is_piece = word.end < reached or (word.end == reached and word.start > begun)
        if word.owner and (not is_piece or word.owner in whole):
            found.append(word)
        if word.end > reached:
            begun, reached = word.start, word.end
    return found


class WordFinder:
    """Finds words. Latin ones begin and end with a word, those with "*" only begin with one."""

    def __init__(self, entries: Iterable[WordEntry]) -> None:
        by_pattern: dict[str, list[WordEntry]] = {}
        for entry in entries:
            by_pattern.setdefault(fold(entry.word.removesuffix("*")), []).append(entry)
        self._entries = tuple(tuple(found) for found in by_pattern.values())
        self._automaton = ahocorasick_rs.AhoCorasick(tuple(by_pattern)) if by_pattern else None

    def find(self, folded: str, language: str) -> list[WordMatch]:
        """Return the words of a language in a text in the order of their places; they may overlap."""
        if self._automaton is None:
            return []
        found: list[WordMatch] = []
        for index, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            if is_inside_word(folded, start):
                continue
            is_open = is_inside_word(folded, end)
            found += [
                WordMatch(start, end, entry.role, entry.owner)
                for entry in self._entries[index]
                if entry.language == language and (not is_open or entry.word.endswith("*"))
            ]
        found.sort()
        return found


class WordIndex:
    """The words of one text, to be asked for by place."""

    def __init__(self, matches: Sequence[WordMatch]) -> None:
        self._matches = matches
        self._starts = [match.start for match in matches]

    def between(self, start: int, end: int) -> list[WordMatch]:
        """Return the words that begin at or behind `start` and before `end`."""
        return list(self._matches[bisect_left(self._starts, start) : bisect_left(self._starts, end)])
