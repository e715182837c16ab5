"""Mark concepts, figures and searched words in a text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from db.search.highlight import highlight
from db.search.locate import Term, TokenIndex, read_term

MAX_NAMES = 400  # names of all concepts of an article together
_MIN_NAME_CHARACTERS = 2  # characters of a name that is marked

_N = r"\d{1,15}(?:[.,\u00a0\u202f ]\d{3}){0,5}(?:[.,]\d{1,9})?"
_CURRENCY = r"(?:US\$|S/\.?|C\$|[$€¥£￥]|\b(?:USD|EUR|CNY|RMB|PEN))"
_SCALE = r"(?:mil\s+millones|mil(?:lones|lón)?|billones|millions?|billions?|trillions?|thousand|bn|mn|万亿|亿|万)"
_UNIT = (
    r"(?:d[óo]lares|soles|yuanes|yuan|euros|dollars|renminbi|toneladas|tonnes|tons|TEUs?|contenedores|containers|barriles"
    r"|barrels|hect[áa]reas|hectares|kil[óo]metros|kilomet(?:re|er)s|km|MW|GW|美元|人民币|元|索尔|吨|标准箱|公里|公顷)"
)
_DIGIT = "〇零一二三四五六七八九十百千两几"
_HAN = rf"(?<![{_DIGIT}])(?!千万[不别勿莫要记注小])[{_DIGIT}]{{1,9}}(?:[万亿][{_DIGIT}]{{0,9}}){{1,3}}"
FIGURE = re.compile(
    rf"""
    {_CURRENCY}\s?{_N}(?:\s?(?:{_SCALE}|[mk])\b)?                                     # US$ 3,500 million
    | (?<![A-Za-z0-9.,]){_N}\s?(?:%|％|por\s+ciento|per\s?cent\b|puntos\s+porcentuales|percentage\s+points|个百分点)
    | (?<![A-Za-z0-9.,])(?:{_N})\s?(?:{_SCALE})(?:\s+de)?(?:\s?{_UNIT})?(?![A-Za-zÁ-ú])  # 3,5 millones de toneladas
    | (?<![A-Za-z0-9.,]){_N}\s?(?:{_UNIT})(?![A-Za-zÁ-ú])                           # 4 200 TEU
    | (?<![A-Za-z0-9.,])\d{{1,3}}(?:[.,\u00a0\u202f ]\d{{3}}){{1,5}}(?!\w)               # 120 000
    | {_HAN}(?:多)?{_UNIT}?                                                  # 十八万标准箱
    """,
    re.VERBOSE,
)


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


def mark_paragraph(text: str, *, words: str, names: NameIndex) -> tuple[MarkedRun, ...]:
    """Split a paragraph into runs. Only the first name of each concept is marked.

    Joining the texts of the runs gives the paragraph.
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
    spans += [(match.start(), match.end(), MarkedRun(match[0], "figure")) for match in FIGURE.finditer(text)]
    runs: list[MarkedRun] = []
    at = 0
    for start, end, run in _without_overlaps(spans):
        runs += [MarkedRun(text[at:start]), run]
        at = end
    runs.append(MarkedRun(text[at:]))
    return tuple(run for run in runs if run.text)


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
