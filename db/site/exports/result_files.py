"""A result as a file: CSV for spreadsheets, JSON for programs, Atom (RFC 4287) for feed readers. Pure.

docs/reading-room.md describes the fields; their names are an interface. No full text leaves the reading room here.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from xml.etree import ElementTree

from db.site.exports.citations import printable_line
from db.text.web_address import web_address

FORMATS = {
    "atom": "application/atom+xml; charset=utf-8",
    "csv": "text/csv; charset=utf-8; header=present",
    "json": "application/json; charset=utf-8",
}
ATOM_NAMESPACE = "http://www.w3.org/2005/Atom"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# What makes a spreadsheet take a cell for a formula (OWASP, CSV Injection), full-width forms included.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedArticle:
    """One article as files say it; the fields in their order are the columns of the CSV. Times are UTC with Z."""

    id: int
    title: str
    url: str  # "" when it is none that may be opened
    page: str  # its address in the reading room
    outlet: str
    outlet_name: str
    country: str | None
    kind: str | None
    ownership: str | None
    published: str | None
    published_precision: str | None
    first_seen: str
    updated: str  # when a change of its text was last seen, else first_seen
    language: str | None
    verdict: str
    authors: tuple[str, ...]
    first_sentence: str
    concepts: tuple[str, ...]
    original: int | None
    copies: int
    credited_to: str | None
    paywalled: bool
    sponsored: bool
    key: str  # tells articles apart in any desk; in no column: Atom's ids are made of it


COLUMNS = tuple(it.name for it in fields(ExportedArticle) if it.name != "key")


def list_rows(articles: Sequence[ExportedArticle]) -> list[dict[str, Any]]:
    """The articles by column."""
    return [{name: getattr(article, name) for name in COLUMNS} for article in articles]


def write_csv(articles: Sequence[ExportedArticle]) -> str:
    """RFC 4180, with a header; lists are joined with "; ", truth is 1 or 0, and no cell begins like a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(getattr(article, name)) for name in COLUMNS] for article in articles)
    return out.getvalue()


def _cell(value: object) -> str | int:
    if isinstance(value, int):
        return int(value)
    text = "; ".join(value) if isinstance(value, tuple) else str(value or "")
    text = printable_line(text)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def write_json(
    articles: Sequence[ExportedArticle],
    *,
    desk: str,
    given: Mapping[str, str],
    mistake: str,
    now: dt.datetime,
    following: str,
) -> str:
    """One object: what was asked for, `articles`, and `next`, the address of the following ones (null: no more)."""
    document = {
        "desk": desk,
        "generated": _stamp(now),
        "query": given.get("q", ""),
        "mistake": mistake or None,
        "filters": {name: value for name, value in given.items() if name not in ("q", "sort")},
        "count": len(articles),
        "next": following or None,
    }
    head = json.dumps(document, ensure_ascii=False).removesuffix("}")
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in list_rows(articles))  # an article a line
    return f'{head}, "articles": [\n{lines}\n]}}\n'


def write_atom(
    articles: Sequence[ExportedArticle],
    *,
    desk: str,
    title: str,
    itself: str,
    page: str,
    following: str,
    names: Mapping[str, str],
    now: dt.datetime,
) -> str:
    """A feed. Ids are the same whatever address the desk is read at; `names` has the concepts' by id."""
    feed = ElementTree.Element("feed", {"xmlns": ATOM_NAMESPACE})
    query = itself.partition("?")[2]
    _add_text(feed, "id", uuid.uuid5(uuid.NAMESPACE_URL, f"{desk}?{query}").urn)
    _add_text(feed, "title", printable_line(title))
    _add_text(feed, "updated", max((article.updated for article in articles), default=_stamp(now)))
    _add_link(feed, "self", itself, "application/atom+xml")
    _add_link(feed, "alternate", page, "text/html")
    if following:
        _add_link(feed, "next", following, "application/atom+xml")  # RFC 5005
    _add_text(feed, "generator", "Vigía")
    for article in articles:
        _add_entry(feed, article, names)
    return str(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True), "utf-8")


def _add_entry(feed: ElementTree.Element, article: ExportedArticle, names: Mapping[str, str]) -> None:
    entry = ElementTree.SubElement(feed, "entry")
    language = {_LANGUAGE: article.language} if article.language and article.language.isalpha() else {}
    _add_text(entry, "id", uuid.uuid5(uuid.NAMESPACE_URL, article.key).urn)
    _add_text(entry, "title", printable_line(article.title), language)
    _add_text(entry, "updated", article.updated)
    if article.published:
        _add_text(entry, "published", article.published)
    for name in article.authors or (article.outlet_name,):
        _add_text(ElementTree.SubElement(entry, "author"), "name", printable_line(name) or article.outlet)
    _add_link(entry, "alternate", article.page, "text/html")
    if article.url:
        _add_link(entry, "via", article.url)
    for id_ in article.concepts:
        ElementTree.SubElement(entry, "category", {"term": id_, "label": printable_line(names.get(id_, id_))})
    # Who says it stands in the line itself: a feed reader shows no outlet.
    said = f"{article.outlet_name}: {article.first_sentence}"
    _add_text(entry, "summary", printable_line(said), language)


def _add_text(parent: ElementTree.Element, name: str, text: str, attributes: Mapping[str, str] | None = None) -> None:
    ElementTree.SubElement(parent, name, dict(attributes or {})).text = text


def _add_link(parent: ElementTree.Element, rel: str, href: str, content_type: str = "") -> None:
    attributes = {"rel": rel, "href": href} | ({"type": content_type} if content_type else {})
    ElementTree.SubElement(parent, "link", attributes)


def _stamp(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def exportable_address(url: object) -> str:
    """The address of an article as a file may hold it: absolute, http or https, without white space; else ""."""
    return "".join((web_address(url) or "").split())
