"""Find the line of a page that says when its article was published. Pure.

The line is found by where it stands, not by its class: beside the headline and before the text, or after the text if it
says what it is. Dates beside links to other stories, in menus and comments, in sentences, and that of the day on which
the page was fetched in its head, are not the article's.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from lxml.html import HtmlElement

from db.text.scripts import HAN_WEIGHT, has_han
from pipelines.analysis.metadata import date_forms, date_parser
from pipelines.analysis.metadata.date_parser import Moment
from pipelines.analysis.metadata.surroundings import (
    HIDDEN_TAGS,
    MAX_LINE_CHARACTERS,
    PUBLISHED,
    TAGS_IN_A_LINE,
    UPDATED,
    find_heading,
    is_dateline,
    is_of_others,
    is_prose,
    join_line,
    join_texts,
    says_published,
)

MARKED_TREE = "vigia-marked"  # class of a tree of which only an element of the class "dateline" can give the date
_MAX_PIECES = 60  # dated ones on each side of the headline, and texts of a block that are joined
_MAX_CHARACTERS_TO_HEADLINE = 300  # between a dateline above the headline and the headline
_MAX_LINKS_TO_HEADLINE = 3  # more are a menu
_PROSE_CHARACTERS = 80  # of a text that is a sentence, not a label
_LEAD_CHARACTERS = 500  # of sentences before which the dateline stands
_HEAD_BLOCK_CHARACTERS = 800  # of a block with the headline and what belongs to it, but no text
_STAMPED = frozenset({"span", "div", "p", "li", "td", "em", "b", "i"})
_STAMPS = ("data-time", "data-timestamp", "data-date", "data-datetime")
_MAX_STAMP_CHARACTERS = 40
_MAX_TIMES = 5  # <time> elements that are asked for the hour of a known day
_CLOCK_ERROR = dt.timedelta(minutes=15)
_DAY_ANYWHERE = dt.timedelta(hours=38)  # from the midnight of a day in UTC to its end in any zone

_YEAR = re.compile(
    r"(?:19|20)\d\d|[１２][９０]\S\S|[一二]\s?[^\s年]\s?[^\s年]\s?[^\s年]\s?年|dos\smil\s", re.IGNORECASE
)
_CHANGED_AFTER = re.compile(r"\s?[(（]?(?:更新|修改|갱신|수정)(?![:：])")


@dataclass(frozen=True, slots=True)
class Dateline:
    """A moment of publication as a page shows it.

    `is_beside_headline` is False for a line after the text. `updated` is the moment of change of the same line.
    """

    moment: Moment
    is_beside_headline: bool
    updated: Moment | None = None


class _Piece(NamedTuple):
    """A text of the page that has a year, or a <time> element."""

    element: HtmlElement
    text: str


class _Found(NamedTuple):
    """A piece, where it stands, and the characters and links above the headline before it."""

    place: str  # "above", "beside" or "below"
    characters: int
    links: int
    piece: _Piece


@dataclass(frozen=True, slots=True)
class _Setting:
    """What the lines of one page are judged by."""

    heading: HtmlElement | None
    around: frozenset[HtmlElement]  # what the headline stands in
    zone: dt.tzinfo | None
    month_first: bool
    fetched_at: dt.datetime


def find_dateline(
    tree: HtmlElement, *, title: str, zone: dt.tzinfo | None, month_first: bool, fetched_at: dt.datetime
) -> Dateline | None:
    """Return the dateline of a page's article; None if it has none."""
    heading = find_heading(tree, title)
    around = frozenset(heading.iterancestors()) if heading is not None else frozenset()
    setting = _Setting(heading, around, zone, month_first, fetched_at)
    above, beside, below = _dated_pieces(tree, setting)
    if tree.get("class") == MARKED_TREE:
        above, beside = ([piece for piece in pieces if says_published(piece.element)] for pieces in (above, beside))
        below = (piece for piece in below if says_published(piece.element))
    stated = (piece for piece in beside if piece.element.tag == "time" or says_published(piece.element))
    for piece in (*stated, *beside):
        if not is_of_others(piece.element, setting.around, is_below=False) and (found := _read(piece, setting)):
            return found
    for piece in reversed(above):
        if is_of_others(piece.element, setting.around, is_below=False) or not (found := _read(piece, setting)):
            continue
        if not _may_be_the_days(piece.element, found, setting):
            return found
    for piece in below:
        if is_of_others(piece.element, setting.around, is_below=True):
            continue
        if found := _read(piece, setting, must_say_so=not says_published(piece.element)):
            return Dateline(found.moment, False, found.updated)
    return None


