"""Is a text about the relation that a topic watches? A rule that can be read, with the sentences that decided."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.items import Because, Mention, OutletProfile, Verdict
from pipelines.reading import Sentence, read
from pipelines.topic import Topic

RELEVANT = 0.5
BORDERLINE = 0.35
_REASONS = 5  # sentences that are kept as reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the rule says of a text. `verdict` is None when it is off topic; `score` is 0..1."""

    score: float
    verdict: Verdict | None
    reasons: tuple[Because, ...] = field(default=(), repr=False)
    mentions: tuple[Mention, ...] = field(default=(), repr=False)


def judge(title: str, text: str, *, language: str | None, topic: Topic, outlet: OutletProfile) -> Judgement:
    """Score a title and its text (plain, paragraphs by line breaks) by what its sentences say of the two sides."""
    sentences = read(title, text, language=language, topic=topic)
    mentions = _mentions(sentences, topic)
    if not can_matter(sentences, topic=topic, outlet=outlet):
        return Judgement(score=0.0, verdict=None, mentions=mentions)
    evidence = [weigh(sentence) for sentence in sentences]
    score = _score(sentences, evidence)
    verdict = Verdict.RELEVANT if score >= RELEVANT else Verdict.BORDERLINE if score >= BORDERLINE else None
    return Judgement(score=round(score, 3), verdict=verdict, reasons=_reasons(sentences, evidence), mentions=mentions)


def can_matter(sentences: Sequence[Sentence], *, topic: Topic, outlet: OutletProfile) -> bool:
    """Whether both sides are there at all; `prefilter.may_matter` asks the same of a raw page."""
    if any(sentence.both for sentence in sentences):
        return True
    a = outlet.country in topic.a.countries or any(sentence.a for sentence in sentences)
    b = outlet.country in topic.b.countries or any(sentence.b for sentence in sentences)
    return a and b


def weigh(sentence: Sentence) -> float:
    """How far one sentence shows both sides together: 0..1."""
    if sentence.both:
        weight = 1.0
    elif sentence.a and sentence.b:
        weight = 0.4 if sentence.b_venue_only else 1.0
    elif (sentence.a and sentence.weak_b) or (sentence.b and sentence.weak_a):
        weight = 0.5
    else:
        return 0.0
    if sentence.is_list:
        return weight * 0.2
    return weight * (0.6 if len(sentence.others) >= 2 else 0.8 if sentence.others else 1.0)


def _score(sentences: Sequence[Sentence], evidence: Sequence[float]) -> float:
    body = [weight for sentence, weight in zip(sentences, evidence, strict=True) if sentence.place != "title"]
    title = max((w for s, w in zip(sentences, evidence, strict=True) if s.place == "title"), default=0.0)
    lead = max((w for s, w in zip(sentences, evidence, strict=True) if s.place == "lead"), default=0.0)
    share = sum(body) / max(4, len(body))
    signals = sum(len(s.signals) for s in sentences) / max(1, len(sentences))
    others = sum(bool(s.others) for s in sentences) / max(1, len(sentences))
    logit = -1.7 + 1.2 * title + 1.0 * lead + 6.0 * min(share, 0.6) - 1.5 * min(signals, 2) - 1.0 * others
    return 1 / (1 + math.exp(-logit))


def _reasons(sentences: Sequence[Sentence], evidence: Sequence[float]) -> tuple[Because, ...]:
    place = {"title": 0.3, "lead": 0.2, "body": 0.0}
    ranked = sorted(
        (-(weight + place[sentence.place]), number)
        for number, (sentence, weight) in enumerate(zip(sentences, evidence, strict=True))
        if weight
    )
    return tuple(
        Because(
            sentence=sentences[number].text,
            concepts=_concepts(sentences[number]),
            place=sentences[number].place,
            weight=round(evidence[number], 2),
        )
        for _, number in ranked[:_REASONS]
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
