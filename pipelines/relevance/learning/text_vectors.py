"""The wording of a text as two vectors: of its title and lead, and of the sentences that connect the topic's sides.

Each vector is the mean of its sentences' vectors, so that what is learned from them splits into shares of sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipelines.relevance.evidence import Sentence
from pipelines.relevance.rule import rank_evidence
from pipelines.vectors import VECTOR_LENGTH, Vectors, encode_sentences

SideNames = Mapping[str, Mapping[str, str]]  # "a" or "b" -> language -> the name of that side


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The vectors of the sentences that say what a text is about, each of shape (sentences, VECTOR_LENGTH)."""

    head: Vectors = field(repr=False)  # of the title and the lead
    evidence: Vectors = field(repr=False)  # of the sentences of `rank_evidence`, in its order

    @property
    def means(self) -> Vectors:
        """The mean of each, shape (2, VECTOR_LENGTH); zeros where there is no sentence."""
        none = np.zeros(VECTOR_LENGTH, np.float32)
        return np.stack([part.mean(axis=0) if len(part) else none for part in (self.head, self.evidence)])


def read_wording(sentences: Sequence[Sentence], *, language: str | None, names: SideNames) -> Wording:
    """Encode a text's head and evidence, with the countries of both sides called by `names`.

    So a model that has learned with one pair of countries reads a text about another pair. Raises EncoderError.
    """
    head = [number for number, sentence in enumerate(sentences) if sentence.place != "body"]
    evidence = [number for number, _ in rank_evidence(sentences)]
    chosen = list(dict.fromkeys([*head, *evidence]))
    vectors = encode_sentences([call_sides_by(sentences[number], language, names) for number in chosen])
    place = {number: row for row, number in enumerate(chosen)}
    return Wording(
        head=vectors[[place[number] for number in head]], evidence=vectors[[place[number] for number in evidence]]
    )


def call_sides_by(sentence: Sentence, language: str | None, names: SideNames) -> str:
    """Return a sentence in which the countries of the topic's sides have these names."""
    parts, reached = [], 0
    for hit in sentence.hits:
        name = hit.name
        called = names.get(name.side) if name.role == "concept" and name.kind == "country" else None
        if called:
            parts += [sentence.text[reached : hit.start], called.get(language or "en") or called["en"]]
            reached = hit.end
    return "".join([*parts, sentence.text[reached:]])
