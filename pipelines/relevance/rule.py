"""Judge whether a text is about the topic: a weighted sum of measures, with the sentences that decided."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from db.model.verdict import Mention, RelevanceReason, Verdict
from pipelines.page import OutletProfile
from pipelines.relevance.evidence import Sentence, read_sentences
from pipelines.relevance.topic import Topic

RELEVANT_SCORE = 0.5
BORDERLINE_SCORE = 0.35
# Fitted by tests/benchmarks/relevance.py --fit; a measure that is not listed got the weight 0. The weights are those of
# a fit on the first 56 of our own texts, moved by a third towards a fit on all 129. Moved further, they would accept
# pages of state media that report on one country alone.
BIAS = -2.39
WEIGHTS: dict[str, float] = {
    "title": 1.27,
    "title one side": 0.55,
    "title third": -1.10,
    "lead": 0.95,
    "body": 0.33,
    "share": 0.70,
    "rarer": 1.07,
    "rarer share": 1.12,
    "pair": 2.03,
    "both": 0.12,
    "ties": 1.69,
    "third": -2.40,
    "lists": -0.26,
    "neighbours": 0.88,
    "many": -1.60,
    "length": -0.16,
    "frame": -2.34,
    "leading frame": -2.06,
    "sport": -0.79,
}
_REASONS = 5  # sentences that are kept as reasons
_ONE_SIDE = 0.1  # weight, among the reasons, of a sentence that names one side alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The rule's result for a text: `score` is 0..1, `verdict` is None if it is off topic."""

    score: float
    verdict: Verdict | None
    reasons: tuple[RelevanceReason, ...] = field(default=(), repr=False)
    mentions: tuple[Mention, ...] = field(default=(), repr=False)


def judge(title: str, text: str, *, language: str | None, topic: Topic, outlet: OutletProfile) -> Judgement:
    """Score a title and text by what their sentences say about the two sides.

    `text` is plain text with one paragraph per line.
    """
    sentences = read_sentences(title, text, language=language, topic=topic, home=find_home(outlet, topic))
    mentions = _mentions(sentences, topic)
    if not names_both_sides(sentences, topic=topic, outlet=outlet):
        return Judgement(score=0.0, verdict=None, mentions=mentions)
    evidence = [score_sentence(sentence) for sentence in sentences]
    score = _score(measure(sentences, topic=topic, outlet=outlet))
    verdict = Verdict.RELEVANT if score >= RELEVANT_SCORE else Verdict.BORDERLINE if score >= BORDERLINE_SCORE else None
    return Judgement(score=round(score, 3), verdict=verdict, reasons=_reasons(sentences, evidence), mentions=mentions)


def explain_score(
    title: str, text: str, *, language: str | None, topic: Topic, outlet: OutletProfile
) -> tuple[tuple[str, float], ...]:
    """Return (measure, its part of the score in logits), the largest first.

    `vigia why` shows them.
    """
    sentences = read_sentences(title, text, language=language, topic=topic, home=find_home(outlet, topic))
    measures = measure(sentences, topic=topic, outlet=outlet)
    parts = [(name, round(WEIGHTS.get(name, 0.0) * value, 2)) for name, value in measures.items()]
    return tuple(sorted((part for part in parts if part[1]), key=lambda part: -abs(part[1])))


def names_both_sides(sentences: Sequence[Sentence], *, topic: Topic, outlet: OutletProfile) -> bool:
    """Return True if both sides are named, or one is named and the other is the outlet's home."""
    if any(sentence.both for sentence in sentences):
        return True
    a = outlet.country in topic.a.countries or any(sentence.a for sentence in sentences)
    b = outlet.country in topic.b.countries or any(sentence.b for sentence in sentences)
    return a and b


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


def find_home(outlet: OutletProfile, topic: Topic) -> str:
    """Return the side that an outlet is at home on, or "" if neither."""
    return "a" if outlet.country in topic.a.countries else "b" if outlet.country in topic.b.countries else ""


