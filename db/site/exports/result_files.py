"""Results as files: CSV for spreadsheets, JSON for programs, Atom (RFC 4287) for feed readers. Pure.

FORMATS names every format once; routes, links and the download page are made from it.
docs/reading-room.md describes the fields, whose names are an interface. A file holds no full text.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from xml.etree import ElementTree

from db.model.times import stamp
from db.site.exports.citations import printable_line
from db.site.exports.csv_table import CSV_MEDIA_TYPE, write_csv_table
from db.site.exports.file_format import ATOM_MEDIA_TYPE, JSON_MEDIA_TYPE, FileFormat
from db.text.web_address import web_address

ATOM_NAMESPACE = "http://www.w3.org/2005/Atom"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedArticle:
    """One article of a file. The fields in their order are the columns of the CSV; times are UTC with Z."""

    id: int
    title: str
    url: str  # "" if it is not a web address that may be opened
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
    claimed: str | None  # a date that the story contradicts; `published` is then None
    claimed_precision: str | None
    key: str  # the same on every desk; not a column, but Atom ids are made from it


COLUMNS = tuple(field.name for field in fields(ExportedArticle) if field.name != "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """The content of a file: articles, the search, and the addresses of related pages and files."""

    articles: Sequence[ExportedArticle]
    desk: str  # the desk's name
    title: str
    identity: str  # what sets this result apart from others of the desk; the id of a feed is made from it
    given: Mapping[str, object]  # the arguments of the search by name: a text, or the values of a filter
    mistake: str  # what is wrong with the query, or ""
    address: str  # address of this file
    page: str  # address of the same result as a page
    following: str  # address of the next file; "" for the last one
    concept_names: Mapping[str, str]  # names of concepts by id
    now: dt.datetime


def list_rows(articles: Sequence[ExportedArticle]) -> list[dict[str, object]]:
    """Return each article as a dict of its columns."""
    return [{name: getattr(article, name) for name in COLUMNS} for article in articles]


def write_csv(result: ResultFile) -> str:
    """Write the articles as a table of COLUMNS."""
    rows = ([getattr(article, name) for name in COLUMNS] for article in result.articles)
    return write_csv_table(COLUMNS, rows)


def write_json(result: ResultFile) -> str:
    """Write one JSON object: the query, `articles`, and `next`, the address of the next file (null for the last)."""
    document = {
        "desk": result.desk,
        "generated": stamp(result.now),
        "query": result.given.get("q", ""),
        "mistake": result.mistake or None,
        "filters": {name: _one_or_all(value) for name, value in result.given.items() if name not in ("q", "sort")},
        "count": len(result.articles),
        "next": result.following or None,
    }
    head = json.dumps(document, ensure_ascii=False).removesuffix("}")
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in list_rows(result.articles))  # an article a line
    return f'{head}, "articles": [\n{lines}\n]}}\n'


def _one_or_all(value: object) -> object:
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def write_atom(result: ResultFile) -> str:
    """Write an Atom feed. Its ids do not depend on the address at which the desk is read."""
    feed = ElementTree.Element("feed", {"xmlns": ATOM_NAMESPACE})
    add_text(feed, "id", uuid.uuid5(uuid.NAMESPACE_URL, f"{result.desk}?{result.identity}").urn)
    add_text(feed, "title", printable_line(result.title))
    add_text(feed, "updated", max((article.updated for article in result.articles), default=stamp(result.now)))
    add_link(feed, "self", result.address, "application/atom+xml")
    add_link(feed, "alternate", result.page, "text/html")
    if result.following:
        add_link(feed, "next", result.following, "application/atom+xml")  # RFC 5005
    add_text(feed, "generator", "Vigía")
    for article in result.articles:
        _add_entry(feed, article, result.concept_names)
    return str(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True), "utf-8")


def _add_entry(feed: ElementTree.Element, article: ExportedArticle, names: Mapping[str, str]) -> None:
    entry = ElementTree.SubElement(feed, "entry")
    language = {_LANGUAGE: article.language} if article.language and article.language.isalpha() else {}
    add_text(entry, "id", uuid.uuid5(uuid.NAMESPACE_URL, article.key).urn)
    add_text(entry, "title", printable_line(article.title), language)
    add_text(entry, "updated", article.updated)
    if article.published:
        add_text(entry, "published", article.published)
    for name in article.authors or (article.outlet_name,):
        add_text(ElementTree.SubElement(entry, "author"), "name", printable_line(name) or article.outlet)
    add_link(entry, "alternate", article.page, "text/html")
    if article.url:
        add_link(entry, "via", article.url)
    for id_ in article.concepts:
        ElementTree.SubElement(entry, "category", {"term": id_, "label": printable_line(names.get(id_, id_))})
    # The summary names the outlet, because feed readers show it nowhere else.
    said = f"{article.outlet_name}: {article.first_sentence}"
    add_text(entry, "summary", printable_line(said), language)


def add_text(parent: ElementTree.Element, name: str, text: str, attributes: Mapping[str, str] | None = None) -> None:
    """Add an element with a text."""
    ElementTree.SubElement(parent, name, dict(attributes or {})).text = text


def add_link(parent: ElementTree.Element, rel: str, href: str, content_type: str = "") -> None:
    """Add a link of Atom."""
    attributes = {"rel": rel, "href": href} | ({"type": content_type} if content_type else {})
    ElementTree.SubElement(parent, "link", attributes)


def exportable_address(url: object) -> str:
    """Return an article's address if it is absolute, http or https, without white space; else ""."""
    return "".join((web_address(url) or "").split())


FORMATS = {
    "atom": FileFormat(label="Atom", media_type=ATOM_MEDIA_TYPE, write=write_atom, max_entries=100, is_feed=True),
    "csv": FileFormat(label="CSV", media_type=CSV_MEDIA_TYPE, write=write_csv, is_attachment=True),
    "json": FileFormat(label="JSON", media_type=JSON_MEDIA_TYPE, write=write_json),
}
