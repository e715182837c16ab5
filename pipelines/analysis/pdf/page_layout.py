"""Order a PDF's lines as they are read: columns, upright lines, footnotes, without running heads. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from statistics import median

from db.text.scripts import has_han
from pipelines.analysis.pdf.printed_lines import PrintedLine
from pipelines.analysis.text.comparison import comparable

_EDGE = 0.13  # of a page's height, at its head and at its foot
_EDGE_LINES = 4  # of a page, at each end, that may be a running head
_SAME_HEIGHT = 4  # points
_RUNNING_SHARE = 0.3  # of the pages that a running head stands on
_NUMBER = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"\W{0,4}(?:p[aá]g(?:ina)?s?\.?|page|p\.|第|seite)?\W{0,3}(?:\d{1,5}|[ivxlc]{1,7})\W{0,3}"
    r"(?:(?:de|of|von|/|[页頁](?:，|,|\s)?共)?\W{0,3}\d{1,5})?\W{0,2}[页頁]?\W{0,4}",
    re.IGNORECASE,
)
_MAX_PAGE_NUMBER_CHARACTERS = 24
_MAX_CONTACT_CHARACTERS = 160
_NOTE_SIZE = 0.92  # of a footnote's type to the text's
_NOTE = re.compile(r"\s*[(\[]?(?:\d{1,3}|[*†‡])[)\].]?\s?\S")
_MIN_COLUMN_LINES = 6
_COLUMN_SHARE = 0.6  # of a page's lines that the gap between columns goes through
_COLUMN_TOLERANCE = 12  # points
_MIN_COLUMN_CHARACTERS = 22  # of a column's lines, in the median; a table's cells are shorter
_MIN_UPRIGHT_LINES = 8


def order_lines(pages: Sequence[list[PrintedLine]], heights: Sequence[float]) -> tuple[list[PrintedLine], float]:
    """Return the lines of a document in reading order, footnotes last, and the size of its text.

    `heights`: of the pages, in points.
    """
    pages = [_join_upright(_split_columns(lines)) for lines in pages]
    pages = _without_running_heads(pages, heights)
    size = text_size(line for lines in pages for line in lines)
    body: list[PrintedLine] = []
    notes: list[PrintedLine] = []
    for lines in pages:
        start = _find_notes(lines, size)
        body += lines[:start]
        notes += lines[start:]
    return [*body, *notes], size


def text_size(lines: Iterable[PrintedLine]) -> float:
    """Return the size that most letters of the lines have; 0 if there are none."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters[round(line.size, 1)] += len(line.text)
    return letters.most_common(1)[0][0] if letters else 0.0


def _split_columns(lines: list[PrintedLine]) -> list[PrintedLine]:
    """Put columns that are printed line by line one below the other."""
    halves = [line for line in lines if len(line.cells) == 2]
    if len(halves) < _MIN_COLUMN_LINES or len(halves) < _COLUMN_SHARE * len(lines):
        return lines
    gutter = median(line.cells[1][0] for line in halves)
    halves = [line for line in halves if abs(line.cells[1][0] - gutter) <= _COLUMN_TOLERANCE]
    if len(halves) < max(_MIN_COLUMN_LINES, _COLUMN_SHARE * len(lines)) or min(
        median(len(line.cells[side][1]) for line in halves) for side in (0, 1)
    ) < _MIN_COLUMN_CHARACTERS / (2 if has_han(halves[0].text) else 1):
        return lines
    split = {id(line) for line in halves}
    first = next(place for place, line in enumerate(lines) if id(line) in split)
    left, right = [], []
    for line in lines[first:]:
        if id(line) in split:
            (left_x, left_text), (right_x, right_text) = line.cells
            left.append(PrintedLine(left_text, left_x, line.y, line.size, line.page))
            right.append(PrintedLine(right_text, right_x, line.y, line.size, line.page))
        else:
            (right if line.x >= gutter - _COLUMN_TOLERANCE else left).append(line)
    return [*lines[:first], *left, *right]


def _join_upright(lines: list[PrintedLine]) -> list[PrintedLine]:
    """Join single Chinese characters that stand below each other to the column that they are."""
    single = [line for line in lines if len(line.text) <= 2 and has_han(line.text)]
    if len(single) < max(_MIN_UPRIGHT_LINES, 0.6 * len(lines)):
        return lines
    joined: list[PrintedLine] = []
    for line in lines:
        before = joined[-1] if joined else None
        if before is not None and abs(before.x - line.x) < 0.5 * line.size and len(line.text) <= 2:
            before.text += line.text
        else:
            joined.append(line)
    return joined


def _without_running_heads(pages: Sequence[list[PrintedLine]], heights: Sequence[float]) -> list[list[PrintedLine]]:
    """Drop what stands at the edge of many pages, with or without a number, and numbers of pages."""
    edges = [_find_edge(lines, height) for lines, height in zip(pages, heights, strict=True)]
    seen: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    for number, edge in enumerate(edges):
        for line in edge:
            seen[_key(line)].add(number)
    least = max(2, _RUNNING_SHARE * len(pages))
    running = {key for key, numbers in seen.items() if len(numbers) >= least}
    kept = []
    for lines, edge in zip(pages, edges, strict=True):
        dropped = {
            id(line) for line in edge if _key(line) in running or _is_page_number(line.text) or _is_contact(line.text)
        }
        kept.append([line for line in lines if id(line) not in dropped])
    return kept


def _key(line: PrintedLine) -> tuple[str, int, int]:
    return _NUMBER.sub("#", comparable(line.text)), round(line.size), round(line.y / _SAME_HEIGHT)


def _is_page_number(text: str) -> bool:
    return len(text) <= _MAX_PAGE_NUMBER_CHARACTERS and _PAGE_NUMBER.fullmatch(text) is not None


def _is_contact(text: str) -> bool:
    """Return True for the address of an office, which stands at an edge of its letters."""
    return len(text) <= _MAX_CONTACT_CHARACTERS and any(sign in text for sign in ("@", "www.", "http"))


def _find_edge(lines: list[PrintedLine], height: float) -> list[PrintedLine]:
    """Return the lines at a page's head and foot."""
    if not lines:
        return []
    foot, head = _EDGE * height, (1 - _EDGE) * height
    by_height = sorted(lines, key=lambda line: line.y)
    foot_lines = [line for line in by_height[:_EDGE_LINES] if line.y <= foot]
    return foot_lines + [line for line in by_height[-_EDGE_LINES:] if line.y >= head]


def _find_notes(lines: list[PrintedLine], size: float) -> int:
    """Return the index from which a page's last lines are footnotes: small, and the first begins with a mark."""
    start = len(lines)
    while start and lines[start - 1].size < _NOTE_SIZE * size:
        start -= 1
    while start < len(lines) and not _NOTE.match(lines[start].text):
        start += 1
    return start or len(lines)
