"""The ledger of edits as files: CSV, JSON, and Atom (RFC 4287). Pure.

docs/reading-room.md describes the fields, whose names are an interface.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from xml.etree import ElementTree

from db.site.exports.citations import printable_line
from db.site.exports.csv_table import CSV_MEDIA_TYPE, write_csv_table
from db.site.exports.file_format import ATOM_MEDIA_TYPE, JSON_MEDIA_TYPE, FileFormat
from db.site.exports.result_files import ATOM_NAMESPACE, add_link, add_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedEdit:
    """One edit of a file. The fields in their order are the columns of the CSV; times are UTC with Z."""

    revision: int
    article: int
    title: str
    url: str  # "" if it is not a web address that may be opened
    page: str  # its comparison in the reading room
    outlet: str
    outlet_name: str
    country: str | None
    ownership: str | None
    language: str | None
    published: str | None
    published_precision: str | None
    seen_at: str  # when the change was seen
    hours_after: float | None  # from publication until then; None if the page gave no hour
    kinds: tuple[str, ...]
    changes: tuple[str, ...]  # "3 → 5", cut short
    notice: str | None  # text, modified, none; None: not known
    key: str  # the same on every desk; not a column, but Atom ids are made from it


EDIT_COLUMNS = tuple(field.name for field in fields(ExportedEdit) if field.name != "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class EditFile:
    """The content of a file, and the addresses of related pages and files."""

    edits: Sequence[ExportedEdit]
    desk: str
    given: Mapping[str, str]  # the arguments of the address by name
    address: str  # of this file
    page: str
    following: str  # address of the next file; "" for the last one
    mistake: str  # which arguments of the address were not read, or ""
    now: str


def write_edits_csv(file: EditFile) -> str:
    """Write the edits as a table of EDIT_COLUMNS."""
    return write_csv_table(EDIT_COLUMNS, ([getattr(edit, name) for name in EDIT_COLUMNS] for edit in file.edits))


def write_edits_json(file: EditFile) -> str:
    """Write one JSON object: `edits`, and `next`, the address of the next file (null for the last)."""
    edits = [{name: value for name, value in asdict(edit).items() if name != "key"} for edit in file.edits]
    document = {
        "desk": file.desk,
        "generated": file.now,
        "filters": dict(file.given),
        "mistake": file.mistake or None,
        "count": len(edits),
        "next": file.following or None,
        "edits": edits,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def write_edits_atom(file: EditFile) -> str:
    """Write an Atom feed of edits. Its ids do not depend on the address at which the desk is read."""
    feed = ElementTree.Element("feed", {"xmlns": ATOM_NAMESPACE})
    query = file.address.partition("?")[2]
    add_text(feed, "id", uuid.uuid5(uuid.NAMESPACE_URL, f"{file.desk}/edits?{query}").urn)
    add_text(feed, "title", printable_line(f"{file.desk}: edits"))
    add_text(feed, "updated", max((edit.seen_at for edit in file.edits), default=file.now))
    add_link(feed, "self", file.address, "application/atom+xml")
    add_link(feed, "alternate", file.page, "text/html")
    add_text(feed, "generator", "Vigía")
    for edit in file.edits:
        entry = ElementTree.SubElement(feed, "entry")
        add_text(entry, "id", uuid.uuid5(uuid.NAMESPACE_URL, f"{edit.key} {edit.seen_at}").urn)
        add_text(entry, "title", printable_line(f"{edit.outlet_name}: {edit.title}"))
        add_text(entry, "updated", edit.seen_at)
        if edit.published:
            add_text(entry, "published", edit.published)
        add_text(ElementTree.SubElement(entry, "author"), "name", printable_line(edit.outlet_name) or edit.outlet)
        add_link(entry, "alternate", edit.page, "text/html")
        if edit.url:
            add_link(entry, "via", edit.url)
        for kind in edit.kinds:
            ElementTree.SubElement(entry, "category", {"term": kind})
        add_text(entry, "summary", printable_line("; ".join(edit.changes) or ", ".join(edit.kinds)))
    return str(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True), "utf-8")


EDIT_FORMATS = {
    "atom": FileFormat(label="Atom", media_type=ATOM_MEDIA_TYPE, write=write_edits_atom, max_entries=100, is_feed=True),
    "csv": FileFormat(label="CSV", media_type=CSV_MEDIA_TYPE, write=write_edits_csv, is_attachment=True),
    "json": FileFormat(label="JSON", media_type=JSON_MEDIA_TYPE, write=write_edits_json),
}
