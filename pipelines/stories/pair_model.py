"""How surely two articles tell the same event: six measures of a pair and a logistic regression over them. Pure.

The weights are in model.json, written by `python -m tests.benchmarks.train_stories`.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.stories.article_wording import HEAD_SENTENCES, ArticleWording
from pipelines.vectors import ENCODER, Vectors

PAIR_MODEL_FILE = Path(__file__).parent / "model.json"
MEASURES = ("sentences", "leads", "names", "figures", "gap", "same_language")
WINDOW = dt.timedelta(days=7)  # in both directions: an article joins no story that has none so near in time
FEW_NEIGHBOURS = 30
MOST_NEIGHBOURS = 400  # as many as the model is learned from
_WORD_FOR_WORD = 0.999  # cosine of a sentence and itself, as they are stored
_GAP_HOURS = 6.0  # below it, a distance in time says little


class StoryModelError(Exception):
    """The model can't be read. The text is one line: file, what is wrong, the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairModel:
    """The weights of MEASURES, and the logit from which an article joins others.

    threshold: of an article with up to FEW_NEIGHBOURS others around it. growth: by how much it is higher with e times
    as many, up to MOST_NEIGHBOURS, for the more there are, the more are alike by chance.
    """

    weights: Mapping[str, float] = field(repr=False)
    bias: float
    threshold: float
    growth: float

    def find_threshold(self, neighbours: int) -> float:
        """Return the logit from which an article joins others, of so many within WINDOW."""
        crowd = min(max(neighbours, FEW_NEIGHBOURS), MOST_NEIGHBOURS)
        return self.threshold + self.growth * math.log(crowd / FEW_NEIGHBOURS)

    def weigh(self, measures: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logit of each pair from its measures, shape (pairs, measures)."""
        logits: NDArray[np.float64] = self.bias + measures @ np.array([self.weights[name] for name in MEASURES])
        return logits


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    encoder: str
    weights: dict[str, float]
    bias: float
    threshold: float
    growth: float


@functools.cache
def load_pair_model(path: Path = PAIR_MODEL_FILE) -> PairModel:
    """Read the model once in a process. Raises StoryModelError."""
    try:
        file = _File.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise StoryModelError(f"{path}: {error.strerror}; install Vigía again") from error
    except (ValueError, RecursionError, ValidationError) as error:
        raise StoryModelError(f"{path}: damaged; install Vigía again") from error
    if file.encoder != ENCODER or set(file.weights) != set(MEASURES):
        raise StoryModelError(f"{path}: made for {file.encoder} and other measures; install Vigía again")
    return PairModel(weights=file.weights, bias=file.bias, threshold=file.threshold, growth=file.growth)


def write_pair_model(path: Path, model: PairModel) -> None:
    """Write a model's file."""
    rows = {
        "encoder": ENCODER,
        "weights": {name: round(model.weights[name], 4) for name in MEASURES},
        "bias": round(model.bias, 4),
        "threshold": round(model.threshold, 4),
        "growth": round(model.growth, 4),
    }
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def measure_pairs(
    one: ArticleWording, others: Sequence[ArticleWording], *, gaps: Sequence[dt.timedelta]
) -> NDArray[np.float64]:
    """Return the MEASURES of an article beside each of others, shape (others, measures).

    `gaps`: the time between the publication of the article and each of them.
    """
    if not others:
        return np.empty((0, len(MEASURES)))
    measures = np.column_stack(
        [
            _compare_sentences(one, others),
            _compare_leads(one, others),
            [math.log1p(_weigh_names(one, other)) for other in others],
            [math.log1p(_weigh_shared(one.figures, other.figures)) for other in others],
            [math.log1p(abs(gap.total_seconds()) / 3600 / _GAP_HOURS) for gap in gaps],
            [float(one.language == other.language) for other in others],
        ]
    )
    for place in _find_repeating(one, others):
        rest, other_rest = _leave_out_repeated(one, others[place])
        if len(rest.sentences) and len(other_rest.sentences):
            alike = (_compare_sentences(rest, [other_rest])[0], _compare_leads(rest, [other_rest])[0])
            measures[place, :2] = np.minimum(measures[place, :2], alike)
    return measures


def _find_repeating(one: ArticleWording, others: Sequence[ArticleWording]) -> list[int]:
    """Return the places of the articles that have a sentence word for word, and one of the two in its head."""
    starts = _find_starts([len(other.sentences) for other in others])
    head_starts = _find_starts([len(other.head) for other in others])
    mine = one.head @ np.concatenate([other.sentences for other in others]).T
    theirs = one.sentences @ np.concatenate([other.head for other in others]).T
    best = np.maximum(
        np.maximum.reduceat(mine.max(axis=0), starts), np.maximum.reduceat(theirs.max(axis=0), head_starts)
    )
    return [int(place) for place in np.flatnonzero(best >= _WORD_FOR_WORD)]


def _leave_out_repeated(one: ArticleWording, other: ArticleWording) -> tuple[ArticleWording, ArticleWording]:
    """Return two articles without the sentences that both have word for word.

    Notices, standing headlines ("Live: minute by minute") and labels are alike in articles of different events; those
    of one event are alike in the rest, too.
    """
    is_repeated = one.sentences @ other.sentences.T >= _WORD_FOR_WORD
    return _keep(one, np.asarray(~is_repeated.any(axis=1))), _keep(other, np.asarray(~is_repeated.any(axis=0)))


def _keep(wording: ArticleWording, kept: NDArray[np.bool_]) -> ArticleWording:
    return replace(
        wording,
        sentences=wording.sentences[kept],
        likeness=wording.likeness[kept],
        weights=wording.weights[kept],
    )


def _compare_sentences(one: ArticleWording, others: Sequence[ArticleWording]) -> NDArray[np.floating]:
    """Compare the head of each article with all sentences of the other, beside their likeness to the background."""
    # Of all others at once: that is a tenth of the work. Each has its sentences in a row, and its head in another.
    starts = _find_starts([len(other.sentences) for other in others])
    head_starts = _find_starts([len(other.head) for other in others])
    weights = np.concatenate([other.weights for other in others])
    head_weights = np.concatenate([other.weights[:HEAD_SENTENCES] for other in others])
    own_weights = one.weights[:, None]
    mine = _scale(one, others, head=slice(HEAD_SENTENCES), other=slice(None))
    theirs = _scale(one, others, head=slice(None), other=slice(HEAD_SENTENCES))
    total = (
        _weigh(np.maximum.reduceat(mine, starts, axis=1), own_weights[:HEAD_SENTENCES])
        + _weigh_parts(mine.max(axis=0), weights, starts)
        + _weigh(np.maximum.reduceat(theirs, head_starts, axis=1), own_weights)
        + _weigh_parts(theirs.max(axis=0), head_weights, head_starts)
    )
    mean: NDArray[np.floating] = total / 4
    return mean


def _scale(one: ArticleWording, others: Sequence[ArticleWording], *, head: slice, other: slice) -> Vectors:
    """Return cosines of sentences of an article (rows) and of all others (columns) less their usual likeness."""
    vectors = np.concatenate([wording.sentences[other] for wording in others])
    likeness = np.concatenate([wording.likeness[other] for wording in others])
    scaled: Vectors = 2 * (one.sentences[head] @ vectors.T) - one.likeness[head, None] - likeness
    return scaled


def _find_starts(sizes: Sequence[int]) -> NDArray[np.int64]:
    return np.cumsum([0, *sizes[:-1]])


def _weigh(values: Vectors, weights: Vectors) -> NDArray[np.floating]:
    mean: NDArray[np.floating] = (values * weights).sum(axis=0) / weights.sum()
    return mean


def _weigh_parts(values: Vectors, weights: Vectors, starts: NDArray[np.int64]) -> NDArray[np.floating]:
    mean: NDArray[np.floating] = np.add.reduceat(values * weights, starts) / np.add.reduceat(weights, starts)
    return mean


def _compare_leads(one: ArticleWording, others: Sequence[ArticleWording]) -> list[float]:
    """Return the cosine of two leads in spreads above that of unrelated leads of the other's language."""
    compared = []
    for other, cosine in zip(others, (np.stack([other.lead for other in others]) @ one.lead).tolist(), strict=True):
        total = 0.0
        for lead, partner in ((one, other), (other, one)):
            mean, spread = lead.find_unrelated(partner.language)
            total += (cosine - mean) / spread
        compared.append(total / 2)
    return compared


def _weigh_names(one: ArticleWording, other: ArticleWording) -> float:
    """Return what the names say that both have, in Latin letters or one of them in Chinese characters."""
    return (
        _weigh_shared(one.names, other.names)
        + _weigh_transcribed(one.transcribed, other)
        + _weigh_transcribed(other.transcribed, one)
    )


def _weigh_transcribed(transcribed: Mapping[str, bool], other: ArticleWording) -> float:
    if not transcribed:
        return 0.0
    names = other.spoken_names
    return sum(
        names[spoken][0] for spoken in transcribed.keys() & names.keys() if transcribed[spoken] or names[spoken][1]
    )


def _weigh_shared(one: Mapping[str, tuple[float, bool]], other: Mapping[str, tuple[float, bool]]) -> float:
    """Return what names or figures say that both have and the head of one has.

    Outlets repeat paragraphs of background word for word under different events: what stands in none of the heads says
    nothing.
    """
    return sum(one[name][0] for name in one.keys() & other.keys() if one[name][1] or other[name][1])
