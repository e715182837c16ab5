"""Learn to judge from labelled texts: a logistic regression that starts from the rule (scikit-learn).

Deterministic: the same labels give the same model.
"""

from __future__ import annotations

import functools
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from db.extras import name_extra
from db.i18n.languages import LANGUAGES
from db.model.verdict import MIN_MARKS
from pipelines.page import OutletProfile
from pipelines.relevance.agreement import Agreement, measure_agreement
from pipelines.relevance.evidence import Sentence, read_sentences
from pipelines.relevance.learning.examples import Example, Features
from pipelines.relevance.learning.learned import LEARNED_RELEVANT_SCORE, stands_by_home, to_probability
from pipelines.relevance.learning.masked import mask_countries
from pipelines.relevance.learning.relevance_model import RelevanceModel
from pipelines.relevance.learning.text_vectors import SideNames, read_wording
from pipelines.relevance.measures import find_home, measure, names_both_sides
from pipelines.relevance.rule import BIAS, RELEVANT_SCORE, WEIGHTS
from pipelines.relevance.topic import Topic, load_topic
from pipelines.relevance.topic_file import FIRST_TOPIC
from pipelines.vectors import VECTOR_LENGTH

MARK_WEIGHT = 20.0  # of a mark of the desk, where a shipped label has 1
MIN_MARKS_OF_A_KIND = 8  # marks of one kind alone make a topic worse than none
FOLDS = 10
# How freely each group of weights may move, chosen by leaving out one writer of labels after another: the sum of the
# rule's measures as it stands, each of them beside it, and the two vectors.
_RULE_SCALE = 1.0
_MEASURE_SCALE = 0.5
_WORDING_SCALE = 2.5
_INVERSE_PENALTY = 1.0
_MAX_STEPS = 5_000


class TrainingError(Exception):
    """Nothing can be learned. The text is one line: what is missing, and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """A model and what cross-validation says of it, beside the judgement without the desk's marks.

    No text is judged by a model that learned from it.
    """

    model: RelevanceModel
    labels_before: Agreement  # on the shipped labels, by a model of the shipped labels
    labels_after: Agreement  # on the shipped labels, by a model of labels and marks
    marks_before: Agreement  # on the marks, by a model of the shipped labels
    marks_after: Agreement  # on the marks, by a model of labels and the other marks

    @property
    def is_better(self) -> bool:
        """True if the model judges what the desk marked at least as well as the one without its marks."""
        return self.marks_after.f1 >= self.marks_before.f1


@functools.cache
def name_sides() -> SideNames:
    """Return what models call the countries of both sides, by side and language: as the first topic does."""
    countries = [concept for concept in load_topic(FIRST_TOPIC).concepts if concept.kind == "country"]
    sides = {side: next(concept for concept in countries if concept.side == side) for side in ("a", "b")}
    return {side: {it: concept.label(it) or "" for it in LANGUAGES} for side, concept in sides.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledText:
    """A text that a person called relevant or irrelevant."""

    id: str
    title: str
    text: str = field(repr=False)
    language: str | None
    is_relevant: bool
    outlet: OutletProfile


def make_example(labelled: LabelledText, *, topic: Topic, is_shown: bool, is_mark: bool = False) -> Example | None:
    """Return what can be learned from a labelled text; None if it does not name both sides, which needs no learning.

    `is_shown`: its title may be shown beside articles that read like it. Raises EncoderError.
    """
    sentences = read_sentences(
        labelled.title,
        labelled.text,
        language=labelled.language,
        topic=topic,
        home=find_home(labelled.outlet, topic),
    )
    features = _read_features(sentences, labelled, topic)
    if features is None:
        return None
    masked = mask_countries(sentences, language=labelled.language, home=find_home(labelled.outlet, topic))
    return Example(
        id=labelled.id,
        is_relevant=labelled.is_relevant,
        language=labelled.language or "",
        measures=features.measures,
        means=features.means,
        masked=_read_features(masked, labelled, topic),
        title=labelled.title if is_shown else "",
        stands_by_home=stands_by_home(sentences, topic=topic, outlet=labelled.outlet),
        is_mark=is_mark,
    )


def _read_features(sentences: Sequence[Sentence], labelled: LabelledText, topic: Topic) -> Features | None:
    if not names_both_sides(sentences, topic=topic, outlet=labelled.outlet):
        return None
    return Features(
        measures=measure(sentences, topic=topic, outlet=labelled.outlet),
        means=read_wording(sentences, language=labelled.language, names=name_sides()).means,
    )


def train_model(labels: Sequence[Example], marks: Sequence[Example] = ()) -> RelevanceModel:
    """Learn from shipped labels and the desk's marks, from each with and without the names of its countries.

    Raises TrainingError.
    """
    examples = [*labels, *marks]
    kinds = Counter(example.is_relevant for example in examples)
    if len(kinds) < 2:
        raise TrainingError("there are no labels of both kinds, relevant and irrelevant; mark pages with `vigia mark`")
    measures = list(examples[0].measures)
    rule = np.array([WEIGHTS.get(name, 0.0) for name in measures])
    masked = [(example, example.masked) for example in examples if example.masked]
    taught: list[tuple[Example, Example | Features]] = [*((example, example) for example in examples), *masked]
    fitted = _new_regression().fit(
        _to_rows([features for _, features in taught], measures, rule),
        np.array([example.is_relevant for example, _ in taught]),
        sample_weight=[MARK_WEIGHT if example.is_mark else 1.0 for example, _ in taught],
    )
    weights: NDArray[np.float64] = fitted.coef_[0]
    of_rule, of_measures = weights[0] * _RULE_SCALE, weights[1 : 1 + len(measures)] * _MEASURE_SCALE
    wording = (weights[1 + len(measures) :] * _WORDING_SCALE).reshape(2, VECTOR_LENGTH).astype(np.float32)
    return RelevanceModel(
        names=name_sides(),
        bias=float(fitted.intercept_[0] + of_rule * BIAS),
        measures={name: float(weight) for name, weight in zip(measures, of_rule * rule + of_measures, strict=True)},
        head=wording[0],
        evidence=wording[1],
        texts={"relevant": kinds[True], "irrelevant": kinds[False]},
        marks=len(marks),
    )


def _new_regression() -> Any:
    try:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only training needs it
    except ImportError as error:
        raise TrainingError(f"training needs scikit-learn; {name_extra('train')}") from error
    return LogisticRegression(C=_INVERSE_PENALTY, class_weight="balanced", max_iter=_MAX_STEPS)


def _to_rows(
    examples: Sequence[Example | Features], measures: Sequence[str], rule: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the features, shape (examples, 1 + measures + 2 * VECTOR_LENGTH): the rule's own score comes first."""
    values = np.array([[example.measures[name] for name in measures] for example in examples])
    wording = np.array([example.means.ravel() for example in examples], np.float64)
    score = (values @ rule + BIAS)[:, None]
    return np.hstack([score * _RULE_SCALE, values * _MEASURE_SCALE, wording * _WORDING_SCALE])


