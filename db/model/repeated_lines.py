"""Lines that pages of an outlet repeat, as a page shows them."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class LinePosition(enum.IntEnum):
    """How a line stands on a page: the higher, the more it looks like the article's own."""

    LABEL = 0  # it reads like a label, a link or a word to the readers
    LAST = 1  # a sentence among the last lines
    AMONG = 2  # a sentence among others


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLine:
    """A line that a page shows; `line` is the same number for the same line of the outlet."""

    text: str
    line: int
    standing: LinePosition


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLines:
    """What a page shows that other pages of its outlet may show too, and what tells its article from others."""

    title: int  # of the headline's beginning
    anchors: tuple[int, ...]  # of the text, see db.copies.fingerprint
    lines: tuple[SeenLine, ...]
