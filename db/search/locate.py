"""Find the spans of words in a text by the rules of the search index. Pure.

Marks on pages and in mail, passages and the reasons in messages all use this, so that they agree with one another and
with the index. Nearly all texts are plain (Latin and Chinese without rare characters): they are searched with a pattern
for each term, in which a letter matches all letters that the index folds to it. Any other text is cut into tokens as
the index does.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from db.text.chinese_variants import TO_SIMPLIFIED
from db.text.scripts import CJK, CJK_CHARACTER, UNIFIED_HAN
from db.text.tokens import TOKEN, fold_token, split_tokens

Span = tuple[int, int]  # start and end, in characters

MAX_PATTERN_TERMS = 8  # up to this many terms patterns are quicker than tokens

# Signs and punctuation without a letter in their NFKC form.
_BETWEEN = "\u2010-\u205e\u20a0-\u20a7\u20a9-\u20bf\u3000-\u3003\u3008-\u3020\uff01-\uff0f\uff1a-\uff20"
_WIDE = (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))  # full-width digits and letters
_LETTER = f"[^\\W_{CJK}]"
_MARKS = "\u0300-\u036f\u3099\u309a\uff9e\uff9f"  # marks that NFKC may join to the character before them


class Term(NamedTuple):
    """Folded tokens that follow one another. `prefix`: the last one is the beginning of a word."""

    tokens: tuple[str, ...]
    prefix: bool = False


def read_term(text: str, *, prefix: bool = False) -> Term:
    """Read words as the index does."""
    return Term(tuple(split_tokens(text)), prefix)


def locate(text: str, terms: Sequence[Term]) -> list[Span]:
    """Find the terms in the text. Spans are ordered, and those that overlap are joined."""
    if not terms:
        return []
    quick = len(terms) <= MAX_PATTERN_TERMS and is_plain(text)
    return join_spans(locate_by_pattern(text, terms) if quick else locate_by_token(text, terms))


def join_spans(spans: Iterable[Span], *, touching: bool = False) -> list[Span]:
    """Order spans and join those that overlap, or that touch as well."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1] + touching:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


class TokenIndex:
    """The folded tokens of a text, and the span of each."""

    def __init__(self, text: str) -> None:
        self._text = text
        normal, self._starts, self._ends = _normalised(text)
        self._matches = [match.span() for match in TOKEN.finditer(normal)]
        self.tokens = [fold_token(normal[start:end]) for start, end in self._matches]
        self.places: dict[str, list[int]] = {}  # token → its numbers among the tokens, in order
        for place, token in enumerate(self.tokens):
            self.places.setdefault(token, []).append(place)

    @cached_property
    def _known(self) -> list[str]:
        return sorted(self.places)

    def find(self, term: Term) -> Iterator[int]:
        """Return where the term begins, as numbers of tokens."""
        if not term.tokens:
            return
        *rest, last = term.tokens
        if not rest and term.prefix:
            at = bisect_left(self._known, last)
            while at < len(self._known) and self._known[at].startswith(last):
                yield from self.places[self._known[at]]
                at += 1
            return
        for place in self.places.get(term.tokens[0], ()):
            end = place + len(rest)
            if end < len(self.tokens) and self.tokens[place:end] == rest:
                token = self.tokens[end]
                if token == last or (term.prefix and token.startswith(last)):
                    yield place

    def span(self, place: int, size: int) -> Span:
        """Return the span in characters of `size` tokens from a place on."""
        start, end = self._matches[place][0], self._matches[place + size - 1][1]
        return (start, end) if self._starts is None else (self._starts[start], self._ends[end - 1])


def is_plain(text: str) -> bool:
    """True if `locate_by_pattern` can search the text."""
    return text.isascii() or _PLAIN.fullmatch(text) is not None


