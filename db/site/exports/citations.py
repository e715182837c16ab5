"""Citations of an article: RIS, BibTeX, CSL-JSON, COinS and meta tags for Zotero. Pure.

RIS: the tags that EndNote and Zotero read. BibTeX: an @online entry of biblatex. CSL-JSON: csl-data.json of
citation-style-language/schema. COinS: OpenURL 1.0 (ANSI/NISO Z39.88-2004), in the keys that Zotero's openurl.js reads.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from db.news.article_row import ArticleRow
from db.news.outlets import OutletRow
from db.site import local_time
from db.site.exports.author_names import AuthorName, split_author_name
from db.site.exports.file_format import FileFormat
from db.text.excerpt import take_first_sentence
from db.text.web_address import web_address

CitationKind = Literal["newspaper", "report", "webpage"]
PRESS_KINDS = ("press", "regional", "agency", "state-media", "trade-press")
REPORT_KINDS = ("think-tank", "research")
MAX_KEYWORDS = 12
_RIS = {"newspaper": "NEWS", "report": "RPRT", "webpage": "ELEC"}
_CSL = {"newspaper": "article-newspaper", "report": "report", "webpage": "webpage"}
_ZOTERO = {"newspaper": "newspaperArticle", "report": "report", "webpage": "webpage"}
_LANGID = {
    "es": "spanish", "en": "english", "zh": "chinese", "pt": "portuguese", "fr": "french", "de": "german",
}  # fmt: skip
# BibTeX counts braces even after a backslash, so both are written as commands.
_TEX = str.maketrans(
    {
        "\\": r"{\textbackslash}", "{": r"{\textbraceleft}", "}": r"{\textbraceright}", "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    }
)  # fmt: skip
_BIDI = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_DROPPED = ("Cc", "Cs", "Cn", "Co")  # Unicode categories
_UNSAFE_IN_URL = re.compile(r"[\s{}\\\"<>^`|\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """The parts of a citation: each on one line, without control and direction characters."""

    id: int
    outlet_id: str
    sort: CitationKind
    title: str
    authors: tuple[AuthorName, ...]
    outlet: str
    published: dt.date | None  # day in the time zone of the outlet
    accessed: dt.date | None  # day of the last reading of the text, in the desk's zone
    url: str  # "" if it is not a web address that may be opened
    language: str
    abstract: str
    keywords: tuple[str, ...] = ()  # without commas, which separate them in BibTeX and CSL-JSON

    @property
    def key(self) -> str:
        """The citation key: outlet, day and id in ASCII."""
        return "-".join(part for part in (_ascii(self.outlet_id), _iso(self.published), str(self.id)) if part)


def make_citation(
    row: ArticleRow, outlet: OutletRow | None, *, keywords: Sequence[str] = (), zone: dt.tzinfo = dt.UTC
) -> Citation:
    """Make a citation of an article; `zone` is the desk's."""
    name = printable_line((outlet and outlet["name"]) or row["outlet"])
    kind = outlet and outlet["kind"]
    language = row["language"] or ""
    authors = [split_author_name(printable_line(author), language=language) for author in _authors(row["authors"])]
    accessed = local_time.read_moment(row["last_seen"])
    return Citation(
        id=row["id"],
        outlet_id=row["outlet"],
        sort=_sort_of(kind, row["format"]),
        title=printable_line(row["title"]),
        # If the author is the outlet itself, only the outlet is named.
        authors=tuple(author for author in authors if author.direct and author.direct.casefold() != name.casefold()),
        outlet=name,
        published=_publication_day(row, local_time.zone_of_outlet(outlet and outlet["country"], zone)),
        accessed=accessed.astimezone(zone).date() if accessed else None,
        url=_UNSAFE_IN_URL.sub(lambda match: quote(match[0]), web_address(row["url"]) or ""),
        language=language,
        abstract=printable_line(take_first_sentence(row["text"])),
        keywords=tuple(dict.fromkeys(printable_line(word.replace(",", " ")) for word in keywords))[:MAX_KEYWORDS],
    )


def _sort_of(kind: str | None, file_format: str | None) -> CitationKind:
    if kind in PRESS_KINDS:
        return "newspaper"
    return "report" if kind in REPORT_KINDS or file_format == "pdf" else "webpage"


def write_ris(citation: Citation) -> str:
    """Write one RIS record."""
    it = citation
    pairs = [("TY", _RIS[it.sort]), ("ID", it.key), *(("AU", name.inverted) for name in it.authors), ("TI", it.title)]
    pairs += [("T2", it.outlet), ("PB", it.outlet)]
    if it.published:
        pairs += [("PY", f"{it.published:%Y}"), ("DA", f"{it.published:%Y/%m/%d}/")]
    pairs += [("UR", it.url), ("Y2", f"{it.accessed:%Y/%m/%d}/" if it.accessed else ""), ("LA", it.language)]
    pairs += [("AB", it.abstract), *(("KW", word) for word in it.keywords)]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in pairs if value) + "ER  - \r\n"


