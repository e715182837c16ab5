"""What articles of the field say anyway: a shipped sample, beside which a likeness of two articles is judged.

Sentences, names and figures that many articles share say little about one event. The sample is made of texts of the
demo web by `python -m tests.benchmarks.train_stories background`.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.vectors import ENCODER, Vectors

BACKGROUND_FILE = Path(__file__).parent / "background.npz"
NEAREST_ARTICLES = 6  # whose mean is a sentence's likeness to the background
SAME_SENTENCE = 0.6  # cosine from which an article of the sample says the same
_MIN_SPREAD = 0.03  # of the cosines of unrelated leads
_STEPS = 127  # of a quantised number on either side of zero


class BackgroundError(Exception):
    """The sample can't be read. The text is one line: file, what is wrong, the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Background:
    """The sample's vectors, all of length 1 after their language's mean was taken off."""

    means: Mapping[str, Vectors] = field(repr=False)  # of the sentences of each language; "" of all
    sentences: Vectors = field(repr=False)  # of all articles, one article after the other
    starts: NDArray[np.int64] = field(repr=False)  # the first sentence of each article
    leads: Mapping[str, Vectors] = field(repr=False)  # of the articles of each language; "" of all
    names: Mapping[str, int] = field(repr=False)  # name -> how many articles have it
    figures: Mapping[str, int] = field(repr=False)

    def centre(self, vectors: Vectors, language: str) -> Vectors:
        """Return vectors without the mean of their language, with length 1."""
        return to_unit(vectors - self.means.get(language, self.means[""]))

    def compare_sentences(self, sentences: Vectors) -> tuple[Vectors, NDArray[np.int64]]:
        """Return for each sentence its likeness to the sample, and how many articles of it say the same."""
        best = np.maximum.reduceat(sentences @ self.sentences.T, self.starts, axis=1)
        nearest = np.sort(best, axis=1)[:, -NEAREST_ARTICLES:]
        return nearest.mean(axis=1), (best >= SAME_SENTENCE).sum(axis=1)

    def compare_lead(self, lead: Vectors) -> dict[str, tuple[float, float]]:
        """Return by language the mean and spread of a lead's cosines with leads of the sample."""
        found = {}
        for language, leads in self.leads.items():
            cosines = leads @ lead
            found[language] = (float(cosines.mean()), max(float(cosines.std()), _MIN_SPREAD))
        return found

    def weigh_name(self, name: str) -> float:
        """Return how much a shared name says: 0 for one that every article has."""
        return self._weigh(self.names.get(name, 0))

    def weigh_figure(self, figure: str) -> float:
        """Return how much a shared figure says."""
        return self._weigh(self.figures.get(figure, 0))

    def _weigh(self, articles: int) -> float:
        return max(0.0, math.log(len(self.starts) / (articles + 1)))


def to_unit(vectors: Vectors) -> Vectors:
    """Return vectors with length 1."""
    scaled: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return scaled


def quantise(vectors: Vectors) -> NDArray[np.int8]:
    """Return vectors with 8 bits a number; `restore_vectors` gives their directions."""
    largest = np.maximum(np.abs(vectors).max(axis=-1, keepdims=True), 1e-9)
    steps: NDArray[np.int8] = np.round(vectors * (_STEPS / largest)).astype(np.int8)
    return steps


def restore_vectors(steps: NDArray[np.int8]) -> Vectors:
    """Return the vectors of length 1 that `quantise` was given."""
    return to_unit(steps.astype(np.float32))


@functools.cache
def load_background(path: Path = BACKGROUND_FILE) -> Background:
    """Read the sample once in a process. Raises BackgroundError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(file["about"].tobytes())
            leads, sentences = restore_vectors(file["leads"]), restore_vectors(file["sentences"])
            means, starts = file["means"].astype(np.float32), file["starts"].astype(np.int64)
        if about["encoder"] != ENCODER:
            raise BackgroundError(f"{path}: made with {about['encoder']}, not {ENCODER}; install Vigía again")
        languages = np.array(about["languages"])
        return Background(
            means=dict(zip(about["means"], means, strict=True)),
            sentences=sentences,
            starts=starts,
            leads={"": leads} | {str(one): leads[languages == one] for one in np.unique(languages)},
            names=about["names"],
            figures=about["figures"],
        )
    except OSError as error:
        raise BackgroundError(f"{path}: {error.strerror or error}; install Vigía again") from error
    except (ValueError, KeyError, TypeError, EOFError) as error:
        raise BackgroundError(f"{path}: damaged; install Vigía again") from error


def write_background(
    path: Path,
    *,
    means: Mapping[str, Vectors],
    articles: Iterable[tuple[str, Vectors, Vectors]],
    names: Mapping[str, int],
    figures: Mapping[str, int],
) -> None:
    """Write a sample. `articles`: language, vectors of sentences and of the lead of each."""
    listed = list(articles)
    about = {
        "encoder": ENCODER,
        "means": list(means),
        "languages": [language for language, _, _ in listed],
        "names": names,
        "figures": figures,
    }
    counts = [len(sentences) for _, sentences, _ in listed]
    np.savez_compressed(
        path,
        about=np.frombuffer(json.dumps(about, ensure_ascii=False, sort_keys=True).encode(), np.uint8),
        means=np.stack(list(means.values())).astype(np.float16),
        sentences=quantise(np.vstack([sentences for _, sentences, _ in listed])),
        starts=np.cumsum([0, *counts[:-1]]),
        leads=quantise(np.stack([lead for _, _, lead in listed])),
    )
