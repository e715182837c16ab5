"""Render the pages of invented outlets: a story in the template of its outlet."""

from __future__ import annotations

import datetime as dt
import re
import struct
import tomllib
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from crawler.demo.content import DemoStory
from crawler.demo.dates import long_date, relative_time

_TEMPLATES = Path(__file__).parent / "templates"
WORDS: dict[str, dict[str, Any]] = tomllib.loads((_TEMPLATES / "words.toml").read_text(encoding="utf-8"))
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


def _convert_markup(paragraph: str) -> Markup:
    """Convert **bold** and [links](/path) to HTML and escape the rest."""
    text = _BOLD.sub(r"<strong>\1</strong>", str(escape(paragraph)))
    return Markup(_LINK.sub(r'<a href="\2">\1</a>', text))  # noqa: S704 - escaped in the line above


def _iso(moment: dt.datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


_environment = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(marked=_convert_markup, iso=_iso)


def get_template(name: str) -> Template:
    """Return a template of the miniature web by its file name."""
    return _environment.get_template(name)


def render_page(story: DemoStory, *, others: Sequence[DemoStory], now: dt.datetime, amp: bool = False) -> bytes:
    """Render a story's page in its outlet's charset.

    `others` are the outlet's visible stories, for related links.
    """
    outlet = story.outlet
    related = [other for other in others if other.id != story.id and not other.forbidden]
    start = story.number % len(related) if related else 0
    local = story.published.astimezone(ZoneInfo(outlet.zone))
    text = get_template("amp.html" if amp else f"{outlet.template}.html").render(
        story=story,
        outlet=outlet,
        words=WORDS[story.language],
        date=long_date(local, outlet.date_form),
        related=[*related[start:], *related[:start]][:4],
        description=story.summary or story.text[:150],
        ld=_json_ld(story),
        distance=lambda other: relative_time(now - other.published, story.language),
        readers=int((now - story.published).total_seconds() // 60) * 3 + 211,
    )
    return text.encode(outlet.charset, "xmlcharrefreplace")


def _json_ld(story: DemoStory) -> dict[str, object]:
    """Return the page's JSON-LD, a schema.org/NewsArticle."""
    outlet = story.outlet
    data: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": story.url,
        "headline": story.title,
        "datePublished": _iso(story.published, outlet.zone),
        "dateModified": _iso(story.modified or story.published, outlet.zone),
        "inLanguage": story.language,
        "articleSection": story.section,
        "author": [{"@type": "Person", "name": name} for name in story.authors],
        "publisher": {"@type": "NewsMediaOrganization", "name": outlet.name, "url": outlet.home},
        "image": [f"http://{outlet.host}/img/{story.number}.png"],
    }
    if story.paywalled:
        # Real sites write it as a boolean or as a string; here the parity of the story's number decides.
        data["isAccessibleForFree"] = False if story.number % 2 else "False"
        data["hasPart"] = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".muro-de-pago"}
    return data


def render_picture(color: str, *, width: int = 160, height: int = 90) -> bytes:
    """Return a PNG of one colour ("#204060") that becomes lighter downwards."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    rows = b"".join(b"\0" + bytes(min(255, part + row) for part in (red, green, blue)) * width for row in range(height))

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
