"""Find the names of a page's authors. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from lxml.html import HtmlElement

from db.text.scripts import HAN, is_han
from pipelines.analysis.metadata import structured_data
from pipelines.analysis.metadata.structured_data import StructuredData
from pipelines.analysis.text.comparison import comparable

_ROLE_CN = r"作者|记者|文|撰文|责编|责任编辑|编辑|采写|撰稿|供稿"
_BY = re.compile(
    r"^(?:(?:written|story|posted|published|text)\s+by|by|por|von|de|par|di|texto(?:\s+de)?|escrito\s+por|redactado\s+por"
    rf"|publicado\s+por|autor(?:a|es|en)?|authors?|{_ROLE_CN})(?:\s*[:：|/]\s*|\s+)"
    rf"|^(?:{_ROLE_CN})\s*[:：/|]\s*",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:[;|、，·•]|,(?!\s*(?:Jr|Sr|PhD|MD|II|III)\b)|\s(?:and|y|und|et|e|og|och|&)\s)\s*")
_SLASHED = re.compile(r"^(\S+(?:\s\S+)+)\s*/\s*(\S+(?:\s\S+)+)$")
_NOT_A_NAME = re.compile(
    r"https?:|www\.|@|\d{3}|\d:\d|^\W*$|^(?:admin\w*|webmaster|user|root|null|none|undefined|unknown|author|autor)$"
    r"|^(?:updated?|published|actualizado|publicado|stand)\b",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,4}$", re.IGNORECASE)
_CLASS = re.compile(
    r"(?:^|[\s_-])(?:byline|by-line|authors?|autor|autores|autoren|firma|writer|bylines|author-?name|AuthorList)(?:$|[\s_-]|\d)|AuthorList",
    re.IGNORECASE,
)
_NAMED = re.compile(r"^(?:[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’.-]+\s){1,3}[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’.-]+$")
_BEFORE_DATE = re.compile(r"^((?:[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’.-]+\s){1,3}[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’.-]+)\s*[|·•]\s*(?:\d{1,2}[./ -]|$)")
_WITHIN = re.compile(r"\b(?:von|by|por|par)\s+((?:[A-ZÀ-ÖØ-Þ][\w'’.-]+\s){1,3}[A-ZÀ-ÖØ-Þ][\w'’-]+)")
_EDITED = re.compile(rf"[（(【]?责(?:任)?编(?:辑)?\s*[:：]\s*([{HAN}、，,\s·]{{2,30}})[）)】]?$")
_MAX_NAME_CHARACTERS = 60


def find_authors(
    tree: HtmlElement, *, structured: StructuredData, outlet: Collection[str] = (), lines: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the authors' names, each once, in the page's order; () if there are none.

    Persons are preferred to the outlet: if JSON-LD names only the outlet, the visible byline and the first and last of
    the text's `lines` are read too. `outlet` holds the outlet's names as `comparable` returns them.
    """
    declared = list(dict.fromkeys(_names(_of_node(structured)))) or list(dict.fromkeys(_names(_of_meta(structured))))
    people = _without_outlet(declared, outlet)
    shown = [name for name in dict.fromkeys(_names(_of_byline(tree))) if comparable(name.split()[0]) not in outlet]
    shown = _without_outlet(shown, outlet)
    are_names = bool(shown) and all(_NAMED.match(name) or is_han(name[0]) for name in shown)
    if people and not (are_names and set(people) < set(shown)):
        return tuple(people)[:20]
    found = [name for name in shown if _NAMED.match(name) or is_han(name[0])]
    found = found or _without_outlet(list(_names(_of_meta(structured))), outlet)
    found = found or _without_outlet(list(_names(_of_heading(tree))), outlet) or list(_names(_of_lines(lines)))
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
    return structured.all_meta("author") or structured.all_meta(
        "article:author", "og:article:author", "dc.creator", "parsely-author", "sailthru.author", "byl"
    )


def _of_byline(tree: HtmlElement) -> list[str]:
    """Return the texts of the first byline: of its links, or its whole text, and of siblings of its class."""
    for outer in tree.iter("a", "span", "div", "p", "address", "li", "ul", "section"):
        if not _is_byline(outer) or any(parent.tag in {"aside", "footer", "nav"} for parent in outer.iterancestors()):
            continue
        inner = outer.iterdescendants("a", "span", "li", "p")
        element = next((within for within in inner if _is_byline(within)), outer)
        parts = [name for link in element.iter("a") if 2 < len(name := _text(link)) <= _MAX_NAME_CHARACTERS]
        beside = [
            other for other in element.itersiblings(str(element.tag)) if other.get("class") == element.get("class")
        ]
        if parts or 2 < len(_text(element)) <= 100:
            if not any(map(_NAMED.match, parts)) and (match := _WITHIN.search(_text(outer)[:200])):
                return [match[1]]
            return (parts or [_text(element)]) + [
                name for other in beside if 2 < len(name := _text(other)) <= _MAX_NAME_CHARACTERS
            ]
    return []


def _text(element: HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def _is_byline(element: HtmlElement) -> bool:
    names = element.get("class")
    return (names is not None and _names_byline(names[:250])) or element.get("rel") == "author"


@functools.lru_cache(maxsize=20_000)
def _names_byline(names: str) -> bool:
    return _CLASS.search(names) is not None


def _of_heading(tree: HtmlElement) -> list[str]:
    """Return the text near the headline that begins with "By", or that is a name before a date."""
    heading = next(tree.iter("h1"), None)
    if heading is None:
        return []
    scope = heading.getparent()
    for element in (scope if scope is not None else heading).iter("p", "div", "span"):
        text = " ".join("".join(element.itertext()).split())
        if len(text) <= 120 and (match := _BEFORE_DATE.match(text)):
            return [match[1]]
        if len(text) <= 80 and (match := _BY.match(text)) and _NAMED.match(text[match.end() :]):
            return [text]
    return []


def _of_lines(lines: Sequence[str]) -> list[str]:
    """Return a name that is the text's first or last line, or the editor named below a Chinese text."""
    for line in lines[-4:]:
        if match := _EDITED.search(line):
            return [match[1]]
    for line in [*lines[:3], *lines[-1:]]:
        text = _BY.sub("", line)
        if len(line) <= 60 and all(_NAMED.match(part) for part in re.split(r"\s*/\s*|\s+and\s+|\s+y\s+", text)):
            return [text]
    return []


def _names(values: list[str]) -> Iterator[str]:
    for value in values:
        text = _BY.sub("", " ".join(value[:400].split()))
        slashed = _SLASHED.match(text)
        for whole in slashed.groups() if slashed else (text,):
            for part in _BETWEEN.split(whole):
                name = re.sub(r"\s*\([^()]{0,40}\)$", "", (part or "").strip(" .,:;|-–—"))
                if 1 < len(name) <= _MAX_NAME_CHARACTERS and not _NOT_A_NAME.search(name) and comparable(name):
                    yield name
