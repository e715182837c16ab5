"""The contents of a briefing: texts in its language, in their order. Pure.

They are stored as JSON and hold all that a file says, so that the same contents give the same bytes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pydantic import TypeAdapter

from db.i18n.languages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRun:
    """A piece of a line. `language`: of a text from outside, "" for the briefing's own; `notes`: numbers behind it."""

    text: str
    language: str = ""
    is_strong: bool = False
    notes: tuple[int, ...] = ()


TextLine = tuple[TextRun, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """A sentence of a text from outside, with who wrote it and when."""

    text: str
    language: str
    source: TextLine


@dataclass(frozen=True, slots=True, kw_only=True)
class PointList:
    """A list with its label."""

    label: str
    points: tuple[TextLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefingSection:
    """A story, or the part on the outlets: a heading, a line below it, and what follows."""

    heading: TextRun
    lead: str
    quotation: Quotation | None = None
    lists: tuple[PointList, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefingNote:
    """A note: a citation without the address, and the address; "" for one that may be no link."""

    citation: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """The contents of a briefing. Note n is the n-th of `notes`; `made_at` is UTC."""

    language: Language
    made_at: dt.datetime
    title: str
    period: str
    introduction: tuple[str, ...]
    stories: tuple[BriefingSection, ...]
    further: str  # what is left out; "" if nothing is
    outlets: BriefingSection | None = None  # None if it is of no period
    notes_heading: str
    notes: tuple[BriefingNote, ...]
    colophon: str


_ADAPTER = TypeAdapter(Briefing)


def serialise_briefing(briefing: Briefing) -> str:
    """Write the contents as JSON."""
    return _ADAPTER.dump_json(briefing).decode()


def parse_briefing(text: str) -> Briefing:
    """Read contents that `serialise_briefing` wrote. Raises ValueError for anything else."""
    return _ADAPTER.validate_json(text)
