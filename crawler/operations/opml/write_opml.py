"""Write outlets as an OPML file: one outline for each feed, in folders of countries and kinds. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import groupby

from lxml import etree

from crawler.config.outlet import Outlet
from crawler.config.outlet_block import list_outlet_keys
from crawler.operations.opml.read_opml import KEYS_ATTRIBUTE, NAMESPACE, OUTLET_ELEMENT
from db.i18n.catalogue import Catalogue
from db.i18n.languages import Language


def write_opml(outlets: Sequence[Outlet], *, title: str, language: Language) -> bytes:
    """Write OPML 2.0. The folders' names are in that language.

    Each outline has the other keys of its outlet in an attribute of our own, so that `vigia outlets import` reads the
    same outlets. An outlet that is switched off or has no feed is an element that feed readers pass over.
    """
    catalogue = Catalogue(language)
    root = etree.Element("opml", version="2.0", nsmap={"vigia": NAMESPACE})
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    ordered = sorted(outlets, key=lambda outlet: (outlet.country, outlet.kind, outlet.id))
    for country, there in groupby(ordered, key=lambda outlet: outlet.country):
        folder = etree.SubElement(body, "outline", text=catalogue.country_name(country))
        for kind, alike in groupby(there, key=lambda outlet: outlet.kind):
            of_kind = etree.SubElement(folder, "outline", text=catalogue.word("kinds", kind))
            for outlet in alike:
                _add_outlet(of_kind, outlet)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)


def _add_outlet(folder: etree._Element, outlet: Outlet) -> None:
    keys = list_outlet_keys(outlet)
    if not outlet.enabled or not outlet.feeds:
        etree.SubElement(folder, OUTLET_ELEMENT, text=outlet.name).set(KEYS_ATTRIBUTE, _write_keys(keys))
        return
    del keys["feeds"]
    for feed in outlet.feeds:
        attributes = {"type": "rss", "text": outlet.name, "title": outlet.name, "xmlUrl": feed, "htmlUrl": outlet.home}
        outline = etree.SubElement(folder, "outline", attributes, language=outlet.languages[0])
        outline.set(KEYS_ATTRIBUTE, _write_keys(keys))


def _write_keys(keys: dict[str, object]) -> str:
    """Write JSON without blanks: a tag with many words would pass for one with too many attributes."""
    written = json.dumps(keys, ensure_ascii=False, separators=(",", ":"))
    return re.sub(r"\s", lambda blank: f"\\u{ord(blank[0]):04x}", written)
