"""Find the rows around a headline, and the name of a person in them that nothing marks as one. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import islice

from lxml.html import HtmlElement

from pipelines.analysis.metadata import date_forms
from pipelines.analysis.metadata.credit_lines import NAMED, read_names
from pipelines.analysis.metadata.surroundings import find_heading
from pipelines.analysis.text.comparison import comparable
from pipelines.analysis.text.inline_text import beginning_of

_MAX_BESIDE_HEADLINE_CHARACTERS = 120  # of what stands in one element with the headline, and is no text yet
_MAX_SOURCE_CHARACTERS = 1000  # of an element that are read, with blanks
_MAX_ROW_CHARACTERS = 120  # of a line of author and date
_MAX_BESIDE_NAME_CHARACTERS = 40  # of a date beside a name
_MAX_HEADER_LEVELS = 4  # between a headline and the element in which its article goes on
_MAX_ROWS = 6  # elements below the headline's, on each level
_MAX_ROW_PARTS = 20
_MAX_HEADINGS = 5
_DIGIT = re.compile(r"\d")
_ROW_TAGS = ("p", "div", "span", "td", "li", "dd", "address")


def find_rows(tree: HtmlElement, title: str) -> list[tuple[HtmlElement, str]]:
    """Return the small elements around the headline, each with its text: its own element's, then the rows below it.

    The rows end with the first paragraph.
    """
    heading = _find_main_heading(tree, title)
    scope = heading.getparent() if heading is not None else None
    if heading is None or scope is None:
        return []
    found = [(part, _row_text(part)) for part in scope.iter(*_ROW_TAGS)]
    widest = len(_row_text(heading)) + _MAX_BESIDE_HEADLINE_CHARACTERS
    for _ in range(_MAX_HEADER_LEVELS):
        parent = scope.getparent()
        if parent is None or parent.tag in {"body", "html"} or len(_row_text(scope)) > widest:
            break
        rows = (part for near in islice(scope.itersiblings(), _MAX_ROWS) for part in near.iter(*_ROW_TAGS))
        below = [(part, _row_text(part)) for part in islice(rows, _MAX_ROW_PARTS)]
        end = next((n for n, (part, text) in enumerate(below) if part.tag == "p" and _is_long(text)), None)
        found += below[:end]
        if end is not None:
            break
        scope = parent
    return [(part, text) for part, text in found if len(text) > 2 and not _is_long(text)]


def _find_main_heading(tree: HtmlElement, title: str) -> HtmlElement | None:
    """Return the first h1 that repeats the title, else the best heading."""
    plain = comparable(title)
    for heading in islice(tree.iter("h1"), _MAX_HEADINGS):
        if (text := comparable(_row_text(heading))) and (text in plain or plain in text):
            return heading
    return find_heading(tree, title)


def _is_long(text: str) -> bool:
    return len(text) > _MAX_ROW_CHARACTERS


def _row_text(element: HtmlElement) -> str:
    return " ".join(beginning_of(element, _MAX_SOURCE_CHARACTERS).split())


def holds_date(text: str) -> bool:
    """Return True if a short text holds a written date."""
    return bool(_DIGIT.search(text) and date_forms.find_written_dates(text, zone=None))


def find_name_beside_date(
    around: Sequence[tuple[HtmlElement, str]], lines: Sequence[str], *, is_photographer: Callable[[HtmlElement], bool]
) -> list[str]:
    """Return the name that is an element of its own in the row of the date, if no paragraph names it.

    A place or a section may stand there too, but an article names its place. Rows of photographers are left out.
    """
    for row, text in around:
        if not _DIGIT.search(text):
            continue
        for part in islice(row.iterdescendants("a", "span", "strong", "b", "em", "address"), _MAX_ROW_PARTS):
            if len(names := read_names([_row_text(part)])) != 1:
                continue
            name = names[0]  # without "By"
            beside = text.replace(name, " ", 1)
            if (
                NAMED.match(name)
                and len(beside) <= _MAX_BESIDE_NAME_CHARACTERS
                and holds_date(beside)
                and not is_photographer(row)
            ):
                prose = (line for line in lines if _is_long(line))
                return [] if any(name in line for line in prose) else [name]
    return []
