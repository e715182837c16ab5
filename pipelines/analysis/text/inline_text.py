"""Decide what an element within a sentence says: quotation, footnote mark, struck text, control. Pure.

The text is what a reader sees: the marks that a browser sets around `<q>` are part of it, a raised number that leads to
a footnote is no digit of the figure before it, and a word stays in its sentence even if a click on it does something.
"""

from __future__ import annotations

import functools
import re
from itertools import islice
from typing import NamedTuple

from lxml.html import HtmlElement

from db.text.scripts import is_han

CONTROLS = frozenset({"button", "label"})
STRUCK = frozenset({"del", "s", "strike"})
_BLOCKS = frozenset({"p", "div", "section", "article", "ul", "ol", "table", "blockquote", "h1", "h2", "h3", "h4"})
_FIELDS = frozenset({"input", "select", "textarea", "option"})
_OPENING = frozenset("«‹“„‟‘‚「『《〈\"'")
_UNMARKED = frozenset({"", " ", "\n", "\t", "\xa0", "(", "[", "（", "【"})  # what no footnote's mark stands behind
_SENTENCE_END = frozenset(".!?…。！？：:")
_CONTINUED = frozenset(",;.:)!?，；。：）、！？»”%")
_MAX_STRUCK_BLOCKS = 2  # in an element that strikes text; one with more was left open
_MAX_MARK_CHARACTERS = 12
_MIN_OPEN_CHARACTERS = 30  # of a sentence that may end with a control
_NUMBERS = r"[1-9]\d{0,2}(?:\s?[,–-]\s?[1-9]\d{0,2}){0,4}"
_BARE_NUMBER = re.compile(rf"{_NUMBERS}$")
_SIGNS = re.compile(r"[*†‡§¶]{1,3}$")
_LINKED_MARK = re.compile(
    rf"(?:(?:notas?\s?|n\.?\s?|note\s?|注)?{_NUMBERS}|[a-z]|[ivx]{{1,4}}|[*†‡§¶]{{1,3}})$", re.IGNORECASE
)
# What a raised 2 or 3 makes square or cubic: a unit of length behind a figure, blank or bar, or a single letter.
_POWER_BASE = re.compile(r"(?:^|[\s\d(/·.,])(?:[kcdmhµn]?m|ft|in|mi|yd|pies?|millas?|[A-Za-z])$|[米里尺]$")
_POWER_OF_TEN = re.compile(r"[×x·*]\s*10$")
_SUPERSCRIPT = str.maketrans("0123456789-–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_LINE_THROUGH = re.compile(r"text-decoration(?:-line)?\s*:[^;]{0,40}line-through", re.IGNORECASE)
_RAISED = re.compile(r"vertical-align\s*:\s*super", re.IGNORECASE)
_STRUCK_RULE = re.compile(r"\.([\w-]{1,60})\s*+\{[^{}]{0,300}?line-through", re.IGNORECASE)
_MAX_STYLE_CHARACTERS = 1_000
_MAX_SHEET_CHARACTERS = 100_000


class Style(NamedTuple):
    """What an element's own style does with its text."""

    hides: bool
    strikes: bool
    raises: bool


def read_style(element: HtmlElement) -> Style:
    """Read the style attribute of an element."""
    return _read_style(element.get("style", "")[:_MAX_STYLE_CHARACTERS])


@functools.lru_cache(maxsize=2_000)
def _read_style(style: str) -> Style:
    return Style(*(pattern.search(style) is not None for pattern in (_HIDDEN, _LINE_THROUGH, _RAISED)))


def read_struck_names(root: HtmlElement) -> set[str]:
    """Return the classes whose text the page's own style sheets strike out."""
    names = {"line-through"}  # as a common library of styles calls it
    for sheet in root.getroottree().iter("style"):
        if (text := sheet.text) and "line-through" in text:
            names.update(_STRUCK_RULE.findall(text[:_MAX_SHEET_CHARACTERS]))
    return names


def text_of(element: HtmlElement) -> str:
    """Return the text of a small element with single spaces, at most a few words of it."""
    parts: list[str] = []
    length = 0
    for part in element.itertext():
        parts.append(part)
        length += len(part)
        if length > 200:
            break
    return " ".join("".join(parts).split())


def beginning_of(element: HtmlElement, characters: int) -> str:
    """Return the first characters of an element's text as they stand; what follows is not read."""
    parts: list[str] = []
    length = 0
    for part in element.itertext():
        parts.append(part)
        length += len(part)
        if length >= characters:
            break
    return "".join(parts)[:characters]


def is_struck_out(element: HtmlElement) -> bool:
    """Return True if what an element strikes may be left out: words or a paragraph, not an article left open."""
    if next(element.iterdescendants("h1", "main", "article"), None) is not None:
        return False
    return sum(1 for _ in islice(element.iterdescendants("p", "div"), _MAX_STRUCK_BLOCKS + 1)) <= _MAX_STRUCK_BLOCKS


def quotation_marks(element: HtmlElement, before: str, depth: int) -> tuple[str, str]:
    """Return the marks that stand around a `<q>`; none if the page wrote them itself.

    `before` is the text of the block up to here, `depth` the number of quotations around it.
    """
    start = text_of(element)[:1]
    if not start or start in _OPENING or before[-1:] in _OPENING:
        return "", ""
    return ("‘", "’") if depth % 2 else ("“", "”")


def read_raised(element: HtmlElement, before: str, after: str) -> str | None:
    """Return the text for a raised element: "" for a footnote mark; None if it reads as it stands.

    `before` and `after` are the texts of the block around it.
    """
    text = text_of(element)
    if len(text) > _MAX_MARK_CHARACTERS:
        return None
    linked = element.find(".//a[@href]")
    if linked is not None and "#" in linked.get("href", "") and _LINKED_MARK.match(text):
        return ""
    return read_raised_text(text, before, after)


def read_raised_text(text: str, before: str, after: str) -> str | None:
    """Return the text for a raised text, as `read_raised`."""
    if len(text) > _MAX_MARK_CHARACTERS:
        return None
    if _SIGNS.match(text):
        return ""
    if _POWER_OF_TEN.search(before) and re.fullmatch(r"[-–]?\d{1,3}", text):
        return text.translate(_SUPERSCRIPT)
    if not _BARE_NUMBER.match(text):
        return None
    if after[:1] in {"/", "⁄"}:
        return f" {text}" if before[-1:].isdigit() else None
    if text in {"2", "3"} and _POWER_BASE.search(before):
        return None
    if before[-1:].isspace() and after[:1].isupper():
        return None  # an isotope
    return ""


def leads_to_place(element: HtmlElement) -> bool:
    """Return True if a link leads to a place in a page, as a footnote's mark does."""
    href = element.get("href", "")
    return "#" in href[:300] and not href.endswith("#")


def is_footnote_link(element: HtmlElement, before: str) -> bool:
    """Return True if a link is a footnote's mark: a number or sign behind a word that leads to another place.

    Marks in brackets are read as they stand: they are no digits of a figure.
    """
    if not leads_to_place(element) or before[-1:] in _UNMARKED:
        return False
    text = text_of(element)
    return len(text) <= _MAX_MARK_CHARACTERS and _LINKED_MARK.match(text) is not None


def is_word_of_sentence(element: HtmlElement, before: str) -> bool:
    """Return True if a button or label is a word of the sentence around it, not a control beside the text."""
    if any(child.tag in _FIELDS or child.tag in _BLOCKS for child in element.iter()):
        return False
    after = text_after(element).lstrip()
    start = after[:1]
    goes_on = start.islower() or start in _CONTINUED or bool(start and is_han(start))
    before = before.rstrip()
    if before and before[-1] not in _SENTENCE_END:
        is_sentence = " " in before or is_han(before[-1])
        return goes_on or (is_sentence and (bool(after) or len(before) >= _MIN_OPEN_CHARACTERS))
    return goes_on and bool(start)


def text_after(element: HtmlElement) -> str:
    """Return the beginning of the text behind an element in its block, or ""."""
    if tail := (element.tail or "")[:200].lstrip("\n"):
        return tail
    after = element.getnext()
    if after is None or not isinstance(after.tag, str) or after.tag in _BLOCKS or after.tag in CONTROLS:
        return ""
    return text_of(after)
