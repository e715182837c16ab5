"""Render templates and format subjects, for digests and notices."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from db.text.sanitise import one_line

MAX_SUBJECT_CHARS = 160


def format_subject(text: str) -> str:
    """Clean a subject for a header. "=?" is split: it begins an encoded word (RFC 2047), which can hide characters."""
    return one_line(text, MAX_SUBJECT_CHARS).replace("=?", "= ?")[:MAX_SUBJECT_CHARS]


def render_message(template: str, known: Mapping[str, object]) -> tuple[str, str]:
    """Render a template; return (plain text, HTML)."""
    text, html = (load_templates().get_template(f"{template}.{form}").render(known) for form in ("txt", "html"))
    return text, html


@lru_cache
def load_templates() -> Environment:
    """Load the templates of messages, feeds and pages. Values in HTML templates are escaped."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
