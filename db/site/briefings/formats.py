"""The formats of briefings, by the ending of the file's name."""

from __future__ import annotations

from collections.abc import Callable

from db.site.briefings.document import Briefing
from db.site.briefings.docx_file import write_docx
from db.site.briefings.html_file import write_html
from db.site.briefings.markdown_file import write_markdown

BRIEFING_FORMATS: dict[str, Callable[[Briefing], bytes]] = {
    ".md": write_markdown,
    ".html": write_html,
    ".docx": write_docx,
}
