"""The measures of a topic with the words by which they are found."""

from __future__ import annotations

from collections.abc import Iterator

from db.model.figure import PART_SCOPE
from pipelines.figures.measure_file import CueWords, Measure, MeasureFile
from pipelines.figures.word_finder import WordEntry, WordFinder


class MeasureWords:
    """The measures of a file by id and by the kind of their figures, and a finder of all words."""

    def __init__(self, file: MeasureFile) -> None:
        self.by_id = {measure.id: measure for measure in file.measure}
        self.by_kind: dict[str, list[Measure]] = {}
        for measure in file.measure:
            for kind in measure.kinds:
                self.by_kind.setdefault(kind, []).append(measure)
        self.finder = WordFinder(_word_entries(file))
        self.far_scopes = frozenset(scope.id for scope in file.scope if scope.shown or scope.tells)

    def find_counted(self, unit: str, language: str) -> frozenset[str]:
        """Return what the unit of a figure names: "people" (trabajadores), things; nothing if it is not known."""
        if unit == "people":
            return frozenset(("people",))
        words = self.finder.find(unit, language)
        return frozenset(word.owner for word in words if word.start == 0 and word.role in ("thing", "people"))


def _word_entries(file: MeasureFile) -> Iterator[WordEntry]:
    def entries(words: CueWords, role: str, owner: str) -> Iterator[WordEntry]:
        for language, listed in words.by_language().items():
            for word in listed:
                yield WordEntry(word, language, role, owner)

    for measure in file.measure:
        yield from entries(measure, "cue", measure.id)
        yield from entries(measure.weak, "weak", measure.id)
        yield from entries(measure.excludes, "exclude", measure.id)
    for scope in file.scope:
        yield from entries(scope, "scope", scope.id)
        yield from entries(scope.excludes, "scope", "")
    yield from entries(file.parts, "part", PART_SCOPE)
    yield from entries(file.beside, "beside", "")
    yield from entries(file.shares, "share", "")
    yield from entries(file.doubtful_units, "doubtful", "")
    yield from entries(file.attribution, "attribution", "")
    yield from entries(file.negations, "negation", "")
    yield from entries(file.people, "people", "people")
    for thing, words in file.things.items():
        yield from entries(words, "thing", thing)
    for kind, words in file.concept_nouns.items():
        yield from entries(words, "noun", kind)
