"""Finds the articles that may tell the same event, and says how surely they do: the store's `StoryMatcher`. Pure."""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from db.model.story_wording import StoryWording
from db.news.stories.wordings import Head, Signature, StoredWording, StoryMatcher
from pipelines.stories.article_wording import HEAD_SENTENCES, LEAD_WEIGHTS, ArticleWording, unpack_wording
from pipelines.stories.background import BackgroundError, load_background
from pipelines.stories.pair_model import WINDOW, PairModel, StoryModelError, load_pair_model, measure_pairs
from pipelines.vectors import ENCODER, VECTOR_LENGTH, find_encoder_problem

_MAX_CHOSEN = 400  # by their signatures, of all articles around a time
_MAX_RANKED = 100  # of them, by their heads
_UNPACKED = 320  # wordings that are kept unpacked, 50 kB each: those of one article's candidates


class Matcher:
    """Compares wordings by a model of pairs."""

    encoder = ENCODER
    window: dt.timedelta = WINDOW

    def __init__(self, model: PairModel) -> None:
        self.model = model

    def find_threshold(self, neighbours: int) -> float:
        """Return the likeness from which an article joins a story, of an article with so many others around it."""
        return self.model.find_threshold(neighbours)

    def choose(self, wording: StoryWording, others: Sequence[Signature]) -> list[int]:
        """Return the articles of the likeliest signatures, the likeliest first.

        Cosines across languages are smaller, so each is measured in spreads above unrelated leads of its language.
        """
        if not others:
            return []
        articles, languages, bits = zip(*others, strict=True)
        own = np.frombuffer(wording.signature, np.uint64)
        signatures = np.frombuffer(b"".join(bits), np.uint64).reshape(len(others), -1)
        differing = np.bitwise_count(signatures ^ own).sum(axis=1)
        # The share of signs that differ is that of the angle in half a turn.
        cosines = np.cos(np.pi / VECTOR_LENGTH * differing)
        likeliest = np.argsort(-_standardise(cosines, languages, _unpack(wording)), kind="stable")[:_MAX_CHOSEN]
        return [articles[place] for place in likeliest]

    def rank(self, wording: StoryWording, others: Sequence[Head]) -> list[int]:
        """Return the places of the candidates, the likeliest first: by leads and best pairs of sentences."""
        if not others:
            return []
        own = _unpack(wording)
        sizes = np.array([len(head.heads) // VECTOR_LENGTH for head in others])
        is_there = np.arange(HEAD_SENTENCES) < sizes[:, None]
        steps = np.frombuffer(b"".join(head.heads for head in others), np.int8).reshape(-1, VECTOR_LENGTH)
        vectors = np.zeros((len(others), HEAD_SENTENCES, VECTOR_LENGTH), np.float32)
        vectors[is_there] = steps
        lengths = np.maximum(np.sqrt(np.einsum("ijk,ijk->ij", vectors, vectors)), 1e-9)
        cosines = (vectors @ own.head.T) / lengths[:, :, None]
        best = np.where(is_there[:, :, None], cosines, -1).max(axis=1).mean(axis=1)
        sums = np.einsum("ij,ijk->ik", LEAD_WEIGHTS / lengths, vectors)
        leads = sums @ own.lead / np.maximum(np.linalg.norm(sums, axis=1), 1e-9)
        languages = [head.language for head in others]
        likeness = _standardise(leads, languages, own) + _standardise(best, languages, own)
        return [int(place) for place in np.argsort(-likeness, kind="stable")[:_MAX_RANKED]]

    def score(self, one: StoredWording, others: Sequence[StoredWording]) -> list[float]:
        """Return the logit of each pair."""
        own = _unpack(one.wording)
        measures = measure_pairs(
            own, [_unpack(other.wording) for other in others], gaps=[other.at - one.at for other in others]
        )
        return [float(logit) for logit in self.model.weigh(measures)]

    def to_similarity(self, logit: float, *, threshold: float) -> float:
        """Return a logit as 0..1: 0.5 is just alike enough to join."""
        return round(1 / (1 + math.exp(-max(-60.0, min(60.0, logit - threshold)))), 4)


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


def _standardise(cosines: NDArray[np.floating], languages: Sequence[str], own: ArticleWording) -> NDArray[np.floating]:
    """Return cosines as spreads above those of unrelated leads of each language."""
    known = {language: own.find_unrelated(language) for language in set(languages)}
    means, spreads = np.array([known[language] for language in languages]).T
    standardised: NDArray[np.floating] = (cosines - means) / spreads
    return standardised


@functools.lru_cache(maxsize=_UNPACKED)
def _unpack(wording: StoryWording) -> ArticleWording:
    return unpack_wording(wording)
