"""Where a text holds what was searched for: marked in the whole of it, or in a stretch cut around most of it. Pure.

A contentless index cannot give FTS5's own highlight() and snippet(). A page of results reads forty texts: plain ones
(Latin and Chinese without rarities, nearly all that there are) are looked through with a pattern for each term, whose
letters stand for all that the index folds to them; any other is cut into words, each folded as the index does it.
"""

from __future__ import annotations

import contextlib
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from db.search.plain_query import iter_plain_terms
from db.search.query.syntax import parse_query
from db.search.query.tree import QueryError, iter_words
from db.text.chinese_variants import TO_SIMPLIFIED
from db.text.scripts import CJK, CJK_CHARACTER, UNIFIED_HAN
from db.text.tokens import TOKEN, fold_token

MOST_MARKED = 50  # terms of one query that are looked for in a text
MOST_PATTERNS = 8  # terms up to which patterns are quicker than words

_BETWEEN = "\u2010-\u205e\u20a0-\u20bf\u2122\u3000-\u3003\u3008-\u3020\uff01-\uff0f\uff1a-\uff20"  # words
_WIDE = (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))  # digits and letters
_CLOSING = frozenset("。！？；：，、．.,;:!?…”’»」』）】》)]} ")
_LETTER = f"[^\\W_{CJK}]"


class MarkedPart(NamedTuple):
    """A stretch of a text, and whether it is what was searched for."""

    text: str
    hit: bool


class Term(NamedTuple):
    """Folded tokens that stand one after another; of a `beginning` the last goes on."""

    tokens: tuple[str, ...]
    beginning: bool = False


def highlight(text: str, words: str) -> tuple[MarkedPart, ...]:
    """The whole text in parts, those that were searched for marked; joined they are the text."""
    return _parts(text, hits(text, sought(words)))


