"""How surely two articles tell the same event: seven measures of a pair and a logistic regression over them. Pure.

The weights are in model.json, written by `python -m tests.benchmarks.train_stories`.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.stories.article_wording import HEAD_SENTENCES, ArticleWording
from pipelines.vectors import ENCODER, Vectors

PAIR_MODEL_FILE = Path(__file__).parent / "model.json"
MEASURES = ("sentences", "leads", "names", "head_names", "figures", "gap", "same_language")
WINDOW = dt.timedelta(days=7)  # in both directions: articles further apart tell different events
_GAP_HOURS = 6.0  # below it, a distance in time says little


class StoryModelError(Exception):
    """The model can't be read. The text is one line: file, what is wrong, the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairModel:
    """The weights of MEASURES. A logit from `threshold` on joins."""

    weights: Mapping[str, float] = field(repr=False)
    bias: float
    threshold: float

    def weigh(self, measures: NDArray[np.float64]) -> float:
        """Return the logit of a pair from its measures."""
        return self.bias + float(measures @ np.array([self.weights[name] for name in MEASURES]))


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    encoder: str
    weights: dict[str, float]
    bias: float
    threshold: float


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
    return PairModel(weights=file.weights, bias=file.bias, threshold=file.threshold)


def write_pair_model(path: Path, model: PairModel) -> None:
    """Write a model's file."""
    rows = {
        "encoder": ENCODER,
        "weights": {name: round(model.weights[name], 4) for name in MEASURES},
        "bias": round(model.bias, 4),
        "threshold": round(model.threshold, 4),
    }
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def measure_pair(one: ArticleWording, other: ArticleWording, *, gap: dt.timedelta) -> NDArray[np.float64]:
    """Return the MEASURES of two articles that were published with so much time between them."""
    names = _share(one.names, other.names)
    return np.array(
        [
            _compare_sentences(one, other),
            _compare_leads(one, other),
            math.log1p(sum(weight for weight, _ in names)),
            math.log1p(sum(weight for weight, in_both in names if in_both)),
            math.log1p(sum(weight for weight, _ in _share(one.figures, other.figures))),
            math.log1p(abs(gap.total_seconds()) / 3600 / _GAP_HOURS),
            float(one.language == other.language),
        ]
    )


def _compare_sentences(one: ArticleWording, other: ArticleWording) -> float:
    """Compare the head of each article with all sentences of the other, beside their likeness to the background."""
    total = 0.0
    for head, whole in ((one, other), (other, one)):
        cosines = head.head @ whole.sentences.T
        scaled = 2 * cosines - head.likeness[:HEAD_SENTENCES, None] - whole.likeness[None]
        total += _weigh(scaled.max(axis=1), head.weights[:HEAD_SENTENCES]) + _weigh(scaled.max(axis=0), whole.weights)
    return total / 4


def _weigh(values: Vectors, weights: Vectors) -> float:
    return float((values * weights).sum() / weights.sum())


def _compare_leads(one: ArticleWording, other: ArticleWording) -> float:
    """Return the cosine of two leads in spreads above that of unrelated leads of the other's language."""
    cosine = float(one.lead @ other.lead)
    total = 0.0
    for lead, partner in ((one, other), (other, one)):
        mean, spread = lead.unrelated.get(partner.language) or lead.unrelated[""]
        total += (cosine - mean) / spread
    return total / 2


def _share(one: Mapping[str, tuple[float, bool]], other: Mapping[str, tuple[float, bool]]) -> list[tuple[float, bool]]:
    """Return the weights of what both have and the head of one has, and whether the heads of both have it.

    Outlets repeat paragraphs of background word for word under different events: what stands in none of the heads says
    nothing.
    """
    return [
        (one[name][0], one[name][1] and other[name][1])
        for name in one.keys() & other.keys()
        if one[name][1] or other[name][1]
    ]
