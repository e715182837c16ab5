"""The formats of briefings, by the ending of the file's name."""

from __future__ import annotations

from collections.abc import Callable

from db.site.briefings.document import Briefing
from db.site.briefings.docx_file import write_docx
from db.site.briefings.html_file import write_html
from db.site.briefings.markdown_file import write_markdown

BRIEFING_MEDIA_TYPES = {
    ".md": "text/markdown; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
BRIEFING_LABELS = {".docx": "Word", ".html": "HTML", ".md": "Markdown"}
BRIEFING_FORMATS: dict[str, Callable[[Briefing], bytes]] = {
    ".docx": write_docx,
    ".html": write_html,
    ".md": write_markdown,
}
