"""Templates of messages, and a subject fit for a header: what digests and notices share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from db.text.sanitise import one_line

MAX_SUBJECT_CHARS = 160  # characters


def format_subject(text: str) -> str:
    """Fit for a header. "=?" would begin an encoded word (RFC 2047), which can spell what was cleaned off."""
    return one_line(text, MAX_SUBJECT_CHARS).replace("=?", "= ?")[:MAX_SUBJECT_CHARS]


def render_message(template: str, known: Mapping[str, object]) -> tuple[str, str]:
    """A template's plain text and HTML."""
    text, html = (load_templates().get_template(f"{template}.{form}").render(known) for form in ("txt", "html"))
    return text, html


@lru_cache
def load_templates() -> Environment:
    """The templates of messages, feeds and pages; what goes into HTML is escaped."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