def write_bibtex(citation: Citation) -> str:
    """Write one @online entry for biblatex and Biber (UTF-8). Braces protect capitals of titles and institutions."""
    it = citation
    people = [f"{{{_escape_tex(name.literal)}}}" if name.literal else _escape_tex(name.inverted) for name in it.authors]
    fields = [
        ("author", " and ".join(people)),
        ("title", f"{{{_escape_tex(it.title)}}}"),
        ("organization", f"{{{_escape_tex(it.outlet)}}}"),
        ("date", _iso(it.published)),
        ("url", it.url),
        ("urldate", _iso(it.accessed)),
        ("langid", _LANGID.get(it.language, "")),
        ("keywords", ", ".join(_escape_tex(word) for word in it.keywords)),
        ("abstract", _escape_tex(it.abstract)),
    ]
    body = "".join(f"  {name} = {{{value}}},\n" for name, value in fields if value and value != "{}")
    return f"@online{{{it.key},\n{body}}}\n"


def make_csl_item(citation: Citation) -> dict[str, object]:
    """Make one item of CSL-JSON."""
    it = citation
    people = [
        {"literal": name.literal} if name.literal else {"family": name.family, "given": name.given}
        for name in it.authors
    ]
    item = {
        "id": it.key, "type": _CSL[it.sort], "title": it.title, "author": people,
        "container-title": it.outlet if it.sort != "report" else "",
        "publisher": it.outlet if it.sort == "report" else "",
        "issued": _csl_date(it.published), "accessed": _csl_date(it.accessed), "URL": it.url, "language": it.language,
        "abstract": it.abstract, "keyword": ", ".join(it.keywords),
    }  # fmt: skip
    return {name: value for name, value in item.items() if value or name == "title"}


def write_csl_json(citation: Citation) -> str:
    """Write a CSL-JSON file with one item."""
    return json.dumps([make_csl_item(citation)], ensure_ascii=False, indent=1) + "\n"


CITATION_FORMATS = {
    "ris": FileFormat(
        label="RIS",
        media_type="application/x-research-info-systems; charset=utf-8",
        write=write_ris,
        is_attachment=True,
    ),
    "bib": FileFormat(
        label="BibTeX", media_type="application/x-bibtex; charset=utf-8", write=write_bibtex, is_attachment=True
    ),
    "csl.json": FileFormat(
        label="CSL-JSON",
        media_type="application/vnd.citationstyles.csl+json; charset=utf-8",
        write=write_csl_json,
        is_attachment=True,
    ),
}


def format_coins(citation: Citation) -> str:
    """Format the title of a `<span class="Z3988">`: OpenURL with Dublin Core keys and Zotero's type."""
    it = citation
    pairs = [("url_ver", "Z39.88-2004"), ("ctx_ver", "Z39.88-2004"), ("rft_val_fmt", "info:ofi/fmt:kev:mtx:dc")]
    pairs += [("rft.type", _ZOTERO[it.sort]), ("rft.title", it.title)]
    pairs += [("rft.publisher" if it.sort == "report" else "rft.source", it.outlet)]
    for name in it.authors:
        whole = [("rft.aucorp", name.literal)]
        pairs += whole if name.literal else [("rft.aulast", name.family), ("rft.aufirst", name.given)]
    pairs += [("rft.date", _iso(it.published)), ("rft.identifier", it.url), ("rft.language", it.language)]
    pairs += [("rft.description", it.abstract)]
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs if value)


def list_meta_tags(citation: Citation) -> list[tuple[str, str]]:
    """Return (name, content) of meta elements: Highwire Press's `citation_…` and Dublin Core."""
    it = citation
    pairs = [("citation_title", it.title), *(("citation_author", name.inverted) for name in it.authors)]
    pairs += [("citation_publication_date", f"{it.published:%Y/%m/%d}" if it.published else "")]
    pairs += [("citation_publisher", it.outlet), ("citation_public_url", it.url), ("citation_language", it.language)]
    pairs += [("DC.type", _ZOTERO[it.sort]), ("DC.title", it.title), ("DC.source", it.outlet)]
    pairs += [("DC.creator", name.inverted) for name in it.authors]
    pairs += [("DC.date", _iso(it.published)), ("DC.identifier", it.url), ("DC.language", it.language)]
    return [(name, content) for name, content in pairs if content]


def printable_line(text: str) -> str:
    """Put a text on one line, without control, direction and unpaired surrogate characters."""
    line = " ".join(text.split())
    if line.isprintable():  # nearly every text is
        return line
    kept = (letter for letter in line if letter not in _BIDI and unicodedata.category(letter) not in _DROPPED)
    return " ".join("".join(kept).split())


def _authors(text: str | None) -> list[str]:
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    return [name for name in found if isinstance(name, str) and name.strip()] if isinstance(found, list) else []


def _publication_day(row: ArticleRow, zone: dt.tzinfo) -> dt.date | None:
    """Return the day of publication in the outlet's zone: 22:00 in Lima is already the next day in UTC."""
    moment = local_time.read_moment(row["published"])
    if moment and row["published_precision"] == "time":
        local = local_time.read_moment(row["published_local"])
        moment = local if local and local.utcoffset() else moment.astimezone(zone)
    return moment.date() if moment else None


def _iso(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


def _csl_date(day: dt.date | None) -> dict[str, list[list[int]]] | None:
    return {"date-parts": [[day.year, day.month, day.day]]} if day else None


def _escape_tex(text: str) -> str:
    return text.translate(_TEX)


def _ascii(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")
