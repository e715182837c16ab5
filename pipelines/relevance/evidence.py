"""Read the sentences of a text and count what each names of the two sides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from db.text.folding import clean, fold
from db.text.sentences import split_sentences
from pipelines.relevance.name_matcher import NameMatch
from pipelines.relevance.topic import Topic

LEAD_SENTENCES = 3  # sentences after the title that count as its lead
_LONGEST = 400  # sentences that are read; nothing further down decides
_LIST = 4  # countries in one sentence that make it a list

# "LIMA, Feb 18, 2025 (Andean Wire) - ", "Lima, 4 mar (Agencia).- ", "BEIJING, Nov. 14 (Xinhua) -- "
_DATELINE = re.compile(
    r"(?=[^-–—]{0,80}[\d(])[A-ZÁÉÍÓÚÑ][^\n:;!?]{1,80}?(?:\)\s*[.:]?\s*[-–—]+|\d\s*[.:]?\s*[-–—]+|\)\s*:)\s*(?=\S)"
    r"|[A-ZÁÉÍÓÚÑ ]{3,25}(?:, [\w. ]{2,20})?\s*(?:\.-|--|—|–| - )\s*"
    r"|\(?[A-ZÁÉÍÓÚÑ][\w ]{2,25}, (?:el )?\d{1,2}º? (?:de )?[a-zA-Z]{3,10}\.?"
    r"(?:,? (?:del? )?\d{4})?\)?[.:]?\s*[-–—]*\s*(?=\S)"
)
# "新华社利马11月14日电（记者某某）", "中新网北京1月2日电"
_DATELINE_ZH = re.compile(
    r"[（(【]?[^，。！？\s]{0,16}\d{1,2}日(?:电|讯|消息)[】]?\s*(?:[（(][^）)]{0,30}[）)])?[:：]?\s*"
)
_BYLINE_ZH = re.compile(r"[（(](?:记者|通讯员|作者|编译|文/)[^）)]{0,40}[）)]\s*")
# A place or country that stands only after one of these, in a sentence about a meeting, is a venue and no actor.
_VENUE = re.compile(r"(?:\b(?:in|en|at|to|from|desde|a)\s+(?:the |la |el )?|在|于|抵|抵达|赴|离开)$", re.IGNORECASE)
_PLACES = frozenset({"place", "country"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence with what it names. Counts are of strong names; `weak_*` of those that tell nothing alone."""

    text: str = field(repr=False)
    place: str  # "title", "lead" or "body"
    hits: tuple[NameMatch, ...] = field(repr=False)
    a: int = 0
    b: int = 0
    both: int = 0
    weak_a: int = 0
    weak_b: int = 0
    weak_both: int = 0
    venue: str = ""  # the side that stands in it only as the place of a meeting
    others: frozenset[str] = frozenset()  # third countries
    signals: tuple[str, ...] = ()
    ties: int = 0  # words of relation: trade, investment, embassy …

    @property
    def is_list(self) -> bool:
        """True if it names so many countries that it is a list."""
        return len(self.others) + bool(self.a) + bool(self.b) >= _LIST


def read_sentences(title: str, text: str, *, language: str | None, topic: Topic) -> tuple[Sentence, ...]:
    """Return the title, if any, and the text's sentences, with what each names. Datelines do not count."""
    lines = [("title", clean(title).strip())] if title.strip() else []
    for number, line in enumerate(split_sentences(clean(text))[:_LONGEST]):
        lines.append(("lead" if number < LEAD_SENTENCES else "body", line))
    found = [(place, line, topic.matcher.find(line, language=language)) for place, line in lines]
    mistaken = _mistaken(hit for _, _, hits in found for hit in hits)
    return tuple(_sentence(line, place, hits, mistaken) for place, line, hits in found)


def _mistaken(hits: Iterable[NameMatch]) -> frozenset[str]:
    """Names that belong to a homonym in this text: after "Lima, Ohio", "Lima" alone is no longer Peru's."""
    masked = {hit.name.text for hit in hits if hit.name.owner == "homonym" and "," in hit.name.text}
    return frozenset(fold(name.split(",")[0]) for name in masked)


def dateline_length(sentence: str) -> int:
    """Return the length of a dateline (place, day, agency) at a sentence's beginning, in characters."""
    length = 0
    for pattern in (_DATELINE, _DATELINE_ZH, _BYLINE_ZH):
        if match := pattern.match(sentence, length):
            length = match.end()
    return length


def _sentence(text: str, place: str, found: Sequence[NameMatch], mistaken: frozenset[str]) -> Sentence:
    start = dateline_length(text) if place == "lead" else 0
    hits = tuple(
        hit
        for hit in found
        if hit.name.role != "mask"
        and hit.start >= start
        and not (mistaken and fold(text[hit.start : hit.end]) in mistaken)
    )
    count = dict.fromkeys(("a", "b", "both", "weak_a", "weak_b", "weak_both", "ties"), 0)
    venues = {"a": 0, "b": 0}
    for hit in hits:
        name = hit.name
        if name.role != "concept":
            continue
        if name.side == "none":
            count["ties"] += 1
            continue
        count[name.side if name.strong else f"weak_{name.side}"] += 1
        if name.side in venues and name.kind in _PLACES and _VENUE.search(text[max(0, hit.start - 12) : hit.start]):
            venues[name.side] += 1
    met = any(hit.name.kind == "venue" for hit in hits)
    return Sentence(
        text=text,
        place=place,
        hits=hits,
        others=frozenset(hit.name.owner for hit in hits if hit.name.role == "country"),
        signals=tuple(dict.fromkeys(hit.name.owner for hit in hits if hit.name.role == "signal")),
        venue=next((side for side, number in venues.items() if met and 0 < number == count[side]), ""),
        **count,
    )


def concept_ids(sentences: Sequence[Sentence]) -> frozenset[str]:
    """Ids of the concepts in these sentences."""
    return frozenset(hit.name.owner for sentence in sentences for hit in sentence.hits if hit.name.role == "concept")
