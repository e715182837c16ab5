"""Read the feeds of an OPML file (opml.org/spec2.opml), with their folders. Pure.

lxml reads it. listparser, the library for OPML, leaves out what an import needs: the home page (`htmlUrl`), the
language and attributes of other namespaces.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from crawler.discovery.candidates import describe_parser_error
from crawler.discovery.markup import MAX_ATTRIBUTES, plain_text, strip_crowded_tags
from pipelines.analysis.decoding import decode_body

NAMESPACE = "urn:vigia:outlet"  # of what `vigia outlets export` adds to OPML
KEYS_ATTRIBUTE = f"{{{NAMESPACE}}}keys"  # the keys of an outlet's [[outlet]] table but `feeds`, as JSON
OUTLET_ELEMENT = f"{{{NAMESPACE}}}outlet"  # an outlet that no feed reader can read
MAX_OPML_BYTES = 5_000_000
MAX_OPML_ENTRIES = 5_000
_MAX_TITLE_CHARACTERS = 100
_DOCUMENT_TYPE = re.compile(r"(?i)<!(?:doctype|entity)\b")
_FEED_SCHEME = re.compile(r"(?i)^feed:(?://)?(https?:)|^feed:(?=//)")  # feed://host, feed:https://host
_CATEGORY_ENDS = re.compile(r"[/,]")  # category="/News/Perú,/press" (OPML 2.0)
_MAX_CATEGORY_CHARACTERS = 1_000
_LANGUAGE = re.compile(r"(?i)[a-z]{2}(?![a-z])")


class OpmlError(Exception):
    """An OPML file can't be read. The message is one line: file, problem and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlEntry:
    """A feed of an OPML file, or an outlet or a home page without one; "" is what the file does not say.

    `folders` are the names of those around it, from the outermost inwards, and of its categories. `keys` are those of
    an [[outlet]] table, of a file that `vigia outlets export` wrote.
    """

    title: str
    feed: str
    home: str
    language: str
    folders: tuple[str, ...]
    keys: dict[str, Any] | None = field(default=None, repr=False)


def read_opml(body: bytes, *, name: str) -> tuple[OpmlEntry, ...]:
    """Read the entries of an OPML file in their order. `name` is the file's, for messages.

    Raises OpmlError for what is no OPML, is not well-formed, declares entities, or has more than MAX_OPML_BYTES,
    MAX_OPML_ENTRIES or MAX_ATTRIBUTES in a tag.
    """
    if len(body) > MAX_OPML_BYTES:
        raise OpmlError(f"{name}: larger than {MAX_OPML_BYTES // 1_000_000} MB; split the list")
    text = decode_body(body, "").text.lstrip()  # an empty line before the declaration harms nobody
    if _DOCUMENT_TYPE.search(text):
        raise OpmlError(f"{name}: declares a document type, which OPML has not; export the list again, or remove it")
    if strip_crowded_tags(text) != text:
        raise OpmlError(f"{name}: a tag has more than {MAX_ATTRIBUTES} attributes; export the list again")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        place = f"line {error.lineno or 1}: {describe_parser_error(error.msg)}"
        raise OpmlError(f"{name}: not well-formed XML at {place}; export the list again") from error
    if (tag := etree.QName(root).localname) != "opml":
        raise OpmlError(f"{name}: begins with <{tag[:40]}>, not with <opml>; name an OPML file")
    entries: list[OpmlEntry] = []
    folders: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end"), tag=("{*}outline", OUTLET_ELEMENT)):
        if event == "end":
            folders.pop()
            continue
        entry = _read_entry(element, tuple(filter(None, folders)), name)
        is_leaf = next(element.iterchildren("{*}outline"), None) is None
        if entry.feed or entry.keys is not None or (entry.home and is_leaf):
            entries.append(entry)
        folders.append(entry.title)
        if len(entries) > MAX_OPML_ENTRIES:
            raise OpmlError(f"{name}: more than {MAX_OPML_ENTRIES} feeds; split the list")
    return tuple(entries)


def _read_entry(element: etree._Element, folders: tuple[str, ...], name: str) -> OpmlEntry:
    """Read an outline. Names of attributes are compared without case, as some programs write XMLURL."""
    attributes = {str(key).lower(): str(value).strip() for key, value in element.attrib.items()}
    named = _CATEGORY_ENDS.split(attributes.get("category", "")[:_MAX_CATEGORY_CHARACTERS])
    categories = tuple(filter(None, map(str.strip, named)))
    language = _LANGUAGE.match(attributes.get("language", ""))
    return OpmlEntry(
        title=plain_text(attributes.get("text") or attributes.get("title"), _MAX_TITLE_CHARACTERS) or "",
        feed=_FEED_SCHEME.sub(lambda scheme: scheme[1] or "http:", attributes.get("xmlurl", "")),
        home=attributes.get("htmlurl", ""),
        language=language[0].lower() if language else "",
        folders=folders + categories,
        keys=_read_keys(element.get(KEYS_ATTRIBUTE), f"{name}: line {element.sourceline}"),
    )


def _read_keys(written: str | None, place: str) -> dict[str, Any] | None:
    if written is None:
        return None
    try:
        keys = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise OpmlError(f"{place}: the keys of an outlet are not JSON; export the list again") from error
    if not isinstance(keys, dict):
        raise OpmlError(f"{place}: the keys of an outlet are no JSON object; export the list again")
    return keys
