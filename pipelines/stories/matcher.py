"""Finds the articles that may tell the same event, and says how surely they do: the store's `StoryMatcher`. Pure."""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Sequence

import numpy as np

from db.model.story_wording import StoryWording
from db.news.stories.joining import StoryMatcher
from db.news.stories.wordings import Head, StoredWording
from pipelines.stories.article_wording import ArticleWording, unpack_vectors, unpack_wording
from pipelines.stories.background import BackgroundError, load_background
from pipelines.stories.pair_model import WINDOW, PairModel, StoryModelError, load_pair_model, measure_pair
from pipelines.vectors import ENCODER, VECTOR_LENGTH, find_encoder_problem

_MAX_RANKED = 40  # half of them by the likeness of leads, half by that of single sentences
_BLOCK = 1_000  # heads that are compared at once


class Matcher:
    """Compares wordings by a model of pairs."""

    encoder = ENCODER
    window: dt.timedelta = WINDOW

    def __init__(self, model: PairModel) -> None:
        self.model = model

    @property
    def threshold(self) -> float:
        """The mean logit from which an article joins a story."""
        return self.model.threshold

    def rank(self, wording: StoryWording, others: Sequence[Head]) -> list[int]:
        """Return the places of the candidates, the likeliest first: by lead and by the best pair of sentences in turn.

        Cosines across languages are smaller, so each is measured in spreads above unrelated leads of its language.
        """
        if not others:
            return []
        own = _unpack(wording)
        by_lead, by_sentence = np.empty(len(others)), np.empty(len(others))
        for start in range(0, len(others), _BLOCK):
            block = others[start : start + _BLOCK]
            vectors = unpack_vectors(b"".join(head.heads for head in block))
            sizes = [len(head.heads) // VECTOR_LENGTH for head in block]
            starts = np.cumsum([0, *sizes[:-1]])
            of_language = [own.unrelated.get(head.language) or own.unrelated[""] for head in block]
            means, spreads = np.array(of_language).T
            best = np.maximum.reduceat(own.head @ vectors.T, starts, axis=1).max(axis=0)
            sums = np.add.reduceat(vectors @ own.lead, starts) / np.sqrt(sizes)
            by_lead[start : start + len(block)] = (sums - means) / spreads
            by_sentence[start : start + len(block)] = (best - means) / spreads
        orders = (np.argsort(-by_lead, kind="stable"), np.argsort(-by_sentence, kind="stable"))
        turns = (int(place) for both in zip(*orders, strict=True) for place in both)
        return list(dict.fromkeys(turns))[:_MAX_RANKED]

    def score(self, one: StoredWording, others: Sequence[StoredWording]) -> list[float]:
        """Return the logit of each pair."""
        own = _unpack(one.wording)
        return [self.model.weigh(measure_pair(own, _unpack(other.wording), gap=other.at - one.at)) for other in others]

    def to_similarity(self, logit: float) -> float:
        """Return a logit as 0..1: 0.5 is just alike enough to join."""
        return round(1 / (1 + math.exp(-max(-60.0, min(60.0, logit - self.threshold)))), 4)


def load_matcher() -> StoryMatcher | None:
    """Return the matcher, or None if the model or the encoder is missing or damaged; `find_story_problem` says why."""
    return None if find_story_problem() else Matcher(load_pair_model())


def find_story_problem() -> str | None:
    """Return in one line why no stories are made, or None. Loads no encoder."""
    try:
        load_pair_model()
        load_background()
    except (StoryModelError, BackgroundError) as error:
        return str(error)
    return find_encoder_problem()


@functools.lru_cache(maxsize=256)
def _unpack(wording: StoryWording) -> ArticleWording:
    return unpack_wording(wording)