def locate_by_pattern(text: str, terms: Iterable[Term]) -> list[Span]:
    """Find each term in a plain text. Spans are in no order and may overlap."""
    found = []
    for term in terms:
        pattern, match = _pattern(term), None
        while match := pattern.search(text, match.start() + 1 if match else 0):  # hits may overlap
            found.append(match.span())
    return found


def locate_by_token(text: str, terms: Iterable[Term]) -> list[Span]:
    """Find each term in any text, by its tokens."""
    index = TokenIndex(text)
    return [index.span(place, len(term.tokens)) for term in terms for place in index.find(term)]


def _normalised(text: str) -> tuple[str, Sequence[int] | None, Sequence[int]]:
    """Return the text in NFKC, as it is indexed, and for each character its start and end in the original text.

    None for the starts if every character stays at its place. Only characters that do not are looked at one by one.
    """
    if unicodedata.is_normalized("NFKC", text):
        return text, None, ()
    normal = unicodedata.normalize("NFKC", text)
    if len(normal) == len(text) and all(map(_stays_one, set(text))):
        return normal, None, ()
    odd = "".join(map(re.escape, sorted(character for character in set(text) if not _stays_one(character))))
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for match in re.finditer(f"(?s:.)[{_MARKS}]+" + (f"|[{odd}]" if odd else ""), text):
        start, end = match.span()
        cluster = unicodedata.normalize("NFKC", match[0])
        pieces += [unicodedata.normalize("NFKC", text[at:start]), cluster]  # the first has the length that it had
        starts += [*range(at, start), *[start] * len(cluster)]
        ends += [*range(at + 1, start + 1), *[end] * len(cluster)]
        at = end
    pieces.append(unicodedata.normalize("NFKC", text[at:]))
    starts += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    return "".join(pieces), starts, ends


@lru_cache(maxsize=65_536)
def _stays_one(character: str) -> bool:
    return len(unicodedata.normalize("NFKC", character)) == 1 and not unicodedata.combining(character)


@lru_cache(maxsize=1_000)
def _pattern(term: Term) -> re.Pattern[str]:
    """Compile the pattern of a term in a plain text.

    It begins with the first letter and checks the character before it by look-behind, so that `re` can skip to it.
    """
    first, *others = term.tokens
    found = _letter_class(first[0])
    if not CJK_CHARACTER.match(first):
        found += f"(?<!{_LETTER}.)"
    found += "".join(map(_letter_class, first[1:]))
    before = first
    for token in others:
        apart = "+" if not CJK_CHARACTER.match(before) and not CJK_CHARACTER.match(token) else "*"
        found += f"[\\W_]{apart}" + "".join(map(_letter_class, token))
        before = token
    if not CJK_CHARACTER.match(before):
        found += f"{_LETTER}*" if term.prefix else f"(?!{_LETTER})"
    return re.compile(found, re.DOTALL)


def _letter_class(letter: str) -> str:
    return f"[{_VARIANTS.get(letter, re.escape(letter))}]"


def _fold_plain_letters() -> tuple[dict[str, str], str]:
    """(letters of plain texts by the letter that they fold to, the Latin ones and signs among them)."""
    variants = {letter: letter + letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"}
    simple = []
    for letter in map(chr, (*range(0x80, 0x250), *_WIDE)):
        if not TOKEN.fullmatch(letter):
            simple.append(letter)  # separates words
        elif TOKEN.fullmatch(to := fold_token(letter)) and len(to) == 1:
            simple.append(letter)
            variants[to] = variants.get(to, to) + letter
    for number, to in TO_SIMPLIFIED.items():
        variants[to] = variants.get(to, "" if ord(to) in TO_SIMPLIFIED else to) + chr(number)
    return variants, "".join(simple)


_VARIANTS, _SIMPLE = _fold_plain_letters()
# Characters that fold one for one in any context, and common ones between words.
_PLAIN = re.compile(f"[\\x00-\\x7f{_SIMPLE}{UNIFIED_HAN}{_BETWEEN}]*")
