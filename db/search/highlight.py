"""Mark searched words in a whole text, or in a snippet cut around most of them. Pure.

The search index is contentless, so FTS5's own highlight() and snippet() have no text to work on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from db.search.locate import Span, Term, join_spans, locate, read_term
from db.search.plain_query import iter_plain_terms
from db.search.query.syntax import parse_query
from db.search.query.tree import QueryError, iter_words
from db.text.scripts import CJK_CHARACTER

MAX_MARKED_TERMS = 50  # terms of one query that are marked in a text
_CLOSING = frozenset("。！？；：，、．.,;:!?…”’»」』）】》)]} ")


class MarkedPart(NamedTuple):
    """A part of a text, and whether it is a hit."""

    text: str
    hit: bool


def highlight(text: str, words: str) -> tuple[MarkedPart, ...]:
    """Split the whole text into hits and the rest; joining the parts gives the text."""
    return mark_spans(text, locate(text, read_terms(words)))


def cut_snippet(text: str, words: str, *, width: int = 220) -> tuple[MarkedPart, ...]:
    """Cut about `width` columns of the text (a CJK character takes two) around most of its hits.

    Without a hit, cut the beginning of the text.
    """
    text = " ".join(text.split())
    found = join_spans(locate(text, read_terms(words)), touching=True)
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
    before = (MarkedPart("… ", False),) if start else ()
    after = (MarkedPart(" …", False),) if end < len(text) else ()
    return (*before, *mark_spans(text[start:end], inside), *after)


@lru_cache(maxsize=1_000)
def read_terms(words: str) -> tuple[Term, ...]:
    """Return the terms to mark, of a valid query or of plain words."""
    terms: Iterable[tuple[str, bool]]
    try:
        terms = ((term.text, term.is_prefix) for term in iter_words(parse_query(words), wanted_only=True))
    except QueryError:
        terms = iter_plain_terms(words)
    read = (read_term(text, prefix=prefix) for text, prefix in terms)
    return tuple(term for term in islice(read, MAX_MARKED_TERMS) if term.tokens)


def mark_spans(text: str, spans: Sequence[Span]) -> tuple[MarkedPart, ...]:
    """Split a text at ordered spans, which are its hits. Spans that touch make one part."""
    parts, at = [], 0
    for start, end in join_spans(spans, touching=True):
        parts += [MarkedPart(text[at:start], False), MarkedPart(text[start:end], True)]
        at = end
    parts.append(MarkedPart(text[at:], False))
    return tuple(part for part in parts if part.text)


def _at_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Move both ends outwards to a space within 20 characters, so that no word is cut."""
    if start and (space := text.rfind(" ", max(0, start - 20), start + 1)) >= 0:
        start = space + 1
    while 0 < start < end and text[start] in _CLOSING:  # belongs to the text before
        start += 1
    if end < len(text) and (space := text.find(" ", end, end + 20)) >= 0:
        end = space
    return start, end