def score_example(model: RelevanceModel, example: Example) -> float:
    """Return the score 0..1 that a model gives to an example, with the guard of `apply_model`."""
    wording = float(example.means[0] @ model.head + example.means[1] @ model.evidence)
    score = to_probability(model.weigh_measures(example.measures) + wording)
    if example.stands_by_home and (by_rule := score_by_rule(example)) < RELEVANT_SCORE:
        return min(score, by_rule)
    return score


def score_by_rule(example: Example) -> float:
    """Return the score 0..1 of the rule alone."""
    return to_probability(BIAS + sum(WEIGHTS.get(name, 0.0) * value for name, value in example.measures.items()))


def cross_validate(
    judged: Sequence[Example],
    always: Sequence[Example] = (),
    *,
    train: Callable[[Sequence[Example]], RelevanceModel] = train_model,
) -> list[float]:
    """Return a score for each of `judged`, by a model of `always` and the other folds of `judged`."""
    scores = [0.0] * len(judged)
    for fold in range(FOLDS):
        mine = [number for number, example in enumerate(judged) if choose_fold(example.id) == fold]
        if not mine:
            continue
        others = [example for example in judged if choose_fold(example.id) != fold]
        model = train([*always, *others])
        for number in mine:
            scores[number] = score_example(model, judged[number])
    return scores


def choose_fold(id_: str) -> int:
    """Return the fold of a text, 0..FOLDS - 1: always the same for the same id."""
    return hashlib.sha256(id_.encode()).digest()[0] % FOLDS


def compare_with_labels(examples: Iterable[Example], scores: Iterable[float]) -> Agreement:
    """Compare scores with labels."""
    return measure_agreement(
        (example.is_relevant, score >= LEARNED_RELEVANT_SCORE) for example, score in zip(examples, scores, strict=True)
    )


def train_with_marks(labels: Sequence[Example], marks: Sequence[Example]) -> Training:
    """Learn from labels and marks, and cross-validate with and without the marks.

    Raises TrainingError if there are too few marks, or too few of a kind.
    """
    kinds = Counter(mark.label for mark in marks)
    if len(marks) < MIN_MARKS or min(kinds["relevant"], kinds["irrelevant"]) < MIN_MARKS_OF_A_KIND:
        raise TrainingError(
            f"{len(marks)} marks can be learned from ({kinds['relevant']} relevant, {kinds['irrelevant']} irrelevant):"
            f" at least {MIN_MARKS} are needed, {MIN_MARKS_OF_A_KIND} of each kind; /news/worth_a_mark in the reading"
            " room lists pages of both"
        )
    shipped = train_model(labels)
    return Training(
        model=train_model(labels, marks),
        labels_before=compare_with_labels(labels, cross_validate(labels)),
        labels_after=compare_with_labels(labels, cross_validate(labels, marks)),
        marks_before=compare_with_labels(marks, [score_example(shipped, mark) for mark in marks]),
        marks_after=compare_with_labels(marks, cross_validate(marks, labels)),
    )
