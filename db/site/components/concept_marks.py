"""Mark concepts, figures and searched words in a text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from db.search.highlight import highlight
from db.search.locate import Term, TokenIndex, read_term

MAX_NAMES = 400  # names of all concepts of an article together
_MIN_NAME_CHARACTERS = 2  # characters of a name that is marked

_UNMARKED_KINDS = frozenset(("date", "duration"))
_MANY = 100  # things: fewer, written in words, are not marked


class FigurePlace(NamedTuple):
    """A figure in a text. `value`: the larger one of a range; a day is a text."""

    start: int
    end: int
    kind: str
    value: float | str | None


class MarkedRun(NamedTuple):
    """A stretch of a text: plain, searched for, a figure, or a concept with its id in `concept`."""

    text: str
    kind: Literal["", "hit", "figure", "concept"] = ""
    concept: str = ""


NameIndex = Mapping[str, Sequence[tuple[Term, str]]]  # first token → (name, concept)


def index_names(called: Iterable[tuple[str, Iterable[str]]]) -> NameIndex:
    """Index names by their first token for `mark_paragraph`, from pairs of (concept, its names)."""
    found: dict[str, dict[Term, str]] = {}
    n = 0
    for concept, names in called:
        for name in names:
            term = read_term(name)
            if len(name) >= _MIN_NAME_CHARACTERS and term.tokens and n < MAX_NAMES:
                found.setdefault(term.tokens[0], {}).setdefault(term, concept)
                n += 1
    return {first: tuple(terms.items()) for first, terms in found.items()}


def mark_paragraph(
    text: str, *, words: str, names: NameIndex, figures: Iterable[FigurePlace] = ()
) -> tuple[MarkedRun, ...]:
    """Split a paragraph into runs. Only the first name of each concept is marked.

    Joining the texts of the runs gives the paragraph. `figures` are those of the paragraph; dates, periods and a few
    things in words are not marked.
    Where marks overlap, searched words win over concepts, and concepts over figures.
    """
    spans: list[tuple[int, int, MarkedRun]] = []
    at = 0
    for part in highlight(text, words) if words else ():
        if part.hit:
            spans.append((at, at + len(part.text), MarkedRun(part.text, "hit")))
        at += len(part.text)
    spans += [
        (start, end, MarkedRun(text[start:end], "concept", concept)) for start, end, concept in _find_names(text, names)
    ]
    spans += [
        (figure.start, figure.end, MarkedRun(text[figure.start : figure.end], "figure"))
        for figure in figures
        if _is_marked(figure, text)
    ]
    runs: list[MarkedRun] = []
    at = 0
    for start, end, run in _without_overlaps(spans):
        runs += [MarkedRun(text[at:start]), run]
        at = end
    runs.append(MarkedRun(text[at:]))
    return tuple(run for run in runs if run.text)


def _is_marked(figure: FigurePlace, text: str) -> bool:
    if figure.kind in _UNMARKED_KINDS:
        return False
    has_digit = any(letter.isdigit() for letter in text[figure.start : figure.end])
    return figure.kind != "count" or has_digit or (isinstance(figure.value, int | float) and figure.value >= _MANY)


def _find_names(text: str, names: NameIndex) -> Iterable[tuple[int, int, str]]:
    """Find (start, end, concept) of each concept's first name; of overlapping names the longest counts."""
    index = TokenIndex(text)
    named = [
        (place, len(term.tokens), concept)
        for first in index.places.keys() & names.keys()
        for term, concept in names[first]
        for place in index.find(term)
    ]
    seen: set[str] = set()
    free = 0  # index of the token after the last name
    for place, size, concept in sorted(named, key=lambda name: (name[0], -name[1])):
        if place < free:
            continue
        free = place + size
        if concept not in seen:
            seen.add(concept)
            yield *index.span(place, size), concept


def _without_overlaps(spans: list[tuple[int, int, MarkedRun]]) -> list[tuple[int, int, MarkedRun]]:
    """Sort spans by place, without those that overlap a span earlier in the list."""
    taken = bytearray(max((end for _, end, _ in spans), default=0))
    found = []
    for start, end, run in spans:
        if start < end and not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            found.append((start, end, run))
    return sorted(found, key=lambda span: span[:2])
