"""Write a citation as one line of a bibliography, in the style that readers of a language know. Pure.

English: the Chicago Manual of Style, 17th edition (14.191, news sites). Spanish: Chicago-Deusto, its Spanish edition.
Chinese: GB/T 7714-2015, electronic resources.
"""

from __future__ import annotations

import datetime as dt
import re

from babel.dates import format_date

from db.i18n.languages import Language
from db.site.exports.citations import Citation

MAX_AUTHORS = 10  # of Chicago: of more, the first seven are named
MAX_AUTHORS_GB = 3  # of GB/T 7714: of more, these are named
_ENDS = ("?", "!", ".", "…", "。", "？", "！")
_GB_TYPES = {"newspaper": "N/OL", "report": "R/OL", "webpage": "EB/OL"}


def write_reference(citation: Citation, language: Language) -> str:
    """Return the line in the style of the language."""
    if language == "zh":
        return format_gb(citation)
    return format_deusto(citation) if language == "es" else format_chicago(citation)


def format_chicago(citation: Citation) -> str:
    """Format a bibliography entry by the Chicago Manual of Style."""
    title = _nest_quotes(citation.title)
    quoted = f"“{title}{'' if title.endswith(_ENDS) else '.'}”"
    accessed = f"Accessed {_american_day(citation.accessed)}." if citation.accessed else ""
    lead = _join_authors(citation, last=", and ")
    return _join_parts(citation, lead=lead, quoted=quoted, day=_american_day(citation.published), accessed=accessed)


def format_deusto(citation: Citation) -> str:
    """Format a bibliography entry by Chicago-Deusto."""
    quoted = f"«{citation.title.replace('«', '“').replace('»', '”')}»."
    accessed = f"Consultado el {_spanish_day(citation.accessed)}." if citation.accessed else ""
    lead = _join_authors(citation, last=" y ")
    return _join_parts(citation, lead=lead, quoted=quoted, day=_spanish_day(citation.published), accessed=accessed)


def format_gb(citation: Citation) -> str:
    """Format a bibliography entry by GB/T 7714."""
    names = [name.direct for name in citation.authors]
    lead = ", ".join(names[:MAX_AUTHORS_GB]) + (", 等" if len(names) > MAX_AUTHORS_GB else "")
    days = f", {citation.published.isoformat()}" if citation.published else ""
    days += f"[{citation.accessed.isoformat()}]" if citation.accessed else ""
    outlet = f"{citation.outlet}{days}." if lead or days else ""
    parts = [f"{(lead or citation.outlet).rstrip('.')}.", f"{citation.title}[{_GB_TYPES[citation.sort]}].", outlet]
    return " ".join(part for part in (*parts, citation.url and f"{citation.url}.") if part)


def _join_authors(citation: Citation, *, last: str) -> str:
    names = [name.direct if number else name.inverted for number, name in enumerate(citation.authors)]
    if len(names) > MAX_AUTHORS:
        return ", ".join([*names[:7], "et al"])
    return last.join([", ".join(names[:-1]), names[-1]]) if names[1:] else "".join(names)


def _join_parts(citation: Citation, *, lead: str, quoted: str, day: str, accessed: str) -> str:
    parts = [f"{(lead or citation.outlet).rstrip('.')}.", quoted]
    if lead:
        parts.append(f"{citation.outlet}, {day}." if day else f"{citation.outlet}.")
    elif day:
        parts.append(f"{day}.")
    if not day:
        parts.append(accessed)
    return " ".join(part for part in (*parts, citation.url and f"{citation.url}.") if part)


def _nest_quotes(title: str) -> str:
    paired = re.sub(r'"([^"]*)"', r"‘\1’", title)
    return paired.replace("“", "‘").replace("”", "’")


def _american_day(day: dt.date | None) -> str:
    return str(format_date(day, "long", locale="en_US")) if day else ""


def _spanish_day(day: dt.date | None) -> str:
    return str(format_date(day, "long", locale="es")) if day else ""
