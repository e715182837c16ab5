"""What a text says of the two sides, sentence by sentence: the ground on which relevance is judged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.folding import clean
from pipelines.names import Hit
from pipelines.sentences import split
from pipelines.topic import Topic

LEAD = 3  # sentences after the title that count as its lead
_LONGEST = 400  # sentences that are read; nothing further down decides
_LIST = 4  # countries in one sentence that make it a list

# "LIMA, Feb 18, 2025 (Andean Wire) - ", "Lima, 4 mar (Agencia).- ", "BEIJING, Nov. 14 (Xinhua) -- "
_DATELINE = re.compile(
    r"^(?=[^-–—]{0,80}[\d(])[A-ZÁÉÍÓÚÑ][^\n:;!?]{1,80}?(?:\)\s*[.:]?\s*[-–—]+|\d\s*[.:]?\s*[-–—]+|\)\s*:)\s*(?=\S)"
    r"|^[A-ZÁÉÍÓÚÑ ]{3,25}(?:, [\w. ]{2,20})?\s*(?:\.-|--|—|–| - )\s*"
)
# "新华社利马11月14日电（记者某某）", "中新网北京1月2日电"
_DATELINE_ZH = re.compile(
    r"^[（(【]?[^，。！？\s]{0,16}\d{1,2}日(?:电|讯|消息)[】]?\s*(?:[（(][^）)]{0,30}[）)])?[:：]?\s*"
)
_BYLINE_ZH = re.compile(r"^[（(](?:记者|通讯员|作者|编译|文/)[^）)]{0,40}[）)]\s*")
# A place of the other side right after one of these is where something happened, not whom it is about.
_VENUE = re.compile(
    r"(?:\b(?:in|en|at|from|desde|near|outside)\s+(?:the |la |el )?|在|于|抵达)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence with what it names. Counts are of strong names; `weak_*` of those that tell nothing alone."""

    text: str = field(repr=False)
    place: str  # "title", "lead" or "body"
    hits: tuple[Hit, ...] = field(repr=False)
    a: int = 0
    b: int = 0
    both: int = 0
    weak_a: int = 0
    weak_b: int = 0
    b_venue_only: bool = False
    others: frozenset[str] = frozenset()  # third countries
    signals: tuple[str, ...] = ()
    ties: int = 0  # words of relation: trade, investment, embassy …

    @property
    def is_list(self) -> bool:
        """Whether so many countries stand in it that none of them is what it is about."""
        return len(self.others) + bool(self.a) + bool(self.b) >= _LIST


def read(title: str, text: str, *, language: str | None, topic: Topic) -> tuple[Sentence, ...]:
    """The title (if any) and the sentences of the text, with what each names; datelines are cut off before."""
    found = [_sentence(clean(title).strip(), "title", language, topic)] if title.strip() else []
    lines = split(clean(text))[:_LONGEST]
    for number, line in enumerate(lines):
        body = without_dateline(line) if number < LEAD else line
        if body:
            found.append(_sentence(body, "lead" if number < LEAD else "body", language, topic))
    return tuple(found)


def without_dateline(sentence: str) -> str:
    """The sentence without the place, day and agency that open a dispatch."""
    for pattern in (_DATELINE, _DATELINE_ZH, _BYLINE_ZH):
        sentence = pattern.sub("", sentence, count=1)
    return sentence


def _sentence(text: str, place: str, language: str | None, topic: Topic) -> Sentence:
    hits = tuple(hit for hit in topic.matcher.find(text, language=language) if hit.name.role != "mask")
    count = dict.fromkeys(("a", "b", "both", "weak_a", "weak_b", "ties"), 0)
    venues = 0
    for hit in hits:
        name = hit.name
        if name.role != "concept":
            continue
        if name.side == "both":
            count["both" if name.strong else "weak_a"] += 1
        elif name.side in {"a", "b"}:
            count[name.side if name.strong else f"weak_{name.side}"] += 1
            if name.side == "b" and topic.concept(name.owner).kind in {"place", "country"}:
                venues += bool(_VENUE.search(text[: hit.start]))
        else:
            count["ties"] += 1
    return Sentence(
        text=text,
        place=place,
        hits=hits,
        others=frozenset(hit.name.owner for hit in hits if hit.name.role == "country"),
        signals=tuple(hit.name.owner for hit in hits if hit.name.role == "signal"),
        b_venue_only=0 < count["b"] == venues,
        **count,
    )


def named(sentences: Sequence[Sentence]) -> frozenset[str]:
    """Ids of the concepts in these sentences."""
    return frozenset(hit.name.owner for sentence in sentences for hit in sentence.hits if hit.name.role == "concept")
