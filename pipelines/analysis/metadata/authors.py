"""Find the names of a page's authors. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Sequence
from itertools import islice
from typing import Any

from lxml.html import HtmlElement

from db.text.scripts import HAN, has_han, is_han
from pipelines.analysis.metadata import structured_data
from pipelines.analysis.metadata.credit_lines import (
    MAX_NAME_CHARACTERS,
    NAMED,
    CreditedWork,
    is_name,
    names_writer,
    put_surname_last,
    read_credits,
    read_names,
    read_opening,
    tells_of_readers,
)
from pipelines.analysis.metadata.headline_rows import find_name_beside_date, find_rows, holds_date
from pipelines.analysis.metadata.structured_data import StructuredData
from pipelines.analysis.text import boilerplate_phrases, inline_text
from pipelines.analysis.text.blocks import class_and_id, names_certain_boilerplate
from pipelines.analysis.text.captions import belongs_to_picture
from pipelines.analysis.text.comparison import comparable

_DOMAIN = re.compile(r"^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,4}$", re.IGNORECASE)
_CLASS = re.compile(
    r"(?:^|[\s_-])(?:byline|by-line|authors?|autor|autores|autoren|firma|writer|bylines|author-?name|AuthorList)(?:$|[\s_-]|\d)|AuthorList",
    re.IGNORECASE,
)
_BEFORE_DATE = re.compile(r"^((?:[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’.-]+\s){1,3}[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’.-]+)\s*[|·•]\s*(?:\d{1,2}[./ -]|$)")
_WITHIN = re.compile(r"\b(?:von|by|por|par)\s+((?:[A-ZÀ-ÖØ-Þ][\w'’.-]+\s){1,3}[A-ZÀ-ÖØ-Þ][\w'’-]+)")
_BY_WITHIN = re.compile(r"(?<=\s)(?:by|por)\s", re.IGNORECASE)
_COUNTED = re.compile(r"\s*[(（[]?\d{1,6}[)）\]]?\s*$")
_SIGNED = re.compile(rf"[（(【][{HAN}\s]{{0,8}}记者\s*+(?:[:：]\s*+)?([{HAN}、，,\s·]{{2,30}})[）)】]$")
_EDITED = re.compile(rf"[（(【]?责(?:任)?编(?:辑)?\s*+[:：]\s*+([{HAN}、，,\s·]{{2,30}})[）)】]?$")
_MAX_NAMES_LINE_CHARACTERS = 60  # of a line that may be names alone
_MAX_HEADING_CHARACTERS = 100
_MIN_CARD_CHARACTERS = 40  # of the text beside a byline in a comment or an excerpt
_MAX_BYLINE_PARTS = 50  # elements of a byline that may lead to comments
_MAX_LABEL_PARTS = 3  # elements before a name that may label it
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_READERS_ADDRESS = re.compile(
    r"[#/?&](?:[\w-]{0,20}[-_])?(?:comments?|comentarios?|respond|reply|replies|disqus_thread|pinglun|kommentare?)(?![a-z])",
    re.IGNORECASE,
)


def find_authors(
    tree: HtmlElement,
    *,
    structured: StructuredData,
    title: str = "",
    outlet: Collection[str] = (),
    lines: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return the authors' names, each once, in the page's order; () if there are none.

    Persons are preferred to the outlet: if JSON-LD names only the outlet, the visible byline, what stands around the
    headline `title` and the first and last of the text's `lines` are read too. `outlet` holds the outlet's names as
    `comparable` returns them.
    """
    declared = list(dict.fromkeys(read_names(_of_node(structured)))) or list(
        dict.fromkeys(read_names(_of_meta(structured)))
    )
    people = _without_outlet(declared, outlet)
    shown = [name for name in dict.fromkeys(read_names(_of_byline(tree))) if comparable(name.split()[0]) not in outlet]
    shown = _without_outlet(shown, outlet)
    are_names = bool(shown) and all(NAMED.match(name) or is_han(name[0]) for name in shown)
    if people and not (are_names and set(people) < set(shown)):
        return tuple(people)[:20]
    found = [name for name in shown if NAMED.match(name) or is_han(name[0])]
    own = {parent for heading in tree.iter("h1") for parent in heading.iterancestors()}
    around = find_rows(tree, title)
    headed = _without_outlet(read_names(_of_heading(around, own)), outlet)
    if headed and not set(headed) & set(found):
        found = headed  # what is named elsewhere may be a reader
    found = found or _without_outlet(read_names(_of_meta(structured)), outlet)
    found = found or headed or read_names(_of_lines(lines))
    is_photographer = functools.partial(_is_photographer, own=own)
    found = found or _without_outlet(find_name_beside_date(around, lines, is_photographer=is_photographer), outlet)
    return tuple(dict.fromkeys(found or declared or shown[:3]))[:20]


