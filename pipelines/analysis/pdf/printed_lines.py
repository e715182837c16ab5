"""The lines that a PDF page prints, with where they stand and how large they are. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from db.text.scripts import count_han
from pipelines.analysis.text.inline_text import read_raised_text

_MARK_SIZE = 0.85  # of the largest raised text to the text that it stands in
_LETTER_WIDTH = 0.5  # of the size of its type, on average; a Chinese character has the whole size
_GAP = 0.8  # sizes between two cells of a row
_WIDTH_ERROR = 0.25  # of the width of a text
_BLANK = 0.1  # sizes between two words
_SAME_LINE = 0.45  # sizes between the heights of two texts of one line
_ITEM_MARK = re.compile(r"[^\w\s]{1,2}|\(?\w{1,3}[.)]")
_BETWEEN_CELLS = " | "


@dataclass(slots=True)
class PrintedLine:
    """One line of a page. Positions and sizes are in points, y from the page's foot."""

    text: str
    x: float
    y: float
    size: float  # of the type that most of the line has
    page: int  # from 0
    is_bold: bool = False  # all of it
    cells: list[tuple[float, str]] = field(default_factory=list)  # (x, text) of its parts, if gaps are between them


@dataclass(slots=True)
class _Piece:
    text: str
    x: float
    y: float
    size: float
    is_bold: bool
    begins_line: bool  # pypdf has begun a line with it


class BudgetSpent(Exception):  # noqa: N818 - an end, not an error
    """What may be read of a document has been read."""


@dataclass(slots=True)
class ReadingBudget:
    """What may still be read of a document: characters of its text, and operations and characters that it shows."""

    characters: int
    work: int

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be read."""
        return self.characters <= 0 or self.work <= 0


class TextCollector:
    """Collects what pypdf's extraction tells of each text of a page, within what is left of a document's budget."""

    def __init__(self, budget: ReadingBudget) -> None:
        self._budget = budget
        self._pieces: list[_Piece] = []
        self._begins_line = True

    def count_operation(self, _operator: bytes, operands: Sequence[Any], *_matrices: Any) -> None:
        """Take note of an operation of the page; pypdf calls it `visitor_operand_before`. Raises BudgetSpent."""
        self._budget.work -= 1 + sum(map(_count_shown, operands))
        if self._budget.is_spent:
            raise BudgetSpent

    def visit(self, text: str, cm: Sequence[float], tm: Sequence[float], font: Any, size: float) -> None:
        """Take one text; pypdf calls it `visitor_text`."""
        text = text[: max(self._budget.characters, 0)]
        if not text:
            return
        self._budget.characters -= len(text)
        body = text.rstrip("\n")
        if body.strip():
            x, y = tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            scale = math.hypot(tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3])
            is_bold = font is not None and "bold" in str(font.get("/BaseFont", "")).lower()
            flat = body.replace("\n", " ")
            self._pieces.append(_Piece(flat, x, y, abs(size * scale) or 1.0, is_bold, self._begins_line))
            self._begins_line = False
        elif body and self._pieces:
            self._pieces[-1].text += " "
        self._begins_line = self._begins_line or text.endswith("\n")

    def make_lines(self, page: int) -> list[PrintedLine]:
        """Return the lines of the page, in the order in which they are printed. `page`: its number, from 0."""
        groups: list[list[_Piece]] = []
        for piece in self._pieces:
            if groups and _is_of_line(groups[-1][-1], piece):
                groups[-1].append(piece)
            else:
                groups.append([piece])
        return [line for group in groups if (line := _make_line(group, page)).text]


def _count_shown(operand: Any) -> int:
    """Return the length of a text, or of an array with its texts."""
    if isinstance(operand, list):
        return len(operand) + sum(len(part) for part in operand if isinstance(part, (str, bytes)))
    return len(operand) if isinstance(operand, (str, bytes)) else 0


def _is_of_line(last: _Piece, piece: _Piece) -> bool:
    """Return True if a text stands on the line of the one before, at its right."""
    if not piece.begins_line:
        return True
    return abs(last.y - piece.y) < _SAME_LINE * min(last.size, piece.size) and piece.x > last.x


def _make_line(pieces: list[_Piece], page: int) -> PrintedLine:
    main = max(pieces, key=lambda piece: len(piece.text.strip()))
    _read_marks(pieces, main)
    cells = _split_cells(pieces)
    return PrintedLine(
        text=_BETWEEN_CELLS.join(text for _, text in cells),
        x=pieces[0].x,
        y=main.y,
        size=main.size,
        page=page,
        is_bold=all(piece.is_bold for piece in pieces),
        cells=cells if len(cells) > 1 else [],
    )


def _read_marks(pieces: list[_Piece], main: _Piece) -> None:
    """Empty the small texts behind a word that are marks of footnotes, and keep powers and fractions."""
    for place, piece in enumerate(pieces[1:], 1):
        if piece.size < _MARK_SIZE * main.size:
            after = pieces[place + 1].text if place + 1 < len(pieces) else ""
            read = read_raised_text(piece.text.strip(), pieces[place - 1].text, after)
            if read is not None:
                piece.text = read + (" " if piece.text.endswith(" ") else "")


def _split_cells(pieces: list[_Piece]) -> list[tuple[float, str]]:
    """Return (x, text) of the parts of a line between which there are gaps of a column's kind."""
    cells: list[tuple[float, list[str]]] = []
    end, width = -math.inf, 0.0
    for piece in pieces:
        gap = piece.x - end
        # The width is an estimate. Where pypdf sees the same line, only a gap that is no error of it counts.
        least = _GAP * piece.size if piece.begins_line else max(_GAP * piece.size, _WIDTH_ERROR * width)
        if not cells or gap > least:
            cells.append((piece.x, []))
        elif piece.begins_line and gap > _BLANK * piece.size:
            cells[-1][1].append(" ")
        cells[-1][1].append(piece.text)
        han = count_han(piece.text)
        width = piece.size * (_LETTER_WIDTH * (len(piece.text) - han) + han)
        end = piece.x + width
    joined = [(x, " ".join("".join(texts).split())) for x, texts in cells]
    joined = [(x, text) for x, text in joined if text]
    if len(joined) > 1 and _ITEM_MARK.fullmatch(joined[0][1]):  # of a list; signs of marks have a font of their own
        mark = joined[0][1] if joined[0][1][:-1].isalnum() else "•"
        joined[:2] = [(joined[0][0], f"{mark} {joined[1][1]}")]
    return joined
