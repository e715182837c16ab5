"""Say of each figure of a text what it measures: the measure of the nearest cue in its clause, its concept, its scope.

In doubt a figure has no measure: what has none is compared with nothing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from db.i18n.concept_names import CONCEPT_NAME_COLUMNS
from db.i18n.languages import LANGUAGES
from db.model.figure import PART_SCOPE, Figure
from pipelines.figures.figure_reading import FigureReading, NamedConcept
from pipelines.figures.measure_file import MeasureFile
from pipelines.figures.measure_words import MeasureWords

_LIST_LINK = re.compile(r",? (?:y|e|o|and|or) |、|和|及|与")  # between figures of a list


def _mark_alone(figures: Sequence[Figure]) -> Iterator[Figure]:
    """Yield figures, those of the lead beside which no other value of their kind and unit stands as such."""
    kinds = [(one.kind, "" if one.kind == "count" and one.measure else one.unit) for one in figures]
    told: dict[tuple[str, str], set[float | str | None]] = {}
    for figure, kind in zip(figures, kinds, strict=True):
        if figure.in_lead:
            told.setdefault(kind, set()).add(figure.value)
    for figure, kind in zip(figures, kinds, strict=True):
        is_alone = figure.in_lead and len(told[kind]) == 1
        yield replace(figure, in_lead=2) if is_alone else figure


class Measures:
    """The measures of a topic, ready to be found in texts."""

    def __init__(self, file: MeasureFile) -> None:
        self.file = file
        self._words = MeasureWords(file)

    def make_rows(self) -> list[dict[str, object]]:
        """Return the rows of the table `measures`."""
        return [
            {
                "id": measure.id,
                **{column: measure.label.get(language) for language, column in CONCEPT_NAME_COLUMNS.items()},
                "grows": measure.grows,
                "is_lasting": bool(measure.of),
                "needs_lead": not measure.of,
            }
            for measure in self.file.measure
        ]

    def make_scope_rows(self) -> list[dict[str, object]]:
        """Return the rows of the table `scopes`."""
        return [
            {"id": scope.id, "is_state": scope.state, "is_shown": scope.shown, "tells": scope.tells}
            for scope in self.file.scope
        ]

    def measure_figures(
        self,
        figures: Sequence[Figure],
        text: str,
        language: str,
        *,
        concepts: Sequence[NamedConcept] = (),
        year: str = "",
    ) -> tuple[Figure, ...]:
        """Return the figures of a text with measure, concept, scope, and whether they are attributed and in the lead.

        `concepts` are those that the text names, in order; `year` is that of its publication.
        The work is linear in the text's length.
        """
        if language not in LANGUAGES or not figures:
            return tuple(figures)
        reading = FigureReading(self._words, figures, text, language, concepts=concepts, year=year)
        found: list[Figure] = []
        for number in range(len(figures)):
            found.append(reading.measure(number, found))
        return tuple(_mark_alone(list(self._mark_lists(found, reading.folded, language))))

    def _mark_lists(self, figures: Sequence[Figure], folded: str, language: str) -> Iterator[Figure]:
        """Yield figures, those of a list as parts of a whole: "nine officers and 11 villagers were injured"."""
        links = [
            one.kind == other.kind == "count" and bool(_LIST_LINK.fullmatch(folded, one.end, other.start))
            for one, other in itertools.pairwise(figures)
        ]
        for number, figure in enumerate(figures):
            beside = [figures[number - 1]] if number and links[number - 1] else []
            beside += [figures[number + 1]] if number < len(links) and links[number] else []
            shared = (one.measure for one in beside if one.measure and self._may_measure(one.measure, figure, language))
            measure = figure.measure or next(shared, "")
            if measure and any(
                self._may_measure(measure, one, language) and one.measure in ("", measure) for one in beside
            ):
                yield replace(figure, measure=measure, scope=" ".join(sorted({*figure.scope.split(), PART_SCOPE})))
            else:
                yield figure

    def _may_measure(self, id_: str, figure: Figure, language: str) -> bool:
        """True if a figure may count what the measure beside it counts: of "11 cars and 96 men", men are no cars."""
        if figure.unit in ("", "items"):
            return True
        measure = self._words.by_id[id_]
        counted = self._words.find_counted(figure.unit, language)
        if not counted:
            return measure.persons
        return bool(counted.intersection(("people",) if measure.counts == "people" else measure.counts))
