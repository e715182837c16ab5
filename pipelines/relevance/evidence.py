"""Read the sentences of a text and count how often each names the two sides."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from db.text.folding import clean, fold
from db.text.sentences import split_sentences
from pipelines.relevance.doubtful_names import settle_doubtful
from pipelines.relevance.name_context import drop_namesakes
from pipelines.relevance.name_matcher import HOME, NameMatch
from pipelines.relevance.topic import Topic

LEAD_SENTENCES = 3  # sentences after the title that count as its lead
_MAX_SENTENCES = 400  # of a text; later ones do not change the verdict
_LIST_COUNTRIES = 4  # a sentence with so many countries is a list
_LIST_MARKS = re.compile(r"\([\d\s%.,]{0,12}\)|[\s,;、]")  # between the names of an enumeration, beside these words
_LIST_WORDS = frozenset({"", "y", "e", "and", "&", "和", "与", "及"})
_ENUMERATED = 2  # so many names in one enumeration with a name of both sides are a roster too
_ROSTER = 3  # so many names of one side make a roster, in which one name of both sides counts as one of them

MAX_DATELINE_CHARACTERS = 200  # of a sentence in which a dateline is looked for
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
# In a sentence about a meeting, a place that stands only after one of these words is the venue and not an actor.
_VENUE = re.compile(r"(?:\b(?:in|en|at|to|from|desde|a)\s+(?:the |la |el )?|在|于|抵|抵达|赴|离开)$", re.IGNORECASE)
_PLACES = frozenset({"place", "country"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence and the names in it.

    `a`, `b` and `both` count strong names. `weak_*` count names that do not stand for a side alone.
    """

    text: str = field(repr=False)
    place: str  # "title", "lead" or "body"
    hits: tuple[NameMatch, ...] = field(repr=False)
    a: int = 0
    b: int = 0
    both: int = 0
    weak_a: int = 0
    weak_b: int = 0
    weak_both: int = 0
    venue: str = ""  # the side that is named only as the place of a meeting
    others: frozenset[str] = frozenset()  # third countries
    signals: tuple[str, ...] = ()
    hints: frozenset[str] = frozenset()  # sides that are named faintly: "el gigante asiático"
    faint: tuple[tuple[str, str], ...] = ()  # (side, concept) of each surname or custom that tells little
    ties: int = 0  # words for relations: trade, investment, embassy …

    @property
    def is_list(self) -> bool:
        """True if it names so many countries that it is a list."""
        return len(self.others) + bool(self.a) + bool(self.b) >= _LIST_COUNTRIES


def read_sentences(
    title: str, text: str, *, language: str | None, topic: Topic, home: str = ""
) -> tuple[Sentence, ...]:
    """Return the title, if any, and the sentences of the text, with the names in each.

    Names in datelines are left out. `home` is the side that the outlet is at home on ("a" or "b"), or "".
    """
    lines = [("title", clean(title).strip())] if title.strip() else []
    for number, line in enumerate(split_sentences(clean(text))[:_MAX_SENTENCES]):
        lines.append(("lead" if number < LEAD_SENTENCES else "body", line))
    found = [(place, line, topic.matcher.find(line, language=language)) for place, line in lines]
    named = drop_namesakes(found, language=language, demonyms=topic.matcher.demonyms)
    matched = settle_doubtful(named, topic=topic, home=home, language=language)
    homonyms = _homonyms(hit for _, _, hits in matched for hit in hits)
    return tuple(_sentence(line, place, hits, homonyms, home) for place, line, hits in matched)


def _homonyms(hits: Iterable[NameMatch]) -> frozenset[str]:
    """Return the folded names that mean another place in this text: "lima" if it says "Lima, Ohio"."""
    masked = {hit.name.text for hit in hits if hit.name.owner == "homonym" and "," in hit.name.text}
    return frozenset(fold(name.split(",")[0]) for name in masked)


def dateline_length(sentence: str) -> int:
    """Return the length of a dateline (place, day, agency) at a sentence's beginning, in characters."""
    length = 0
    for pattern in (_DATELINE, _DATELINE_ZH, _BYLINE_ZH):
        if match := pattern.match(sentence, length, length + MAX_DATELINE_CHARACTERS):
            length = match.end()
    return length


def _sentence(text: str, place: str, matches: Sequence[NameMatch], homonyms: frozenset[str], home: str) -> Sentence:
    if not matches:
        return Sentence(text=text, place=place, hits=())
    start = dateline_length(text) if place == "lead" else 0
    hits = tuple(
        hit
        for hit in matches
        if hit.name.role != "mask"
        and hit.start >= start
        and not (homonyms and fold(text[hit.start : hit.end]) in homonyms)
    )
    return count_names(text, place, hits, home=home)


def count_names(text: str, place: str, hits: tuple[NameMatch, ...], *, home: str) -> Sentence:
    """Return a sentence with what these names in it say of the sides.

    `place` is "title", "lead" or "body"; `home` is the side that the outlet is at home on, or "".
    """
    count = dict.fromkeys(("a", "b", "both", "weak_a", "weak_b", "weak_both", "ties"), 0)
    venues = {"a": 0, "b": 0}
    for hit in hits:
        name = hit.name
        if name.role == HOME and home:
            count[f"weak_{home}"] += 1
        if name.role != "concept":
            continue
        if name.side == "none":
            count["ties"] += 1
            continue
        count[name.side if name.strong else f"weak_{name.side}"] += 1
        if name.side in venues and name.kind in _PLACES and _VENUE.search(text[max(0, hit.start - 12) : hit.start]):
            venues[name.side] += 1
    if side := _roster_side(text, hits, count):
        count[side] += count["both"]
        count["both"] = 0
    is_meeting = any(hit.name.kind == "venue" for hit in hits)
    return Sentence(
        text=text,
        place=place,
        hits=hits,
        others=frozenset(hit.name.owner for hit in hits if hit.name.role == "country"),
        faint=tuple((hit.name.side, hit.name.owner) for hit in hits if hit.name.is_faint),
        hints=frozenset(hit.name.side for hit in hits if hit.name.is_hint),
        signals=tuple(dict.fromkeys(hit.name.owner for hit in hits if hit.name.role == "signal")),
        venue=next((side for side, number in venues.items() if is_meeting and 0 < number == count[side]), ""),
        **count,
    )


def _roster_side(text: str, hits: Sequence[NameMatch], count: Mapping[str, int]) -> str:
    """Return the side whose names a name of both is one of many: a Chinese-owned mine in a list of Peru's mines."""
    if count["both"] != 1 or bool(count["a"]) == bool(count["b"]):
        return ""
    side = "a" if count["a"] else "b"
    names = [hit for hit in hits if hit.name.role == "concept" and hit.name.strong and hit.name.side in {side, "both"}]
    if len({hit.name.text for hit in names if hit.name.side == side}) >= _ROSTER:
        return side
    number = next(place for place, hit in enumerate(names) if hit.name.side == "both")
    gaps = [_LIST_MARKS.sub("", text[one.end : other.start]) for one, other in itertools.pairwise(names)]
    follows = [gap in _LIST_WORDS for gap in gaps]
    before = len(list(itertools.takewhile(bool, reversed(follows[:number]))))
    after = len(list(itertools.takewhile(bool, follows[number:])))
    return side if before + after >= _ENUMERATED else ""
