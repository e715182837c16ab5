"""Read a topic's measures.toml: measures, scopes and the words by which they are known."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from db.i18n.languages import LANGUAGES, Language

_Word = Annotated[str, Field(pattern=r"^[^\s*]([^*]*[^\s*])?\*?$")]
_WordList = tuple[_Word, ...]
_Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class CueWords(BaseModel):
    """Words by language; "kill*" stands for all words that begin so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: _WordList = ()
    es: _WordList = ()
    zh: _WordList = ()

    def by_language(self) -> dict[str, _WordList]:
        """Return the words of each language."""
        return {language: getattr(self, language) for language in LANGUAGES}


class Measure(CueWords):
    """A `[[measure]]`. The head of topics/measures.toml says what its keys mean."""

    id: _Identifier
    label: dict[Language, Annotated[str, Field(min_length=1)]]
    kinds: tuple[str, ...] = Field(min_length=1)
    counts: Literal["people"] | tuple[str, ...] = ()
    excludes: CueWords = CueWords()
    of: tuple[str, ...] = ()
    grows: bool = False
    persons: bool = False
    beside: tuple[str, ...] = ()
    weak: CueWords = CueWords()

    @functools.cached_property
    def has_cues(self) -> bool:
        """Whether a cue must stand near a figure of this measure."""
        return any((*self.by_language().values(), *self.weak.by_language().values()))


class FigureScope(CueWords):
    """A `[[scope]]`: what part, which time or which state a figure is of, or why it is another one than others."""

    id: _Identifier
    excludes: CueWords = CueWords()
    shown: bool = False
    state: bool = False
    tells: Literal["", "update", "sources"] = ""


class MeasureFile(BaseModel):
    """A whole measures.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measure: tuple[Measure, ...] = Field(min_length=1)
    scope: tuple[FigureScope, ...] = ()
    parts: CueWords = CueWords()
    attribution: CueWords = CueWords()
    beside: CueWords = CueWords()
    shares: CueWords = CueWords()
    doubtful_units: CueWords = CueWords()
    negations: CueWords = CueWords()
    people: CueWords = CueWords()
    things: Mapping[str, CueWords] = {}
    concept_nouns: Mapping[str, CueWords] = {}

    @model_validator(mode="after")
    def _check_names(self) -> MeasureFile:
        ids = [measure.id for measure in self.measure] + [scope.id for scope in self.scope]
        if twice := next((id_ for id_ in ids if ids.count(id_) > 1), None):
            raise ValueError(f'two measures or scopes have the id "{twice}"; give one of them another')
        for measure in self.measure:
            things = () if measure.counts == "people" else measure.counts
            if unknown := next((thing for thing in things if thing not in self.things), None):
                raise ValueError(f'measure "{measure.id}" counts "{unknown}", which is not in [things]; add it there')
        return self
