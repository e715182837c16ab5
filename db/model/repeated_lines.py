"""Lines of one page, from which the repeated lines of its outlet are learned."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class LinePosition(enum.IntEnum):
    """Where a line is on a page. The higher the value, the more likely it belongs to the article."""

    LABEL = 0  # looks like a label, a link or a message to readers
    LAST = 1  # a sentence among the last lines
    AMONG = 2  # a sentence among others


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLine:
    """A line of a page. `line` is a hash: equal lines of an outlet have the same number."""

    text: str
    line: int
    standing: LinePosition


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLines:
    """The lines of a page that its outlet may repeat, and hashes that identify the article."""

    title: int  # hash of the beginning of the headline
    anchors: tuple[int, ...]  # anchors of the text, see db.copies.fingerprint
    lines: tuple[SeenLine, ...]
