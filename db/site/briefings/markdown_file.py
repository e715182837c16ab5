"""Write a briefing as Markdown: CommonMark with footnotes as GitHub, Pandoc and Obsidian read them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from db.site.briefings.document import Briefing, BriefingNote, BriefingSection, TextLine, TextRun
from db.site.wording import SiteWording

_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~$&^=]")
_BARE_LINK = re.compile(r"(?i)(\bhttps?|\bftp)(?=:)|(\bwww)(?=\.)|(?=@)")
_BLOCK = re.compile(r"^(\d{1,9})(?=[.)])|^(?=[-+])")


def write_markdown(briefing: Briefing) -> bytes:
    """Write a briefing as a Markdown file in UTF-8."""
    return ("\n\n".join(_list_blocks(briefing, SiteWording(briefing.language))) + "\n").encode()


def _list_blocks(briefing: Briefing, wording: SiteWording) -> Iterator[str]:
    yield f"# {_escape(briefing.title)}"
    yield f"**{_escape(briefing.period)}**"
    yield from (_escape_block(text) for text in briefing.introduction)
    for place, section in enumerate(briefing.stories, 1):
        yield f"## {place}. {_escape(section.heading.text)}"
        yield from _list_section_blocks(section, wording)
    if briefing.further:
        yield _escape_block(briefing.further)
    if briefing.outlets:
        yield f"## {_escape(briefing.outlets.heading.text)}"
        yield from _list_section_blocks(briefing.outlets, wording)
    if briefing.notes:
        yield f"## {_escape(briefing.notes_heading)}"
        yield "\n".join(f"[^{number}]: {_write_note(note)}" for number, note in enumerate(briefing.notes, 1))
    yield "---"
    yield _escape_block(briefing.colophon)


def _list_section_blocks(section: BriefingSection, wording: SiteWording) -> Iterator[str]:
    yield _escape_block(section.lead)
    if section.quotation:
        said = wording("briefing.quoted", text=section.quotation.text)
        yield f"> {_escape_block(said)}  \n> {_write_line(section.quotation.source)}"
    for listed in section.lists:
        yield f"**{_escape(listed.label)}**"
        yield "\n".join(f"- {_write_line(line)}" for line in listed.points)


def _write_line(line: TextLine) -> str:
    return "".join(_write_run(run, place) for place, run in enumerate(line))


def _write_run(run: TextRun, place: int) -> str:
    text = _escape(run.text) if place or run.is_strong else _escape_block(run.text)
    marks = "".join(f"[^{number}]" for number in run.notes)
    return f"**{text}**{marks}" if run.is_strong else text + marks


def _write_note(note: BriefingNote) -> str:
    address = f" <{note.url}>" if note.url else ""
    return f"{_escape_block(note.citation)}{address}"


def _escape(text: str) -> str:
    """Escape what would be markup or would become a link by itself."""
    return _BARE_LINK.sub(lambda match: match[0] + "\\", _MARKUP.sub(r"\\\g<0>", text))


def _escape_block(text: str) -> str:
    """Escape a text that begins a block, where a number or a dash would begin a list."""
    return _BLOCK.sub(lambda match: match[0] + "\\", _escape(text))