def _score(measures: Mapping[str, float]) -> float:
    return 1 / (1 + math.exp(-BIAS - sum(WEIGHTS.get(name, 0.0) * value for name, value in measures.items())))


def measure(sentences: Sequence[Sentence], *, topic: Topic, outlet: OutletProfile) -> dict[str, float]:
    """Return the measures of the score by name, each 0..1."""
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
        "both": min(1.0, 3 * sum(s.both for s in sentences) / size),
        "ties": min(1.0, len(_tie_names(sentences, "a" if a < b else "b")) / 5),
        "third": min(1.0, sum(bool(s.others) for s in body) / size),
        "lists": min(1.0, 4 * listed / size),
        "neighbours": min(1.0, 2 * _neighbours(sentences) / size),
        "many": min(1.0, len(third) / 8),
        "length": min(1.0, max(0, len(body) - 20) / 60),
    }
    frames, leading = _frames(sentences), _frames(head)
    measures["frame"] = min(1.0, max(map(len, frames.values()), default=0) / 4)
    measures["leading frame"] = min(1.0, max(map(len, leading.values()), default=0) / 2)
    measures["sport"] = min(1.0, max(len(frames.get("sport", ())) / 4, len(leading.get("sport", ())) / 2))
    return measures


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
        found += min(2.0, named) * (2 if s.place == "title" else 1) * (0.3 if s.is_list else 1)
    return found


def _tie_names(sentences: Sequence[Sentence], side: str) -> set[str]:
    """Return the words of trade, law, building … in sentences that name `side` and no third country."""
    naming = (s for s in sentences if (s.both or (s.a if side == "a" else s.b)) and not s.others)
    return {hit.name.text for s in naming for hit in s.hits if hit.name.role == "concept" and hit.name.side == "none"}


def _frames(sentences: Sequence[Sentence]) -> dict[str, set[str]]:
    """Return the names of signals (sport, markets, recipes …) in these sentences, by the signal's kind."""
    found: dict[str, set[str]] = {}
    for sentence in sentences:
        for hit in sentence.hits:
            if hit.name.role == "signal" and hit.name.kind != "venue":
                found.setdefault(hit.name.kind, set()).add(hit.name.text)
    return found


def _reasons(sentences: Sequence[Sentence], evidence: Sequence[float]) -> tuple[RelevanceReason, ...]:
    """Return the sentences that connect both sides, the best first.

    If they are few, sentences that name one side follow.
    """
    place = {"title": 0.3, "lead": 0.2, "body": 0.0}
    weights = [weight or (_ONE_SIDE if s.a or s.b else 0.0) for s, weight in zip(sentences, evidence, strict=True)]
    ranked = sorted((-(weights[number] + place[s.place]), number) for number, s in enumerate(sentences))
    return tuple(
        RelevanceReason(
            sentence=sentences[number].text,
            concepts=_concepts(sentences[number]),
            place=sentences[number].place,
            weight=round(weights[number], 2),
        )
        for _, number in [entry for entry in ranked if weights[entry[1]]][:_REASONS]
    )


def _concepts(sentence: Sentence) -> tuple[str, ...]:
    return tuple(dict.fromkeys(hit.name.owner for hit in sentence.hits if hit.name.side in {"a", "b", "both"}))


def _mentions(sentences: Sequence[Sentence], topic: Topic) -> tuple[Mention, ...]:
    shown = {concept.id for concept in topic.concepts if concept.shown}
    counts: Counter[str] = Counter()
    titled = set()
    for sentence in sentences:
        for hit in sentence.hits:
            if hit.name.role == "concept" and hit.name.owner in shown:
                counts[hit.name.owner] += 1
                if sentence.place == "title":
                    titled.add(hit.name.owner)
    return tuple(
        Mention(concept=concept, count=count, in_title=concept in titled) for concept, count in counts.most_common()
    )