def cut_snippet(text: str, words: str, *, width: int = 220) -> tuple[MarkedPart, ...]:
    """About `width` columns of the text (a CJK character takes two) around most of what was searched for.

    Without a hit, the beginning of the text.
    """
    text = " ".join(text.split())
    found = hits(text, sought(words))
    reach = width // 2 if len(CJK_CHARACTER.findall(text[:200])) > 60 else width
    if found:
        starts = [start for start, _ in found]
        within = [bisect_left(starts, start + reach, at) - at for at, start in enumerate(starts)]
        first = starts[within.index(max(within))]
        start = max(0, min(first - reach // 4, len(text) - reach))
    else:
        start = 0
    start, end = _at_words(text, start, min(len(text), start + reach))
    inside = [(max(a, start) - start, min(b, end) - start) for a, b in found if a < end and b > start]
    parts = _parts(text[start:end], inside)
    return (
        *((MarkedPart("… ", False),) if start else ()),
        *parts,
        *((MarkedPart(" …", False),) if end < len(text) else ()),
    )


@lru_cache(maxsize=1_000)
def sought(words: str) -> tuple[Term, ...]:
    """What an article was found for: the terms of a query, or of words that are none."""
    terms: Iterable[tuple[str, bool]]
    try:
        terms = ((term.text, term.beginning) for term in iter_words(parse_query(words), wanted_only=True))
    except QueryError:
        terms = iter_plain_terms(words)
    read = (Term(tuple(map(fold_token, TOKEN.findall(text))), beginning) for text, beginning in terms)
    return tuple(term for term in islice(read, MOST_MARKED) if term.tokens)


def hits(text: str, terms: tuple[Term, ...]) -> list[tuple[int, int]]:
    """Where the terms stand in the text: (start, end) in characters, ordered, apart from one another."""
    if not terms:
        return []
    quick = len(terms) <= MOST_PATTERNS and is_plain(text)
    found = hits_by_pattern(text, terms) if quick else hits_by_word(text, terms)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def is_plain(text: str) -> bool:
    """Whether `hits_by_pattern` can look through the text."""
    return text.isascii() or _PLAIN.fullmatch(text) is not None


def hits_by_pattern(text: str, terms: Iterable[Term]) -> list[tuple[int, int]]:
    """Where each term stands in a plain text: in no order, one over another."""
    found = []
    for term in terms:
        pattern, match = _pattern(term), None
        while match := pattern.search(text, match.start() + 1 if match else 0):  # one may begin within another
            found.append(match.span())
    return found


def hits_by_word(text: str, terms: Iterable[Term]) -> list[tuple[int, int]]:
    """The same of any text."""
    words = TOKEN.findall(text)
    plain = tuple(map(fold_token, words))
    places = [(at, at + len(term.tokens)) for term in terms for at in _places(plain, term)]
    if not places:
        return []
    spans: list[tuple[int, int]] = []
    end = 0
    for word in islice(words, max(end for _, end in places)):
        start = text.index(word, end)  # between words stands nothing that a word begins with
        end = start + len(word)
        spans.append((start, end))
    return [(spans[at][0], spans[end - 1][1]) for at, end in places]


def _at_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The same stretch, moved outwards to the nearest space within 20 characters so that no word is cut."""
    if start and (space := text.rfind(" ", max(0, start - 20), start + 1)) >= 0:
        start = space + 1
    while 0 < start < end and text[start] in _CLOSING:  # belongs to what stands before
        start += 1
    if end < len(text) and (space := text.find(" ", end, end + 20)) >= 0:
        end = space
    return start, end


def _parts(text: str, found: list[tuple[int, int]]) -> tuple[MarkedPart, ...]:
    parts, at = [], 0
    for start, end in found:
        parts += [MarkedPart(text[at:start], False), MarkedPart(text[start:end], True)]
        at = end
    parts.append(MarkedPart(text[at:], False))
    return tuple(part for part in parts if part.text)


def _places(plain: tuple[str, ...], term: Term) -> Iterator[int]:
    """Where among folded tokens a term stands."""
    tokens, size = term.tokens, len(term.tokens)
    if term.beginning:
        for at in range(len(plain) - size + 1):
            if plain[at + size - 1].startswith(tokens[-1]) and plain[at : at + size - 1] == tokens[:-1]:
                yield at
        return
    at = -1
    with contextlib.suppress(ValueError):  # tuple.index says so where there is no further one
        while True:
            at = plain.index(tokens[0], at + 1)
            if plain[at : at + size] == tokens:
                yield at


@lru_cache(maxsize=1_000)
def _pattern(term: Term) -> re.Pattern[str]:
    """A term in a plain text. It looks back from behind its first letter, so that `re` skips from one to the next."""
    first, *others = term.tokens
    found = _written(first[0])
    if not CJK_CHARACTER.match(first):
        found += f"(?<!{_LETTER}.)"
    found += "".join(map(_written, first[1:]))
    before = first
    for token in others:
        apart = "+" if not CJK_CHARACTER.match(before) and not CJK_CHARACTER.match(token) else "*"
        found += f"[\\W_]{apart}" + "".join(map(_written, token))
        before = token
    if not CJK_CHARACTER.match(before):
        found += f"{_LETTER}*" if term.beginning else f"(?!{_LETTER})"
    return re.compile(found, re.DOTALL)


def _written(letter: str) -> str:
    return f"[{_WRITTEN.get(letter, re.escape(letter))}]"


def _folding() -> tuple[dict[str, str], str]:
    """(what letters of plain texts each folded one stands for, the Latin ones that fold to one letter)."""
    written = {letter: letter + letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"}
    simple = []
    for letter in map(chr, (*range(0x80, 0x250), *_WIDE)):
        if not TOKEN.fullmatch(letter):
            simple.append(letter)  # stands between words
        elif TOKEN.fullmatch(to := fold_token(letter)) and len(to) == 1:
            simple.append(letter)
            written[to] = written.get(to, to) + letter
    for number, to in TO_SIMPLIFIED.items():
        written[to] = written.get(to, "" if ord(to) in TO_SIMPLIFIED else to) + chr(number)
    return written, "".join(simple)


_WRITTEN, _SIMPLE = _folding()
# Characters that fold one for one whatever stands beside them, and common ones between words.
_PLAIN = re.compile(f"[\\x00-\\x7f{_SIMPLE}{UNIFIED_HAN}{_BETWEEN}]*")
