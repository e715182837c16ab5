"""Write a briefing as a page that stands alone: no script, nothing loaded, fit for print. Pure."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from db.site.briefings.document import Briefing
from db.site.wording import SiteWording


def write_html(briefing: Briefing) -> bytes:
    """Write a briefing as an HTML file in UTF-8."""
    return (_load_template().render(briefing=briefing, wording=SiteWording(briefing.language)) + "\n").encode()


@lru_cache
def _load_template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent.parent / "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("briefing_file.html")
