"""Judge a text by what the topic has learned from labelled texts; where it has learned nothing, by its rule alone.

The rule comes first: a text that does not name both sides is off topic, and one of which the rule is sure is judged by
it. Neither costs a vector.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from db.model.verdict import ScoreParts, Verdict
from pipelines.page import OutletProfile
from pipelines.relevance.evidence import Sentence, read_sentences
from pipelines.relevance.learning.examples import (
    EXAMPLES_FILE,
    Examples,
    ExamplesError,
    find_similar_texts,
    read_examples,
)
from pipelines.relevance.learning.relevance_model import MODEL_FILE, ModelError, RelevanceModel, read_model
from pipelines.relevance.learning.text_vectors import Wording, read_wording
from pipelines.relevance.measures import find_home, measure, names_both_sides
from pipelines.relevance.rule import Judgement, judge_sentences
from pipelines.relevance.topic import Topic
from pipelines.vectors import EncoderError, find_encoder_problem

# Calibrated: of texts with a score of .3 to .5 about 40 % are relevant, of those over .9 nearly all.
LEARNED_RELEVANT_SCORE = 0.5
LEARNED_BORDERLINE_SCORE = 0.3
# Outside of these the rule's score is sure enough: cross-validated on 536 labelled texts, vectors gain no F1 there, and
# they cost more than the rest of the analysis.
UNSURE_SCORES = (0.15, 0.8)


def judge_text(title: str, text: str, *, language: str | None, topic: Topic, outlet: OutletProfile) -> Judgement:
    """Judge a title and text by the topic's model, and by the rule alone if there is no model or no encoder.

    `text` is plain text with one paragraph per line.
    """
    sentences = read_sentences(title, text, language=language, topic=topic, home=find_home(outlet, topic))
    judged = judge_sentences(sentences, topic=topic, outlet=outlet)
    if not names_both_sides(sentences, topic=topic, outlet=outlet):
        return judged
    if not UNSURE_SCORES[0] <= judged.score <= UNSURE_SCORES[1]:
        return judged
    try:
        model = find_model(topic)
        if model is None:
            return judged
        wording = read_wording(sentences, language=language, names=model.names)
    except (ModelError, EncoderError):  # `vigia status` says so
        return judged
    return apply_model(model, judged, sentences, wording, topic=topic, outlet=outlet)


def apply_model(
    model: RelevanceModel,
    judged: Judgement,
    sentences: Sequence[Sentence],
    wording: Wording,
    *,
    topic: Topic,
    outlet: OutletProfile,
) -> Judgement:
    """Return the rule's judgement with the model's score, its parts, and each reason's share of it."""
    names = model.weigh_measures(measure(sentences, topic=topic, outlet=outlet))
    means = wording.means
    head = float(means[0] @ model.head)
    shares = (wording.evidence @ model.evidence / max(1, len(wording.evidence))).tolist()
    score = to_probability(names + head + math.fsum(shares))
    if stands_by_home(sentences, topic=topic, outlet=outlet) and judged.verdict is not Verdict.RELEVANT:
        # The outlet's home is not said in the text: wording must not make up for it.
        score = min(score, judged.score)
        verdict = judged.verdict if score == judged.score else choose_verdict(score)
    else:
        verdict = choose_verdict(score)
    reasons = tuple(
        replace(reason, share=round(share, 2)) for reason, share in zip(judged.reasons, shares, strict=True)
    )
    parts = ScoreParts(
        names=round(names, 2), head=round(head, 2), similar=find_similar_texts(means, list_examples(topic))
    )
    return replace(judged, score=round(score, 3), verdict=verdict, reasons=reasons, parts=parts)


def to_probability(logits: float) -> float:
    """Return the probability 0..1 of a score in logits."""
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logits))))


def choose_verdict(score: float) -> Verdict | None:
    """Return the verdict of a learned score, None for off topic."""
    if score >= LEARNED_RELEVANT_SCORE:
        return Verdict.RELEVANT
    return Verdict.BORDERLINE if score >= LEARNED_BORDERLINE_SCORE else None


def stands_by_home(sentences: Sequence[Sentence], *, topic: Topic, outlet: OutletProfile) -> bool:
    """Return True if a side of the topic is not named in the text and is only the outlet's home."""
    return not names_both_sides(sentences, topic=topic, outlet=replace(outlet, country="XX"))


def find_model(topic: Topic) -> RelevanceModel | None:
    """Return the desk's model, else the topic's shipped one, else that of the first topic; None without any.

    Raises ModelError if it is damaged.
    """
    for folder in (*topic.learned_in, topic.starts_from):
        if (path := folder / MODEL_FILE).exists():
            return read_model(path)
    return None


def list_examples(topic: Topic) -> tuple[Examples, ...]:
    """Return the labelled texts of the topic, shipped ones and the desk's; none of those that can't be read."""
    found = []
    for folder in topic.learned_in:
        try:
            found.append(read_examples(folder / EXAMPLES_FILE))
        except ExamplesError:
            continue
    return tuple(found)


def find_learning_problem(topic: Topic) -> str | None:
    """Return in one line why the topic's rule alone decides, or None. Reads files, and loads no encoder."""
    try:
        if find_model(topic) is None:
            return "nothing was learned yet: no model is installed"
        for folder in topic.learned_in:
            read_examples(folder / EXAMPLES_FILE)
    except (ModelError, ExamplesError) as error:
        return str(error)
    return find_encoder_problem()
