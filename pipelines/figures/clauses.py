"""Find the clause in which a figure stands, and the sentence around it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from db.model.figure import Figure
from db.text.sentences import iter_sentences

MAX_CLAUSE_CHARACTERS = 240  # on each side of a figure; what stands farther off says nothing of it

_BORDER = re.compile(
    r"[;:,，、；：()（）\"“”«»—]| - "
    r"| (?:y|e|and|while|mientras|but|pero|aunque|though|although|frente a|against|whereas) "
)


class Clauses:
    """The borders of a folded text's sentences and clauses; none lies inside a figure."""

    def __init__(self, text: str, folded: str, figures: Sequence[Figure]) -> None:
        self._size = len(text)
        self.sentences = [0]
        place = 0
        for sentence in iter_sentences(text):
            place += len(sentence)
            if not sentence.rstrip().endswith(("?", "？")):  # a question and its answer are read together
                self.sentences.append(place)
        starts, ends = [figure.start for figure in figures], [figure.end for figure in figures]

        def is_inside(place: int) -> bool:
            at = bisect_right(starts, place) - 1
            return at >= 0 and place < ends[at]

        self._borders = [place for match in _BORDER.finditer(folded) if not is_inside(place := match.start())]

    def sentence_of(self, place: int) -> int:
        """Return the number of the sentence at a place, from 0."""
        return max(0, bisect_right(self.sentences, place) - 1)

    def bounds_of_sentence(self, number: int) -> tuple[int, int]:
        """Return where a sentence begins and ends."""
        end = self.sentences[number + 1] if number + 1 < len(self.sentences) else self._size
        return self.sentences[number], end

    def bounds_of_clause(self, start: int, end: int) -> tuple[int, int]:
        """Return where the clause around a figure begins and ends."""
        first, last = self.bounds_of_sentence(self.sentence_of(start))
        first, last = max(first, start - MAX_CLAUSE_CHARACTERS), min(last, end + MAX_CLAUSE_CHARACTERS)
        before = bisect_left(self._borders, start) - 1
        behind = bisect_left(self._borders, end)
        if before >= 0:
            first = max(first, self._borders[before])
        if behind < len(self._borders):
            last = min(last, self._borders[behind])
        return first, last