def _without_outlet(names: list[str], outlet: Collection[str]) -> list[str]:
    return [name for name in names if comparable(name) not in outlet and not _DOMAIN.match(name)]


def _of_node(structured: StructuredData) -> list[str]:
    found: list[str] = []
    for node in (structured.article_node, structured.page_node):
        value: Any = node.get("author") or node.get("creator")
        for part in (value if isinstance(value, list) else [value])[:50]:
            person = structured.resolve(part)
            if isinstance(person, dict) and not person.get("name") and person.get("familyName"):
                found += [" ".join(structured_data.list_strings([person.get("givenName") or "", person["familyName"]]))]
            else:
                found += structured_data.list_strings(person)
        if found:
            return found
    return found


def _of_meta(structured: StructuredData) -> list[str]:
    return (
        structured.all_meta("author")
        or structured.all_meta("article:author", "og:article:author", "parsely-author", "sailthru.author", "byl")
        # Catalogues write the surname first.
        or [put_surname_last(name) for name in structured.all_meta("citation_author", "dc.creator", "dcterms.creator")]
    )


def _of_byline(tree: HtmlElement) -> list[str]:
    """Return the texts of the first byline: of its links, or its whole text, and of siblings of its class."""
    own: set[HtmlElement] = set()
    foreign: set[HtmlElement] | None = None
    for outer in tree.iter("a", "span", "div", "p", "address", "li", "ul", "section"):
        if not _is_byline(outer):
            continue
        if foreign is None:
            own = {parent for heading in tree.iter("h1") for parent in heading.iterancestors()}
            foreign = _foreign_parts(tree, own)
        if any(parent in foreign or _is_aside(parent, own) for parent in (outer, *outer.iterancestors())):
            continue
        if _stands_in_card(outer, own) or _is_photographer(outer, own):
            continue
        inner = outer.iterdescendants("a", "span", "li", "p")
        element = next((within for within in inner if _is_byline(within)), outer)
        links = [link for link in element.iter("a") if not _leads_to_readers(link)]
        parts = [name for link in links if 2 < len(name := _text(link)) <= MAX_NAME_CHARACTERS]
        parts = [name for name in parts if is_name(name)]
        beside = [
            other for other in element.itersiblings(str(element.tag)) if other.get("class") == element.get("class")
        ]
        text = _text_of_writers(element)
        if parts or (2 < len(text) <= 100 and read_names([text])):
            if not any(map(NAMED.match, parts)) and (match := _WITHIN.search(_text_of_writers(outer)[:200])):
                return [match[1]]
            return (parts or [text]) + [
                name for other in beside if 2 < len(name := _text_of_writers(other)) <= MAX_NAME_CHARACTERS
            ]
    return []


def _is_photographer(element: HtmlElement, own: Collection[HtmlElement]) -> bool:
    """Return True if a name belongs to a picture, by the label before it or by the picture beside it."""
    parent = element.getparent()
    before = ""
    if parent is not None:
        near = islice(element.itersiblings(preceding=True), _MAX_LABEL_PARTS)
        parts = [f"{inline_text.text_of(part)} {part.tail or ''}" for part in near]
        before = " ".join(" ".join([(parent.text or "")[-MAX_NAME_CHARACTERS:], *reversed(parts)]).split())
    if before:
        label = before[-MAX_NAME_CHARACTERS:]
        credited = read_credits(f"{label} {inline_text.text_of(element)}")
        if label[-1] in ":：/丨|" and credited and credited[-1][0] is CreditedWork.OTHER:
            return True
    return belongs_to_picture(element, own, is_byline=_is_byline)


def _stands_in_card(byline: HtmlElement, own: Collection[HtmlElement]) -> bool:
    """Return True if a byline stands in one of several blocks of one build, each with a text of its own."""
    card = byline.getparent()
    if card is None or card in own or card.tag in {"body", "html", "main"}:
        return False
    near = [*islice(card.itersiblings(), 2), *islice(card.itersiblings(preceding=True), 2)]
    alike = [
        other
        for other in near
        if (other.tag, other.get("class")) == (card.tag, card.get("class"))
        and any((part.tag, part.get("class")) == (byline.tag, byline.get("class")) for part in other.iterchildren())
    ]
    return len(alike) > 1 and len(_text(card)) > len(_text(byline)) + _MIN_CARD_CHARACTERS


def _text_of_writers(element: HtmlElement) -> str:
    """Return the text of a byline, with a bar for what leads to readers' comments."""
    text = _text(element)
    for part in islice(element.iterdescendants("a", "span", "button", "em", "small"), _MAX_BYLINE_PARTS):
        if _leads_to_readers(part) and (words := _text(part)):
            before, _, after = text.rpartition(words)
            text = f"{before} | {after}".strip(" |·•,-–—") if before or after else ""
    return text


