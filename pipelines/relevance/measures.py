"""Measure what the sentences of a text say about both sides: the numbers that a score is made of.

`measure` gives them by name, each 0..1; `rule.WEIGHTS` says what each counts. "Evidence" of a sentence is how much it
connects both sides (`score_sentence`).

| measure | what it is |
|---|---|
| title, lead, body | best evidence of a sentence there |
| title one side | the title names one side and no third country |
| title third | the title names a third country and does not connect the sides |
| share | evidence of all sentences by the length of the text |
| rarer, rarer share | how often the rarer side is named (logarithm), and that by the length of the text |
| pair | the rarer side against the third country that is named most |
| settings | how many names other than its country's the rarer side has: towns, firms, surnames (logarithm) |
| undisturbed | `settings` where no third country is named |
| both | sentences with a name that stands for both sides |
| ties | different words of trade, law, building … beside the rarer side |
| third, many | sentences that name third countries; how many countries |
| lists | lists of countries among the sentences that name a side |
| neighbours | adjacent sentences that name one side each |
| length | sentences beyond twenty |
| frame, leading frame | different words of one frame (sport, markets …) anywhere (by length), and in title and lead |
| sport | the same for sport alone, which counts more |

An accord in a sentence that connects the sides softens frames in which they may do something together (`_SOFT_FRAMES`).
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence

from db.text.folding import fold
from pipelines.page import OutletProfile
from pipelines.relevance.evidence import Sentence
from pipelines.relevance.name_matcher import FAINT_CONCEPTS
from pipelines.relevance.topic import Topic

_HINT = 0.4  # what a hint counts beyond other weak names
_NO_FRAMES = frozenset({"venue", "cooperation"})  # kinds of signals that tell of no frame
_FRAME_EXPONENT = 1.5  # one word of a frame says little, several say more than their sum
# Frames in which the sides may do something together: federations, telescopes, navies, exhibitions.
_SOFT_FRAMES = frozenset({"sport", "science", "letters", "museum", "food", "travel", "crime", "service", "disaster"})
# A long feature has words of one frame or another by chance: the more it is set in both countries, the more words make
# a frame.
_USUAL_SENTENCES = 12
_MAX_STRETCH = 3.0
_COUNTRIES = frozenset({"country", "relation"})  # kinds of names that say the countries: "sinoperuano"
_CONNECTS = 0.8  # evidence of a sentence that connects the sides
_SOFTENING = 0.6  # the part of a frame that an accord in title or lead takes away


def find_home(outlet: OutletProfile, topic: Topic) -> str:
    """Return the side that an outlet is at home on, or "" if neither."""
    return "a" if outlet.country in topic.a.countries else "b" if outlet.country in topic.b.countries else ""


def names_both_sides(sentences: Sequence[Sentence], *, topic: Topic, outlet: OutletProfile) -> bool:
    """Return True if both sides are named, or one is named and the other is the outlet's home.

    A hint ("el gigante asiático") is enough, and so are faint names of two concepts: a surname and a custom. Home needs
    a weak name at least (soles, 国内): what happens abroad alone is no story of the relation anywhere.
    """
    if any(sentence.both for sentence in sentences):
        return True
    home = find_home(outlet, topic)
    return all(_is_named(sentences, side, home) for side in ("a", "b"))


def _is_named(sentences: Sequence[Sentence], side: str, home: str) -> bool:
    if any((s.a if side == "a" else s.b) or side in s.hints for s in sentences):
        return True
    if home == side and any(s.weak_a if side == "a" else s.weak_b for s in sentences):
        return True
    return len({concept for s in sentences for its, concept in s.faint if its == side}) >= FAINT_CONCEPTS


def score_sentence(sentence: Sentence) -> float:
    """Return how much one sentence connects both sides, 0..1."""
    if sentence.both:
        weight = 1.0
    elif sentence.a and sentence.b:
        weight = 0.3 if sentence.venue else 1.0
    elif (sentence.a and sentence.weak_b) or (sentence.b and sentence.weak_a) or sentence.weak_both:
        weight = 0.5
    else:
        return 0.0
    if sentence.is_list:
        return weight * 0.2
    return weight * (0.6 if len(sentence.others) >= 2 else 0.8 if sentence.others else 1.0)


def measure(sentences: Sequence[Sentence], *, topic: Topic, outlet: OutletProfile) -> dict[str, float]:
    """Return the measures of the score by name, each 0..1. They are explained at the head of this module."""
    evidence = [score_sentence(sentence) for sentence in sentences]
    home = find_home(outlet, topic)
    title = [sentence for sentence in sentences if sentence.place == "title"]
    body = [sentence for sentence in sentences if sentence.place != "title"] or title
    head = [sentence for sentence in sentences if sentence.place != "body"]
    best = {"title": 0.0, "lead": 0.0, "body": 0.0}
    for sentence, weight in zip(sentences, evidence, strict=True):
        best[sentence.place] = max(best[sentence.place], weight)
    total = sum(weight for sentence, weight in zip(sentences, evidence, strict=True) if sentence.place != "title")
    size = max(5, len(body))
    a, b = (_presence(sentences, side, home) for side in ("a", "b"))
    rarer = min(a, b)
    third = Counter(code for sentence in sentences for code in sentence.others)
    rival = third.most_common(1)[0][1] if third else 0
    settings = math.log1p(min(*(len(_settings(sentences, side)) for side in ("a", "b")), 5)) / math.log(6)
    stretch = 1 + settings * (min(max(1.0, len(body) / _USUAL_SENTENCES), _MAX_STRETCH) - 1)
    listed = sum(s.is_list for s in body if s.a or s.b or s.both)
    measures = {
        "title": best["title"],
        "title one side": float(not best["title"] and any((s.a or s.b) and not s.others for s in title)),
        "title third": float(best["title"] < 0.5 and any(s.others for s in title)),
        "lead": best["lead"],
        "body": best["body"],
        "share": min(1.0, 2 * total / size),
        "rarer": math.log1p(min(rarer, 8)) / math.log(9),
        "rarer share": min(1.0, 2 * rarer / size),
        "pair": rarer / (rarer + rival + 1),
        "settings": settings,
        "undisturbed": settings if not third else 0.0,
        "both": min(1.0, 3 * sum(s.both for s in sentences) / size),
        "ties": min(1.0, len(_tie_names(sentences, "a" if a < b else "b")) / 5),
        "third": min(1.0, sum(bool(s.others) for s in body) / size),
        "lists": min(1.0, 4 * listed / size),
        "neighbours": min(1.0, 2 * _neighbours(sentences) / size),
        "many": min(1.0, len(third) / 8),
        "length": min(1.0, max(0, len(body) - 20) / 60),
    }
    frames, leading = _frames(sentences), _frames(head)
    softened = 1 - _SOFTENING * _cooperation(sentences, evidence)
    measures["frame"] = _largest_frame(frames, 4 * stretch, softened)
    measures["leading frame"] = _largest_frame(leading, 2, softened)
    sport = max(len(frames.get("sport", ())) / (4 * stretch), len(leading.get("sport", ())) / 2)
    measures["sport"] = softened * min(1.0, sport)
    return measures


def _largest_frame(frames: Mapping[str, set[str]], enough: float, softened: float) -> float:
    """Return how strong the strongest frame is, 0..1; `enough` words make it whole, and accords soften some kinds."""
    strength = (
        min(1.0, len(words) / enough) ** _FRAME_EXPONENT * (softened if kind in _SOFT_FRAMES else 1.0)
        for kind, words in frames.items()
    )
    return max(strength, default=0.0)


def _cooperation(sentences: Sequence[Sentence], evidence: Sequence[float]) -> float:
    """Return how clearly the sides do something together, 0..1: an accord in a sentence that connects them."""
    tells = [
        1.0 if sentence.place != "body" else 0.5
        for sentence, weight in zip(sentences, evidence, strict=True)
        if weight >= _CONNECTS and any(hit.name.kind == "cooperation" for hit in sentence.hits)
    ]
    return max(tells, default=0.0)


def _neighbours(sentences: Sequence[Sentence]) -> int:
    """Count the pairs of adjacent sentences that name one side each.

    A sentence that names both sides or a third country is in no pair.
    """
    sides = ["" if s.others or s.both or bool(s.a) == bool(s.b) else "a" if s.a else "b" for s in sentences]
    return sum(bool(side and following) and side != following for side, following in itertools.pairwise(sides))


def _presence(sentences: Sequence[Sentence], side: str, home: str) -> float:
    """Count how often a side is named, at most twice per sentence, the title double.

    The side that is the outlet's home gets one more, and its weak names count fully.
    """
    weak = 1.0 if home == side else 0.4
    found = 1.0 if home == side else 0.0
    for s in sentences:
        strong, faint = (s.a, s.weak_a) if side == "a" else (s.b, s.weak_b)
        named = s.both + (strong if s.venue != side else 0.3) + weak * faint + 0.4 * s.weak_both
        if side in s.hints and home != side:
            named += _HINT
        found += min(2.0, named) * (2 if s.place == "title" else 1) * (0.3 if s.is_list else 1)
    return found


def _settings(sentences: Sequence[Sentence], side: str) -> set[str]:
    """Return the names of a side's towns, firms, persons and customs, without those of the country itself."""
    return {
        fold(hit.name.text)
        for s in sentences
        for hit in s.hits
        if hit.name.role == "concept" and hit.name.side in {side, "both"} and hit.name.kind not in _COUNTRIES
    }


def _tie_names(sentences: Sequence[Sentence], side: str) -> set[str]:
    """Return the words of trade, law, building … in sentences that name `side` and no third country."""
    naming = (s for s in sentences if (s.both or (s.a if side == "a" else s.b)) and not s.others)
    return {hit.name.text for s in naming for hit in s.hits if hit.name.role == "concept" and hit.name.side == "none"}


def _frames(sentences: Sequence[Sentence]) -> dict[str, set[str]]:
    """Return the names of signals (sport, markets, recipes …) in these sentences, by the signal's kind."""
    found: dict[str, set[str]] = {}
    for sentence in sentences:
        for hit in sentence.hits:
            if hit.name.role == "signal" and hit.name.kind not in _NO_FRAMES:
                found.setdefault(hit.name.kind, set()).add(hit.name.text)
    return found