def find_hour(tree: HtmlElement, day: dt.date, *, zone: dt.tzinfo | None) -> Moment | None:
    """Return the moment of the first <time> elements that lies on a day that is known already; None if none does."""
    for element in islice(tree.iter("time"), _MAX_TIMES):
        moment = date_parser.parse_date(_stamp_of(element) or join_texts(element), zone=zone)
        if moment is not None and moment.local is not None and moment.local.date() == day:
            return moment
    return None


def _dated_pieces(tree: HtmlElement, setting: _Setting) -> tuple[list[_Piece], list[_Piece], Iterator[_Piece]]:
    """Return the dated pieces close above the headline, between it and the text, and below.

    Without a headline all are below. The page is walked down to the text, and further as the last are asked for.
    """
    above: list[_Found] = []
    beside: list[_Piece] = []
    walk = _walk_to_pieces(tree, setting)
    last = next(walk)
    while last.place in {"above", "beside"}:
        if last.place == "above":
            above.append(last)
        elif len(beside) < _MAX_PIECES:
            beside.append(last.piece)
        last = next(walk)
    near = [
        found.piece
        for found in above[-_MAX_PIECES:]
        if last.characters - found.characters <= _MAX_CHARACTERS_TO_HEADLINE
        and found.links + _MAX_LINKS_TO_HEADLINE >= last.links
    ]
    below = (found.piece for found in chain([last], walk) if found.place == "below")
    return near, beside, islice(below, _MAX_PIECES)


def _walk_to_pieces(tree: HtmlElement, setting: _Setting) -> Iterator[_Found]:
    """Yield the dated pieces of a page in order, and at its end one with the place "end"."""
    is_above, is_below = setting.heading is not None, setting.heading is None
    characters = links = prose = 0
    for element in tree.iter():
        own = None
        tag = element.tag
        if isinstance(tag, str) and tag not in HIDDEN_TAGS:
            own = element.text
            if is_above:
                is_above = element is not setting.heading
                links += is_above and tag == "a"
            is_stamped = tag == "time" or (tag in _STAMPED and not is_above and not is_below)
            if is_stamped and _stamp_of(element):
                place = "above" if is_above else "below" if is_below else "beside"
                yield _Found(place, characters, links, _Piece(element, own or ""))
                own = None
        for text, is_tail in ((own, False), (element.tail, True)):
            if not text or len(text) < 4:
                continue
            # Most texts of a page have no digits of a year, which is quick to tell, and no Chinese.
            may_be_dated = "20" in text or "19" in text or not text.isascii() or " mil " in text or " MIL " in text
            if (is_below and not may_be_dated) or text.isspace():
                continue
            holder = element.getparent() if is_tail else element
            if holder is None or holder.tag in HIDDEN_TAGS:
                continue
            if is_above:
                characters += len(text.strip())
            elif not is_below and holder.tag != "a":
                size = len(text.strip()) * (HAN_WEIGHT if has_han(text) else 1)
                if size >= _PROSE_CHARACTERS and holder.tag != "figcaption":
                    prose += size
                is_below = prose >= _LEAD_CHARACTERS
            if may_be_dated and holder is not setting.heading and _YEAR.search(text, 0, MAX_LINE_CHARACTERS):
                place = "above" if is_above else "below" if is_below else "beside"
                yield _Found(place, characters, links, _Piece(holder, text))
    yield _Found("end", characters, links, _Piece(tree, ""))