def _leads_to_readers(element: HtmlElement) -> bool:
    """Return True for a link to comments, by its address or by its words."""
    if element.tag == "a" and _READERS_ADDRESS.search(element.get("href", "")[-200:]):
        return True
    text = inline_text.text_of(element)
    return len(text) <= MAX_NAME_CHARACTERS and tells_of_readers(text)


def _is_aside(element: HtmlElement, own: Collection[HtmlElement]) -> bool:
    """Return True for what stands beside the article; the foot of the article with the headline does not."""
    names = class_and_id(element)
    if element.tag == "footer" and next(element.iterancestors("article"), None) in own:
        return False
    return element.tag in {"aside", "footer", "nav"} or (
        len(names) > 1 and element.tag not in {"body", "html"} and names_certain_boilerplate(names)
    )


def _foreign_parts(tree: HtmlElement, own: Collection[HtmlElement]) -> set[HtmlElement]:
    """Return the elements that belong to other articles or to comments: what their headings say or link to.

    A heading in a link is another article's, and a heading such as "Comments" or "Most read" is that of a part beside
    the article. What holds the headline, `own`, is neither.
    """
    foreign: set[HtmlElement] = set()
    for heading in tree.iter("h2", "h3", "h4", "h5"):
        is_linked = next(heading.iter("a"), None) is not None or any(
            parent.tag == "a" for parent in islice(heading.iterancestors(), 3)
        )
        if not is_linked:
            text = _COUNTED.sub("", _text(heading)[:_MAX_HEADING_CHARACTERS])
            if boilerplate_phrases.LABEL.match(text) or (tells_of_readers(text) and len(text) <= MAX_NAME_CHARACTERS):
                foreign |= _parts_below(heading, own, foreign)
            continue
        for parent in islice(heading.iterancestors(), 3):
            if parent in own or parent.tag in {"body", "html", "main"}:
                break
            foreign.add(parent)
            if parent.tag in {"article", "li", "section"}:
                break
    return foreign


def _parts_below(
    heading: HtmlElement, own: Collection[HtmlElement], known: Collection[HtmlElement]
) -> set[HtmlElement]:
    """Return what a heading heads: the elements that it begins, and what follows up to the next heading."""
    below: set[HtmlElement] = set()
    element = heading
    for parent in islice(heading.iterancestors(), 3):
        is_first = element.getprevious() is None and not (parent.text or "").strip()
        if not is_first or parent in own or parent.tag in {"body", "html", "main"}:
            for near in element.itersiblings():
                if near in own or near in known or (near.tag in _HEADINGS and near.tag <= heading.tag):
                    break
                below.add(near)
            break
        below.add(parent)
        if parent.tag in {"article", "li", "section"}:
            break
        element = parent
    return below


def _text(element: HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def _is_byline(element: HtmlElement) -> bool:
    names = element.get("class")
    return (names is not None and _names_byline(names[:250])) or element.get("rel") == "author"


@functools.lru_cache(maxsize=20_000)
def _names_byline(names: str) -> bool:
    return _CLASS.search(names) is not None


def _of_heading(around: Sequence[tuple[HtmlElement, str]], own: Collection[HtmlElement]) -> list[str]:
    """Return the writers of the first element around the headline that names them, unless they are photographers."""
    for element, _ in around:
        if (names := _named_by(_text_of_writers(element))) and not _is_photographer(element, own):
            return names
    return []


def _named_by(text: str) -> list[str]:
    """Return the names in a text that begins with "By", names a writer, or is a name before a date."""
    if (match := _BEFORE_DATE.match(text)) and _are_names(names := read_names([match[1]])):
        return names
    if names_writer(text) and _are_names(names := read_names([text])):
        return names
    if (
        (match := _BY_WITHIN.search(text))
        and holds_date(text[: match.start()])
        and _are_names(names := read_names([text[match.start() :]]))
    ):
        return names
    return []


def _are_names(names: Sequence[str]) -> bool:
    return bool(names) and all(NAMED.match(name) or (has_han(name) and len(name) <= 12) for name in names)


def _of_lines(lines: Sequence[str]) -> list[str]:
    """Return a name that is the text's first or last line, or the writer or editor named below a Chinese text."""
    for line in lines[-4:]:
        if match := _SIGNED.search(line) or _EDITED.search(line):
            return [match[1]]
    for line in lines[:3]:
        if names := read_opening(line):
            return names
    for line in [*lines[:3], *lines[-1:]]:
        if len(line) > _MAX_NAMES_LINE_CHARACTERS:
            continue
        if names_writer(line) and _are_names(names := read_names([line])):
            return names
        if all(map(NAMED.match, re.split(r"\s*/\s*|\s+and\s+|\s+y\s+", line))):
            return [line]
    return []
