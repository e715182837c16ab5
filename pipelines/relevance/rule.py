"""Judge whether a text is about the topic: a weighted sum of measures, with the sentences that decided."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from db.model.verdict import Mention, RelevanceReason, ScoreParts, Verdict
from pipelines.page import OutletProfile
from pipelines.relevance.evidence import Sentence, read_sentences
from pipelines.relevance.measures import find_home, measure, names_both_sides, score_sentence
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
    "settings": 0.30,
    "undisturbed": 0.50,
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
MAX_REASONS = 5  # sentences that are kept as reasons
_ONE_SIDE = 0.1  # weight, among the reasons, of a sentence that names one side alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The result for a text: `score` is 0..1, `verdict` is None if it is off topic.

    `parts` is None if the rule alone decided.
    """

    score: float
    verdict: Verdict | None
    reasons: tuple[RelevanceReason, ...] = field(default=(), repr=False)
    mentions: tuple[Mention, ...] = field(default=(), repr=False)
    parts: ScoreParts | None = None


def judge(title: str, text: str, *, language: str | None, topic: Topic, outlet: OutletProfile) -> Judgement:
    """Score a title and text by what their sentences say about the two sides.

    `text` is plain text with one paragraph per line.
    """
    sentences = read_sentences(title, text, language=language, topic=topic, home=find_home(outlet, topic))
    return judge_sentences(sentences, topic=topic, outlet=outlet)


def judge_sentences(sentences: Sequence[Sentence], *, topic: Topic, outlet: OutletProfile) -> Judgement:
    """Score a text whose sentences were read; see `judge`."""
    mentions = _mentions(sentences, topic)
    if not names_both_sides(sentences, topic=topic, outlet=outlet):
        return Judgement(score=0.0, verdict=None, mentions=mentions)
    score = _score(measure(sentences, topic=topic, outlet=outlet))
    verdict = Verdict.RELEVANT if score >= RELEVANT_SCORE else Verdict.BORDERLINE if score >= BORDERLINE_SCORE else None
    return Judgement(score=round(score, 3), verdict=verdict, reasons=_reasons(sentences), mentions=mentions)


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


def _score(measures: Mapping[str, float]) -> float:
    return 1 / (1 + math.exp(-BIAS - sum(WEIGHTS.get(name, 0.0) * value for name, value in measures.items())))


def rank_evidence(sentences: Sequence[Sentence]) -> tuple[tuple[int, float], ...]:
    """Return (index, weight 0..1) of the sentences that connect both sides, the best first, at most MAX_REASONS.

    If they are few, sentences that name one side follow.
    """
    place = {"title": 0.3, "lead": 0.2, "body": 0.0}
    weights = [score_sentence(s) or (_ONE_SIDE if s.a or s.b else 0.0) for s in sentences]
    ranked = sorted((-(weights[number] + place[s.place]), number) for number, s in enumerate(sentences))
    return tuple((number, weights[number]) for _, number in ranked if weights[number])[:MAX_REASONS]


def _reasons(sentences: Sequence[Sentence]) -> tuple[RelevanceReason, ...]:
    return tuple(
        RelevanceReason(
            sentence=sentences[number].text,
            concepts=_concepts(sentences[number]),
            place=sentences[number].place,
            weight=round(weight, 2),
        )
        for number, weight in rank_evidence(sentences)
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