def _read(piece: _Piece, setting: _Setting, *, must_say_so: bool = False) -> Dateline | None:
    """Read the dateline that a piece belongs to; None if it is none.

    With `must_say_so`, the line must say that it gives a publication.
    """
    text, dates = _line_of(piece, setting)
    published: Moment | None = None
    updated: Moment | None = None
    end = 0
    for date in dates:
        before, after = text[end : date.start], text[date.end :]
        end = date.end
        if (moment := _moment(date.value, setting)) is None:
            continue
        if UPDATED.search(before[-60:]) or _CHANGED_AFTER.match(after):
            updated = updated or moment
        elif published is None and is_dateline(text, before, date, must_say_so=must_say_so):
            published = moment
    stamp = _stamp_of(piece.element)
    stated = date_parser.parse_date(stamp, zone=setting.zone, month_first=setting.month_first) if stamp else None
    if stated is not None and not date_parser.is_plausible(stated, now=setting.fetched_at):
        stated = None
    if stated is None or (published is not None and (updated is not None or stated.precision == "day")):
        return Dateline(published, True, updated) if published is not None else None
    if published is None:
        # The element alone has the date: "14 May", "two hours ago".
        before = text.partition(date_forms.fold_date_text(join_texts(piece.element)) or text)[0]
        is_change = UPDATED.search(before[-60:]) or UPDATED.search(join_texts(piece.element)[:60])
        if dates or is_change or is_prose(text) or (must_say_so and not PUBLISHED.search(text)):
            return None
    return Dateline(stated, True)


def _stamp_of(element: HtmlElement) -> str | None:
    """Return the date that an element has for machines."""
    for name in ("datetime",) if element.tag == "time" else _STAMPS:
        if (value := element.get(name)) and len(value) <= _MAX_STAMP_CHARACTERS:
            return str(value)
    return None


def _line_of(piece: _Piece, setting: _Setting) -> tuple[str, list[date_forms.WrittenDate]]:
    """Return the folded text of the block that a piece stands in, and its dates.

    A block that is too long for a line is read from its piece alone; parts of a date may be blocks of their own.
    """

    def read(text: str) -> tuple[str, list[date_forms.WrittenDate]]:
        folded = date_forms.fold_date_text(text)
        return folded, date_forms.find_written_dates(folded, zone=setting.zone, month_first=setting.month_first)

    block = piece.element
    inner = block
    while block.tag in TAGS_IN_A_LINE and (parent := block.getparent()) is not None:
        inner, block = block, parent
    if block in setting.around or any(child.tag not in TAGS_IN_A_LINE for child in block):
        return read(piece.text if inner is block else join_line(inner))
    text, dates = read(join_texts(block))
    parent = block.getparent()
    if not dates and len(text) < 20 and parent is not None and parent not in setting.around:
        wider = read(join_texts(parent))
        if len(wider[0]) <= 60:
            return wider
    return text, dates


def _moment(value: dt.date, setting: _Setting) -> Moment | None:
    """Return a written date as a Moment; None if no article can have appeared then."""
    if isinstance(value, dt.datetime):
        moment = date_parser.from_datetime(value, zone=setting.zone)
    else:
        moment = date_parser.from_date(value)
    return moment if moment is not None and date_parser.is_plausible(moment, now=setting.fetched_at) else None


def _may_be_the_days(element: HtmlElement, found: Dateline, setting: _Setting) -> bool:
    """Return True if a date above the headline may be that of the fetch, which heads of pages show."""
    if found.moment.precision == "time":
        if abs(found.moment.utc - setting.fetched_at) > _CLOCK_ERROR:
            return False
    elif abs(found.moment.utc - setting.fetched_at) > _DAY_ANYWHERE:
        return False
    common = next((node for node in element.iterancestors() if node in setting.around), None)
    if common is None or any(node.tag == "article" for node in (common, *common.iterancestors())):
        return common is None
    return common.tag == "body" or sum(map(len, islice(common.itertext(), 200))) > _HEAD_BLOCK_CHARACTERS
