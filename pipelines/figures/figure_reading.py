"""Read around each figure of a text what it measures, of which concept and in what scope."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from db.model.figure import CONVERTED_SCOPE, PART_SCOPE, Figure
from db.text.folding import fold
from pipelines.figures import figure_links
from pipelines.figures.clauses import MAX_CLAUSE_CHARACTERS, Clauses
from pipelines.figures.measure_file import Measure
from pipelines.figures.measure_words import MeasureWords
from pipelines.figures.word_finder import WordIndex, WordMatch, find_scopes

_LEAD_SENTENCES = 4  # figures in them are what an article tells, and not its background
_NOUN_GAP = 24  # characters behind a number without a unit in which its noun may stand
_CHINESE_GAP_BEFORE = 2  # between a Chinese noun and its number behind it: 游客达3万人次
_CHINESE_NOUN_GAP = 8  # and behind a Chinese classifier
_YEAR = re.compile(r"(?<![\d.])(?<!\d,)(?:19|20)\d\d(?![.,]?\d)")
_ANY_KIND = "project"  # a word for things of every kind
_BESIDE_CHARACTERS = 10  # before a name in which such a word begins
_BESIDE_GAP = 4  # between that word and the name: an article
_MAX_BESIDE = 8  # figures on each side of one, at most, that are looked through for one of its kind
_PART_GAP = 16  # characters between a figure and a word that makes it a part of another
_DENIAL_GAP = 16  # characters between a word that denies and the cue that it denies
_BREAK = re.compile(r"[\d,.;:，。；：、]")  # between these words: the cue is not denied
_MAX_BETWEEN = 2  # figures before one, at most, among which the same thing is looked for


class NamedConcept(NamedTuple):
    """A concept that a text names at a place."""

    start: int
    id: str
    kind: str


class FigureReading:
    """One text with its words and clauses."""

    def __init__(
        self,
        words: MeasureWords,
        figures: Sequence[Figure],
        text: str,
        language: str,
        *,
        concepts: Sequence[NamedConcept],
        year: str,
    ) -> None:
        folded = fold(text)
        self._measure_words = words
        self._own_year = year
        self._figures = figures
        self.folded = folded
        self._language = language
        self._is_chinese = language == "zh"
        self._words = WordIndex(words.finder.find(folded, language))
        self._clauses = Clauses(text, folded, figures)
        self._concepts = concepts
        self._concept_starts = [concept.start for concept in concepts]
        self._ids_by_kind: dict[str, set[str]] = {}
        for concept in concepts:
            if not self._is_beside(concept.start):
                self._ids_by_kind.setdefault(concept.kind, set()).add(concept.id)

    def measure(self, number: int, measured: Sequence[Figure]) -> Figure:
        """Return a figure with what it measures; `measured` are those before it."""
        figure = self._figures[number]
        sentence = self._clauses.sentence_of(figure.start)
        bounds = self._clauses.bounds_of_clause(figure.start, figure.end)
        whole = self._clauses.bounds_of_sentence(sentence)
        whole = (
            max(whole[0], figure.start - MAX_CLAUSE_CHARACTERS),
            min(whole[1], figure.end + MAX_CLAUSE_CHARACTERS),
        )
        around = self._words.between(*whole)
        is_attributed = any(word.role == "attribution" for word in around)
        figure = replace(figure, is_attributed=is_attributed, in_lead=int(sentence < _LEAD_SENTENCES))
        if figure.is_multiple or self._is_whole(number) or self._is_doubtful(figure, around):
            return figure
        before = measured[-1] if measured else figure
        if figure_links.is_converted(self.folded, before, figure):
            scope = " ".join(sorted({*before.scope.split(), CONVERTED_SCOPE})) if before.measure else ""
            return replace(figure, measure=before.measure, scope=scope, concept=before.concept)
        if before.measure and figure_links.is_restated(self.folded, before, figure):
            return replace(figure, measure=before.measure, scope=before.scope, concept=before.concept)
        measure = self._find_in(number, bounds, around, role="cue")
        if measure is None:
            bounds = self._reach(number, whole)
            measure = self._find_in(number, bounds, around, role="cue")
        if measure is None:
            measure = self._find_in(number, bounds, around, role="weak")
        base = self._find_base(number, whole, measure) if measure is not None else ""
        if measure is None or (measure.beside and not base):
            return self._inherit(number, figure, measured[-_MAX_BETWEEN:], bounds, whole, around)
        scope = self._find_scope(number, bounds, whole, around, measure)
        scope = " ".join(sorted({*scope.split(), base} - {""}))
        return replace(figure, measure=measure.id, scope=scope, concept=self._find_concept(measure, whole))

    def _find_base(self, number: int, whole: tuple[int, int], measure: Measure) -> str:
        """Return of what amount a figure is the growth, as a scope: "up 8 % to $90 million", "$90 million, up 8 %".

        "" if no such amount stands next to it in the sentence.
        """
        if not measure.beside:
            return ""
        figure = self._figures[number]
        beside = (*self._figures[number + 1 : number + 2], *self._figures[max(0, number - 1) : number])
        for base in beside:
            is_base = base.kind in measure.beside and whole[0] <= base.start < whole[1]
            if is_base and isinstance(base.value, float) and figure_links.is_growth_of(self.folded, figure, base):
                return f"of-{base.value:.1e}-{base.unit}"
        return ""

    def _is_whole(self, number: int) -> bool:
        """True if a figure only says of how many another one is a part."""
        figures = self._figures
        if self._is_chinese:
            return number + 1 < len(figures) and figure_links.is_chinese_whole(
                self.folded, figures[number], figures[number + 1]
            )
        return number > 0 and figure_links.is_part_of(self.folded, figures[number - 1], figures[number])

    def _is_doubtful(self, figure: Figure, around: Sequence[WordMatch]) -> bool:
        """True if a figure ends with a unit that may be another one: "millas" are of the land or of the sea."""
        return any(word.role == "doubtful" and word.end == figure.end for word in around)

    def _reach(self, number: int, whole: tuple[int, int]) -> tuple[int, int]:
        """Return the part of the sentence around a figure in which no other figure of its kind stands."""
        figure = self._figures[number]
        start, end = whole
        for other in reversed(self._figures[max(0, number - _MAX_BESIDE) : number]):
            if other.kind == figure.kind:
                start = max(start, min(figure.start, self._clauses.bounds_of_clause(other.start, other.end)[1]))
                break
        for other in self._figures[number + 1 : number + _MAX_BESIDE]:
            if other.kind == figure.kind:
                end = min(end, max(figure.end, self._clauses.bounds_of_clause(other.start, other.end)[0]))
                break
        return start, end

    def _find_in(
        self, number: int, bounds: tuple[int, int], around: Sequence[WordMatch], *, role: str
    ) -> Measure | None:
        """Return the measure of the cue, of role "cue" or "weak", in these bounds that is nearest to the figure."""
        figure = self._figures[number]
        within = [word for word in around if bounds[0] <= word.start < bounds[1]]
        cues: dict[str, int] = {}  # measure -> how far off
        excluded = {word.owner for word in within if word.role == "exclude"}
        for word in within:
            if word.role == role and not self._is_denied(word, within, figure):
                gap = max(figure.start - word.end, word.start - figure.end, 0)
                if self.folded[figure.end : word.start] == "的":  # 14亿美元的贷款: what the figure is of
                    gap = -1
                cues[word.owner] = min(gap, cues.get(word.owner, gap))
        counted = self._find_counted(number, bounds, around) if figure.kind == "count" else frozenset[str]()
        best: tuple[tuple[bool, int], Measure] | None = None
        for measure in self._measure_words.by_kind.get(figure.kind, ()):
            if measure.id in excluded or (measure.has_cues and measure.id not in cues):
                continue
            wanted = ("people",) if measure.counts == "people" else measure.counts
            is_counted = counted.intersection(wanted) or (
                measure.persons and figure.unit not in ("", "items") and not counted
            )
            if wanted and not is_counted:
                continue
            rank = (not measure.has_cues, cues.get(measure.id, 0))
            if best is None or rank < best[0]:
                best = (rank, measure)
        return None if best is None else best[1]

    def _is_denied(self, cue: WordMatch, within: Sequence[WordMatch], figure: Figure) -> bool:
        """True if a cue of persons says that there are none: "no one was killed", 未造成人员死亡."""
        if not self._measure_words.by_id[cue.owner].persons:
            return False
        denials = [word.end for word in within if word.role == "negation" and word.end <= cue.start]
        if not denials or max(denials) <= figure.start < cue.start:
            return False
        between = self.folded[max(denials) : cue.start]
        return len(between) <= _DENIAL_GAP and not _BREAK.search(between)

    def _find_counted(self, number: int, bounds: tuple[int, int], around: Sequence[WordMatch]) -> frozenset[str]:
        """Return what a figure counts: "people", or things."""
        figure = self._figures[number]
        gap = _CHINESE_NOUN_GAP if self._is_chinese else 0 if figure.unit else _NOUN_GAP
        last = min(figure.end + gap, bounds[1])
        if number + 1 < len(self._figures):
            last = min(last, self._figures[number + 1].start)
        last = max(last, figure.end)
        longer = {
            word.owner
            for word in around
            if word.role in ("thing", "people") and figure.start < word.start < figure.end < word.end <= bounds[1]
        }
        if longer and not self._is_chinese:
            return frozenset(longer)  # "120 puestos de trabajo" are no "puestos"
        counted = set(self._measure_words.find_counted(figure.unit, self._language))
        for word in around:
            is_near = word.role in ("thing", "people") and figure.start <= word.start and word.end <= last
            if is_near and self._is_noun(word, figure):
                counted.add(word.owner)
        if self._is_chinese and counted <= {"people"} and not self.folded[figure.end : figure.end + 1].isalpha():
            before = (word for word in around if 0 <= figure.start - word.end <= _CHINESE_GAP_BEFORE)
            counted |= {word.owner for word in before if word.role == "thing" and word.end - word.start > 1}
        return frozenset(counted)

    def _is_noun(self, word: WordMatch, figure: Figure) -> bool:
        """True if a word is what a figure counts. One Chinese character behind it may be a piece of another word."""
        if self._is_chinese:
            return word.end - word.start > 1 or word.end <= figure.end
        return not figure.unit or self._ends_with(word, figure)

    def _ends_with(self, word: WordMatch, figure: Figure) -> bool:
        """True if a word, to its end, is the last of the figure."""
        return " " not in self.folded[word.end : figure.end].strip()

    def _find_scope(
        self,
        number: int,
        bounds: tuple[int, int],
        whole: tuple[int, int],
        around: Sequence[WordMatch],
        measure: Measure,
    ) -> str:
        """Return the scopes of the clause, and its years. Some are read up to the next figures of the kind."""
        figure, reach = self._figures[number], self._reach(number, whole)
        scopes = set()
        own = {word.start for word in around if word.role == "cue" and word.owner == measure.id}
        for word in find_scopes(around, whole=self._measure_words.far_scopes):
            if measure.persons and word.start in own:
                continue  # "34 detenidos" are persons, and no lorries that are held up
            start, end = reach if word.owner in self._measure_words.far_scopes else bounds
            if start <= word.start < end:
                scopes.add(word.owner)
        years = whole if measure.persons else bounds
        scopes |= {f"y{year[0]}" for year in _YEAR.finditer(self.folded, *years) if year[0] != self._own_year}
        if self._is_part(number, around):
            scopes.add(PART_SCOPE)
        elif measure.persons and not own.intersection(range(figure.start, figure.end)):
            beside = figure_links.find_one_beside(self.folded, figure)
            if beside and not any(self._is_other(word, measure) for word in around if word.start in range(*beside)):
                scopes.add(PART_SCOPE)  # "two Peruvians and a Chinese national are held": three are
        return " ".join(sorted(scopes))

    def _is_other(self, word: WordMatch, measure: Measure) -> bool:
        """True if a word stands for a thing, or for another toll than this one."""
        is_toll = word.role == "cue" and word.owner != measure.id and self._measure_words.by_id[word.owner].persons
        return is_toll or word.role == "thing"

    def _is_part(self, number: int, around: Sequence[WordMatch]) -> bool:
        """True if a figure is a part of another, as the words beside it say."""
        figure = self._figures[number]
        before = self._figures[number - 1].end if number else 0
        if number + 1 < len(self._figures) and figure_links.is_part_of(self.folded, figure, self._figures[number + 1]):
            return True
        for word in around:
            if word.role == "part":
                if word.end > before and 0 <= figure.start - word.end <= _PART_GAP:
                    return True
                if word.start >= figure.end and self.folded[figure.end : word.start] in ("", " "):
                    return True
            if word.role == "share" and 0 <= word.start - figure.end <= 1:
                return True
        return False

    def _inherit(
        self,
        number: int,
        figure: Figure,
        measured: Sequence[Figure],
        bounds: tuple[int, int],
        whole: tuple[int, int],
        around: Sequence[WordMatch],
    ) -> Figure:
        """Give what somebody says of the same thing its measure: "180 tonnes in the hold. The owner says it is 95"."""
        alike = [one for one in measured if (one.kind, one.unit) == (figure.kind, figure.unit)]
        if not alike or not alike[-1].measure or not figure.is_attributed:
            return figure
        before = alike[-1]
        apart = self._clauses.sentence_of(figure.start) - self._clauses.sentence_of(before.start)
        if apart > 1 or "\n" in self.folded[before.end : figure.start]:
            return figure
        if not any(
            word.role == "attribution" and before.end <= word.start < max(bounds[1], figure.end) for word in around
        ):
            return figure
        if any(word.role == "exclude" and word.owner == before.measure for word in around if bounds[0] <= word.start):
            return figure
        scope = self._find_scope(number, bounds, whole, around, self._measure_words.by_id[before.measure])
        if figure_links.find_years(scope) - figure_links.find_years(before.scope):
            return figure
        return replace(figure, measure=before.measure, scope=scope, concept=before.concept)

    def _find_concept(self, measure: Measure, whole: tuple[int, int]) -> str:
        """Return the concept that a figure is a property of: one named in the sentence, or "the port" of the text."""
        kinds = set(measure.of)
        if not kinds:
            return ""
        near = [one for one in self._concepts_between(*whole) if one.kind in kinds and not self._is_beside(one.start)]
        others = {word.owner for word in self._words.between(*whole) if word.role == "noun"} - {_ANY_KIND}
        if near:
            ids = {concept.id for concept in near}
            return ids.pop() if len(ids) == 1 and others <= {concept.kind for concept in near} else ""
        if len(others) != 1 or not others <= kinds:
            return ""
        meant = self._ids_by_kind.get(next(iter(others)), set())
        return next(iter(meant)) if len(meant) == 1 else ""

    def _concepts_between(self, start: int, end: int) -> Sequence[NamedConcept]:
        return self._concepts[bisect_left(self._concept_starts, start) : bisect_left(self._concept_starts, end)]

    def _is_beside(self, start: int) -> bool:
        """True if a name is where something leads or comes from, and not what is spoken of: "from Chancay"."""
        near = self._words.between(max(0, start - _BESIDE_CHARACTERS), start)
        return any(word.role == "beside" and start - word.end <= _BESIDE_GAP for word in near)
