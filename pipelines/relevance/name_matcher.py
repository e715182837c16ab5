"""Find names in a text with one automaton for all languages.

Latin names must end at word boundaries. Of overlapping names the first wins, and of those at one place the longest.
Signals stand beside names: "selección peruana" tells of sport, and "peruana" in it names Peru. So do titles:
"ministro" is a word of relations, and a title before a surname.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ahocorasick_rs

from db.text.folding import clean, fold, is_inside_word
from db.text.scripts import has_han
from pipelines.relevance.chinese_words import ChineseWords

SIGNAL = "signal"  # the role of names that tell of a frame: sport, markets, recipes …
TITLE = "title"  # the role of words before a person's surname, such as "señora"
HOME = "home"  # the role of words for the outlet's own country, such as "nuestro país"
FAINT_CONCEPTS = 2  # so many with faint names tell of a side: a surname and a custom
_LONGEST_DOUBTFUL = 4  # characters of a Chinese name that may also arise where other words meet
_LONGEST_DOUBTFUL_SIGNAL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicName:
    """One name of a concept, a third country or a signal.

    The role "mask" marks a text that looks like a name and is none.
    """

    text: str
    language: str  # en, es or zh
    role: str
    owner: str  # id of the concept or signal, code of the country
    side: str = "none"
    strong: bool = True
    kind: str = ""
    is_hint: bool = False  # a weak name that names its side all the same, if faintly: "el gigante asiático"
    is_faint: bool = False  # a weak name, such as a surname: names of two such concepts name their side
    is_doubtful: bool = False  # it counts only where the text has a witness (doubtful_names.py)
    witnessed_by: tuple[str, ...] = ()  # of a doubtful name: the sides whose other names are a witness
    alone: str = ""  # of a doubtful name: the side that it stands for without a witness; "" is none


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A name at its place in a text."""

    name: TopicName
    start: int
    end: int


MatchedLine = tuple[str, str, list[NameMatch]]  # the line's place (title, lead, body), its text, the names in it


class NameMatcher:
    """Finds names in texts.

    A name with capitals matches only if the text has a capital there, a name in capitals alone only if the text has
    only capitals there. A name without capitals matches only in texts of its language. A Chinese name must not be part
    of other words.
    """

    def __init__(self, names: Sequence[TopicName]) -> None:
        entries: dict[str, list[tuple[TopicName, str]]] = {}
        for name in names:
            text = clean(name.text).strip()
            entries.setdefault(fold(text), []).append((name, required_capitals(text)))
        self.names = tuple(names)
        self.patterns = tuple(entries)
        self._entries = tuple(tuple(found) for found in entries.values())
        self._is_chinese = tuple(has_han(pattern) for pattern in self.patterns)
        self._automaton = ahocorasick_rs.AhoCorasick(self.patterns)

    @functools.cached_property
    def chinese_words(self) -> ChineseWords:
        """What tells Chinese names from parts of other words."""
        named = {pattern for pattern, is_chinese in zip(self.patterns, self._is_chinese, strict=True) if is_chinese}
        return ChineseWords(pattern for pattern in named if len(pattern) <= _LONGEST_DOUBTFUL)

    @functools.cached_property
    def demonyms(self) -> frozenset[str]:
        """The folded Spanish names of a side that have a small letter: chino, china."""
        found = (name.text for name in self.names if name.kind == "country" and name.language == "es")
        return frozenset(fold(text) for text in found if text.islower() and " " not in text)

    def prepare(self) -> None:
        """Load now what the first Chinese name would load, so that forked processes share it."""
        if any(self._is_chinese):
            _ = self.chinese_words

    def find(self, text: str, *, language: str | None) -> list[NameMatch]:
        """Return the names in a text cleaned by `folding.clean`, in order.

        Signals overlap no signal, titles no title, and other names no other name. A signal inside a longer name is left
        out.
        """
        folded = fold(text)
        spans = []
        for index, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            if is_inside_word(folded, start) or is_inside_word(folded, end):
                continue
            slots = set()  # a word may be a name, a signal and a title
            for name, letters in self._entries[index]:
                slot = _slot(name)
                if slot not in slots and _fits(text[start:end], letters, name.language, language):
                    spans.append((start, start - end, name, self._is_chinese[index]))
                    slots.add(slot)
        if not spans:  # as in most sentences
            return []
        spans.sort(key=lambda span: (span[0], span[1]))
        return list(self._outermost(spans, folded))

    def _outermost(self, spans: list[tuple[int, int, TopicName, bool]], folded: str) -> Iterator[NameMatch]:
        ends = {"": 0, SIGNAL: 0, TITLE: 0}  # where the last name, signal and title end
        last = -1  # where the last name begins
        for start, minus_length, name, is_chinese in spans:
            end = start - minus_length
            slot = _slot(name)
            if start < ends[slot]:
                continue
            if slot == SIGNAL and end <= ends[""] and (start, end) != (last, ends[""]):
                continue
            if (
                is_chinese
                and end - start <= _longest_doubtful(name)
                and not self.chinese_words.stands_apart(folded, start, end)
            ):
                continue
            ends[slot] = end
            if not slot:
                last = start
            yield NameMatch(name, start, end)


def _slot(name: TopicName) -> str:
    """Return which names this one must not overlap: signals, titles, or ("") all others."""
    return name.role if name.role in {SIGNAL, TITLE} else ""


def _longest_doubtful(name: TopicName) -> int:
    """Return up to how many characters a Chinese name is looked at twice; words of trade and the like are not."""
    if name.role == SIGNAL:
        return _LONGEST_DOUBTFUL_SIGNAL
    return _LONGEST_DOUBTFUL if name.role == "country" or name.side != "none" else 0


def required_capitals(text: str) -> str:
    """Return the capitals that a name needs where it is found.

    "any" means none, "one" at least one, "all" that every letter is a capital.
    """
    if not any(letter.isupper() for letter in text):
        return "any"
    return "one" if any(letter.islower() for letter in text) else "all"


def _fits(written: str, letters: str, named_in: str, language: str | None) -> bool:
    if letters == "any":
        return named_in == "zh" or language is None or named_in == language or (named_in == "es" and language == "pt")
    return _has_case(written, letters)


def _has_case(written: str, letters: str) -> bool:
    if letters == "one":
        return any(letter.isupper() for letter in written)
    return letters == "any" or not any(letter.islower() for letter in written)
