"""Join the lines of a PDF into paragraphs and headings: by gaps, sizes, indents and ends of sentences. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from db.text.scripts import CJK, CJK_CHARACTER, CJK_SIGNS, width_of
from pipelines.analysis.pdf.printed_lines import PrintedLine

_HEADING_SIZE = 1.12  # of a heading's type to the text's
_SAME_SIZE = 0.08  # relative difference of two lines of one paragraph
_PARAGRAPH_GAP = 1.25  # of the usual distance of two lines
_INDENT = 0.8  # in sizes of the type, of a first line
_FULL_LINE = 0.75  # of the usual width, of a line that goes on
_FULL_CJK_LINE = 0.6  # the same of Chinese
_SENTENCE_END = re.compile(r"[.!?…:;。！？：；][\"'”’»」』)）\]]{0,3}$")
_ITEM = re.compile(r"(?:[•‣▪■●◦·–—-]|\(?\d{1,2}[.)]|\(?[a-z][.)]|[（(]?[一二三四五六七八九十]{1,3}[、）)])\s?\S")
_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_]++(?:-[^\W\d_]++)++")
_SPLIT_WORD = re.compile(r"(?<![^\W\d_])([^\W\d_]++)[-\u2010\u00ad]$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_UNSPACED = re.compile(f"[{CJK}{CJK_SIGNS}]")


@dataclass(slots=True)
class Paragraph:
    """A paragraph, a heading or a row of a table. `size`: of its type, in points; `page`: from 0."""

    text: str
    size: float
    page: int
    is_heading: bool = False
    is_bold: bool = False


def join_paragraphs(lines: Sequence[PrintedLine], *, size: float) -> list[Paragraph]:
    """Return the paragraphs of lines in reading order. `size`: of the text."""
    gap = _usual_gap(lines, size)
    width = _usual_width(lines, size)
    compounds = {word.casefold() for line in lines for word in _WORD.findall(line.text)}
    groups: list[list[PrintedLine]] = []
    for line in lines:
        if groups and _goes_on(groups[-1], line, gap=gap, width=width, size=size):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [
        Paragraph(
            text=_join(group, compounds),
            size=group[0].size,
            page=group[0].page,
            is_heading=group[0].size >= _HEADING_SIZE * size or _is_subhead(group),
            is_bold=all(line.is_bold for line in group),
        )
        for group in groups
    ]


def _is_subhead(group: Sequence[PrintedLine]) -> bool:
    """Return True for a bold line alone that ends no sentence."""
    return len(group) == 1 and group[0].is_bold and not _SENTENCE_END.search(group[0].text)


def _usual_gap(lines: Sequence[PrintedLine], size: float) -> float:
    """Return the commonest distance between two lines of the text, in sizes of its type."""
    gaps = Counter(
        round((before.y - after.y) / size, 1)
        for before, after in pairwise(lines)
        if before.page == after.page
        and abs(after.size - size) <= _SAME_SIZE * size
        and 0.8 < (before.y - after.y) / size < 3
    )
    return gaps.most_common(1)[0][0] if gaps else 1.4


def _usual_width(lines: Sequence[PrintedLine], size: float) -> float:
    """Return the width of the text's full lines, in letters: that which one in four passes."""
    widths = sorted(width_of([line.text]) for line in lines if abs(line.size - size) <= _SAME_SIZE * size)
    return widths[len(widths) * 3 // 4] if widths else 0.0


def _goes_on(group: Sequence[PrintedLine], line: PrintedLine, *, gap: float, width: float, size: float) -> bool:
    """Return True if a line goes on with a paragraph."""
    last = group[-1]
    if last.cells or line.cells or abs(line.size - last.size) > _SAME_SIZE * last.size or _ITEM.match(line.text):
        return False
    is_heading = line.size >= _HEADING_SIZE * size
    distance = (last.y - line.y) / line.size
    ended = _SENTENCE_END.search(last.text.rstrip()) is not None
    if line.page != last.page or distance <= 0:  # the next page or column
        return not is_heading and not ended and width_of([last.text]) >= _FULL_LINE * width * 0.8
    if is_heading:
        return distance <= max(1.6, gap * 1.15)
    if distance > gap * _PARAGRAPH_GAP:
        return False
    if line.x > last.x + _INDENT * line.size:  # an indent, unless a mark hangs before the first line
        return len(group) == 1 and _ITEM.match(last.text) is not None
    if last.is_bold and not line.is_bold and all(before.is_bold for before in group) and not ended and len(group) < 4:
        return width_of([last.text]) >= _FULL_LINE * width and len(group) == 1  # a lead-in, no heading
    if _UNSPACED.match(last.text[-1:]) and not ended and CJK_CHARACTER.match(line.text):  # its lines are cut anywhere
        return width_of([last.text]) >= _FULL_CJK_LINE * width
    is_short = width_of([last.text]) < _FULL_LINE * width
    return not (is_short and (ended or not _FIRST_WORD.match(line.text) or line.text[0].isupper()))


def _join(lines: Iterable[PrintedLine], compounds: set[str]) -> str:
    """Join lines to one text; words that were split at the end of a line become whole again."""
    joined = ""
    for line in lines:
        text = " ".join(line.text.split())
        joined = _append(joined, text, compounds) if joined else text
    return joined.replace("\u00ad", "")


def _append(joined: str, text: str, compounds: set[str]) -> str:
    if not text:
        return joined
    last = joined[-60:]
    if split := _SPLIT_WORD.search(last):
        first = _FIRST_WORD.match(text)
        if first is None or not first[0][0].islower() or f"{split[1]}-{first[0]}".casefold() in compounds:
            return joined + text  # "China-" and "Perú", or a word that is written with it elsewhere
        return joined[:-1] + text
    if _UNSPACED.match(joined[-1]) or _UNSPACED.match(text[0]):
        return joined + text
    return f"{joined} {text}"
