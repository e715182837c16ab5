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

from db.site.exports.citations import plain
from db.text.web_address import web_address

FORMATS = {
    "atom": "application/atom+xml; charset=utf-8",
    "csv": "text/csv; charset=utf-8; header=present",
    "json": "application/json; charset=utf-8",
}
ATOM = "http://www.w3.org/2005/Atom"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# What makes a spreadsheet take a cell for a formula (OWASP, CSV Injection), full-width forms included.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
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


COLUMNS = tuple(it.name for it in fields(Exported) if it.name != "key")


def as_rows(articles: Sequence[Exported]) -> list[dict[str, Any]]:
    """The articles by column."""
    return [{name: getattr(article, name) for name in COLUMNS} for article in articles]


def as_csv(articles: Sequence[Exported]) -> str:
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
    text = plain(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_json(
    articles: Sequence[Exported], *, desk: str, given: Mapping[str, str], mistake: str, now: dt.datetime, following: str
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
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in as_rows(articles))  # an article a line
    return f'{head}, "articles": [\n{lines}\n]}}\n'


def as_atom(
    articles: Sequence[Exported],
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
    feed = ElementTree.Element("feed", {"xmlns": ATOM})
    query = itself.partition("?")[2]
    _text(feed, "id", uuid.uuid5(uuid.NAMESPACE_URL, f"{desk}?{query}").urn)
    _text(feed, "title", plain(title))
    _text(feed, "updated", max((article.updated for article in articles), default=_stamp(now)))
    _link(feed, "self", itself, "application/atom+xml")
    _link(feed, "alternate", page, "text/html")
    if following:
        _link(feed, "next", following, "application/atom+xml")  # RFC 5005
    _text(feed, "generator", "Vigía")
    for article in articles:
        _entry(feed, article, names)
    return str(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True), "utf-8")


def _entry(feed: ElementTree.Element, article: Exported, names: Mapping[str, str]) -> None:
    entry = ElementTree.SubElement(feed, "entry")
    language = {_LANGUAGE: article.language} if article.language and article.language.isalpha() else {}
    _text(entry, "id", uuid.uuid5(uuid.NAMESPACE_URL, article.key).urn)
    _text(entry, "title", plain(article.title), language)
    _text(entry, "updated", article.updated)
    if article.published:
        _text(entry, "published", article.published)
    for name in article.authors or (article.outlet_name,):
        _text(ElementTree.SubElement(entry, "author"), "name", plain(name) or article.outlet)
    _link(entry, "alternate", article.page, "text/html")
    if article.url:
        _link(entry, "via", article.url)
    for id_ in article.concepts:
        ElementTree.SubElement(entry, "category", {"term": id_, "label": plain(names.get(id_, id_))})
    # Who says it stands in the line itself: a feed reader shows no outlet.
    said = f"{article.outlet_name}: {article.first_sentence}"
    _text(entry, "summary", plain(said), language)


def _text(parent: ElementTree.Element, name: str, text: str, attributes: Mapping[str, str] | None = None) -> None:
    ElementTree.SubElement(parent, name, dict(attributes or {})).text = text


def _link(parent: ElementTree.Element, rel: str, href: str, content_type: str = "") -> None:
    attributes = {"rel": rel, "href": href} | ({"type": content_type} if content_type else {})
    ElementTree.SubElement(parent, "link", attributes)


def _stamp(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def address_of(url: object) -> str:
    """The address of an article as a file may hold it: absolute, http or https, without white space; else ""."""
    return "".join((web_address(url) or "").split())
