"""Where a text holds what was searched for: the passages that a message shows of it. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from db.search.highlight import MarkedPart, highlight
from db.text.scripts import CJK_CHARACTER
from db.text.tokens import split_tokens

MAX_WEIGHED_HITS = 400  # of one text that are weighed against one another
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”»’)]*\s+|(?<=[。！？])[”’」』）]* *")


class _Hit(NamedTuple):
    start: int
    end: int
    term: str  # folded: one word however it is written


def cut_passages(text: str, words: str, *, most: int = 2, width: int = 200) -> tuple[tuple[MarkedPart, ...], ...]:
    """Up to `most` passages of about `width` columns, in the order in which they stand in the text, hits marked.

    `words` as db.search.highlight.highlight takes them. The first that is chosen shows as many different words as
    possible, the next those that it has not. A CJK character takes two columns. Without a hit: the beginning. Of no
    text: nothing.
    """
    text = " ".join(text.split())
    if not text:
        return ()
    reach = width // 2 if len(CJK_CHARACTER.findall(text[:200])) > 60 else width
    marked = highlight(text, words)
    hits = _hits(marked)
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


def _hits(marked: Sequence[MarkedPart]) -> list[_Hit]:
    hits: list[_Hit] = []
    at = 0
    for part in marked:
        if part.hit and len(hits) < MAX_WEIGHED_HITS:
            hits.append(_Hit(at, at + len(part.text), " ".join(split_tokens(part.text))))
        at += len(part.text)
    return hits


def _best(hits: Sequence[_Hit], reach: int, shown: set[str]) -> _Hit:
    """The hit from which on a passage shows the most: new words first, then different ones, then many."""
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
    """A stretch of about `reach` characters around a hit, from the beginning of its sentence if that is near."""
    floor = max((b for _, b in taken if b <= start), default=0)
    ceiling = min((a for a, _ in taken if a >= end), default=len(text))
    begin = max(floor, min(start - reach // 4, ceiling - reach), 0)
    before = reach * 2 // 3  # characters before the hit that still leave room behind it
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
    """The stretch with its hits marked, and with … where the text goes on."""
    parts: list[MarkedPart] = [MarkedPart("…\u00a0", False)] if start else []
    at = 0
    for part in marked:
        inside = text[max(start, at) : min(end, at + len(part.text))] if at < end else ""
        if inside:
            parts.append(MarkedPart(inside, part.hit))
        at += len(part.text)
    return (*parts, *((MarkedPart("\u00a0…", False),) if end < len(text) else ()))
