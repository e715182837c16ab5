"""Templates of messages, and a subject fit for a header: what digests and notices share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from db.text.sanitise import one_line

LONGEST_SUBJECT = 160  # characters


def subject(text: str) -> str:
    """Fit for a header. "=?" would begin an encoded word (RFC 2047), which can spell what was cleaned off."""
    return one_line(text, LONGEST_SUBJECT).replace("=?", "= ?")[:LONGEST_SUBJECT]


def rendered(template: str, known: Mapping[str, object]) -> tuple[str, str]:
    """A template's plain text and HTML."""
    text, html = (templates().get_template(f"{template}.{form}").render(known) for form in ("txt", "html"))
    return text, html


@lru_cache
def templates() -> Environment:
    """The templates of messages, feeds and pages; what goes into HTML is escaped."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
