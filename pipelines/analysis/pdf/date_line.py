"""Find the line by which a PDF is dated: below its letterhead or title, or at its foot beside the signature. Pure.

Which date a line gives is not read here: the tree of the document names the line, and the reader of pages reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from db.text.scripts import width_of
from pipelines.analysis.metadata import date_forms
from pipelines.analysis.metadata.surroundings import OF_A_DEED, PUBLISHED, is_dateline, measure_words
from pipelines.analysis.pdf.paragraphs import Paragraph

_PROSE_WIDTH = 160  # in letters, of a paragraph
_MAX_HEAD_LINES = 40  # paragraphs before the text
_MAX_FOOT_LINES = 2_000  # short ones behind the beginning of the text
_MAX_FOOT_CHARACTERS = 70
_MAX_WORDS_BEFORE = 5  # a place or who signs
_NOTE_SIZE = 0.93  # of a footnote's type to the text's
_PRINTED = "印发|印發|印制|印製"  # whole words: 印度 is India
_PRINTING = re.compile(_PRINTED)
# "国务院办公厅 2026年11月5日印发"
_AFTER = re.compile(rf"[\s.,;:)）】\]]*+(?:(?:{_PRINTED}|发布|發布|公布)[\s.)）]*+)?")
_BETWEEN_CELLS = " | "


class _Dated(NamedTuple):
    """A line with its first date. `is_of_printing`: it tells when the document was printed."""

    place: int
    date: date_forms.WrittenDate
    is_of_printing: bool


def find_date_line(paragraphs: Sequence[Paragraph], *, title: int | None) -> int | None:
    """Return the index of the paragraph that dates a document, None if none does. `title`: that of its title."""
    first = 0 if title is None else title + 1
    last = len(paragraphs) - 1
    text = next((place for place in range(first, last) if is_text_paragraph(paragraphs[place].text)), last)
    below = range(first, min(text, first + _MAX_HEAD_LINES))
    above = range((title or 0) - 1, max((title or 0) - _MAX_HEAD_LINES, 0) - 1, -1)
    found = _find_at_head(paragraphs, (*below, *above, *([text] if text >= first else [])))
    return found if found is not None else _find_at_foot(paragraphs, text)


def _find_at_head(paragraphs: Sequence[Paragraph], places: Iterable[int]) -> int | None:
    """Return the first line that says that it gives the publication, else the first dated one."""
    found: int | None = None
    for place in places:
        line, dates = _read(paragraphs[place].text)
        if not dates or not is_dateline(line, line[: dates[0].start], dates[0], must_say_so=False):
            continue
        if PUBLISHED.search(line[: dates[0].start]):
            return place
        found = place if found is None else found
    return found


def _find_at_foot(paragraphs: Sequence[Paragraph], text: int) -> int | None:
    """Return the line of the one day that lines behind the text give, of several days without those of printing.

    Headings, rows of tables and footnotes count for none: a chronicle and a list of sources have days too.
    """
    size = paragraphs[text].size if paragraphs else 0.0
    lines: list[_Dated] = []
    for place in range(text + 1, min(len(paragraphs), text + _MAX_FOOT_LINES)):
        one = paragraphs[place]
        if not one.is_heading and one.size >= _NOTE_SIZE * size and _BETWEEN_CELLS not in one.text:
            lines += _read_foot(one.text, place)
    others = [line for line in lines if not line.is_of_printing]
    for chosen in (lines, others):
        if len({line.date.value for line in chosen}) == 1:
            return chosen[0].place
    return None


def _read_foot(text: str, place: int) -> list[_Dated]:
    line, dates = _read(text)
    if not dates:
        return []
    date = dates[0]
    if OF_A_DEED.search(line, date.start, date.end):
        return [_Dated(place, date, False)]
    before = line[: date.start]
    if len(line) > _MAX_FOOT_CHARACTERS or measure_words(before) > _MAX_WORDS_BEFORE:
        return []
    has_label = PUBLISHED.search(before) is not None
    if not is_dateline(line, before, date, must_say_so=False) or (":" in before and not has_label):
        return []
    if not _AFTER.fullmatch(line[date.end :]):
        return []
    return [_Dated(place, date, _PRINTING.search(line) is not None)]


def _read(text: str) -> tuple[str, list[date_forms.WrittenDate]]:
    line = date_forms.fold_date_text(text)
    return line, date_forms.find_written_dates(line, zone=None)


def is_text_paragraph(text: str) -> bool:
    """Return True if a paragraph is as long as those of a text, and no line of a letterhead."""
    return width_of([text]) >= _PROSE_WIDTH
