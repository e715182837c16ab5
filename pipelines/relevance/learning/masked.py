"""Texts without the names of the countries, so that a model does not learn to wait for those names.

Features and columns name a side by its towns, firms and people alone, and labelled texts are mostly news, which names
the countries. So a model learns each text a second time, without the names of its countries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from db.i18n.languages import LANGUAGES
from pipelines.relevance.evidence import Sentence, count_names
from pipelines.relevance.learning.text_vectors import call_sides_by

# What stands in the place of a country's name, by language.
_UNNAMED: dict[str, str] = dict(zip(LANGUAGES, ("the country", "el país", "该国"), strict=True))


def mask_countries(sentences: Sequence[Sentence], *, language: str | None, home: str) -> tuple[Sentence, ...]:
    """Return the sentences without the names of the countries of both sides.

    The places of other names stay as they were. `home` is the side that the outlet is at home on ("a" or "b"), or "".
    """
    return tuple(_masked(sentence, language, home) for sentence in sentences)


def _masked(sentence: Sentence, language: str | None, home: str) -> Sentence:
    kept = tuple(hit for hit in sentence.hits if hit.name.kind != "country")
    if len(kept) == len(sentence.hits):
        return sentence
    counted = count_names(sentence.text, sentence.place, kept, home=home)
    return replace(counted, text=call_sides_by(sentence, language, {"a": _UNNAMED, "b": _UNNAMED}))
