"""Cut the passages of a text that a message shows, around the searched words. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from db.search.highlight import MarkedPart, mark_spans, read_terms
from db.search.locate import locate
from db.text.scripts import CJK_CHARACTER
from db.text.tokens import split_tokens

MAX_WEIGHED_HITS = 400  # hits of one text that are compared with one another
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”»’)]*\s+|(?<=[。！？])[”’」』）]* *")


class _Hit(NamedTuple):
    start: int
    end: int
    term: str  # folded, so that all spellings of a word are equal


def cut_passages(text: str, words: str, *, most: int = 2, width: int = 200) -> tuple[tuple[MarkedPart, ...], ...]:
    """Cut up to `most` passages of about `width` columns, in the order of the text, with hits marked.

    `words` is a query, as for db.search.highlight.highlight. The first passage that is chosen shows as many different
    words as possible, the next one those that the first does not. A CJK character takes two columns. Without a hit it
    is the beginning of the text; of an empty text, nothing.
    """
    text = " ".join(text.split())
    if not text:
        return ()
    reach = width // 2 if len(CJK_CHARACTER.findall(text[:200])) > 60 else width
    spans = locate(text, read_terms(words))
    marked = mark_spans(text, spans)
    hits = [_Hit(start, end, " ".join(split_tokens(text[start:end]))) for start, end in spans[:MAX_WEIGHED_HITS]]
    chosen: list[tuple[int, int]] = []
    shown: set[str] = set()
    while hits and len(chosen) < most:
        first = _best(hits, reach, shown)
        start, end = _around(text, first.start, first.end, reach, chosen)
        chosen.append((start, end))
        shown |= {hit.term for hit in hits if start <= hit.start and hit.end <= end}
        hits = [hit for hit in hits if hit.end <= start or hit.start >= end]
    if not chosen:
        chosen = [_around(text, 0, 0, reach, [])]
    return tuple(_passage(text, marked, start, end) for start, end in sorted(chosen))


def _best(hits: Sequence[_Hit], reach: int, shown: set[str]) -> _Hit:
    """Return the hit where the best passage starts: most new words, then most different words, then most hits."""
    within: Counter[str] = Counter()
    best, worth = hits[0], (-1, -1, -1)
    upto = 0
    for first in hits:
        while upto < len(hits) and hits[upto].end <= first.start + reach:
            within[hits[upto].term] += 1
            upto += 1
        terms = +within
        here = (len(terms.keys() - shown), len(terms), terms.total())
        if here > worth:
            best, worth = first, here
        within[first.term] -= 1
    return best


def _around(text: str, start: int, end: int, reach: int, taken: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return a span of about `reach` characters around a hit, from the beginning of its sentence if that is near."""
    floor = max((b for _, b in taken if b <= start), default=0)
    ceiling = min((a for a, _ in taken if a >= end), default=len(text))
    begin = max(floor, min(start - reach // 4, ceiling - reach), 0)
    before = reach * 2 // 3  # characters before the hit, so that enough of the span is after it
    sentences = [match.end() for match in _SENTENCE.finditer(text, max(floor, start - before), start)]
    near = [place for place in sentences if start - before <= place <= start]
    if floor == 0 and start <= before:
        begin = 0
    elif near:
        begin = near[0] if start - near[0] <= reach // 2 else near[-1]
    elif begin > floor and (space := text.rfind(" ", max(floor, begin - 20), begin + 1)) >= 0:
        begin = space + 1
    stop = max(end, min(begin + reach, ceiling))
    if stop < ceiling:
        inside = [match.start() for match in _SENTENCE.finditer(text, max(end, stop - reach // 3), stop)]
        space = text.find(" ", stop, stop + 20)
        stop = inside[-1] if inside else space if 0 <= space <= ceiling else stop
    return begin, stop


def _passage(text: str, marked: Sequence[MarkedPart], start: int, end: int) -> tuple[MarkedPart, ...]:
    """Return the span with its hits marked, and with … where the text continues."""
    parts: list[MarkedPart] = [MarkedPart("…\u00a0", False)] if start else []
    at = 0
    for part in marked:
        inside = text[max(start, at) : min(end, at + len(part.text))] if at < end else ""
        if inside:
            parts.append(MarkedPart(inside, part.hit))
        at += len(part.text)
    return (*parts, *((MarkedPart("\u00a0…", False),) if end < len(text) else ()))
