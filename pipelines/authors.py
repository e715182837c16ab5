"""The authors of a page as names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

from pipelines import structured
from pipelines.structured import Structured
from pipelines.titles import folded

_BY = re.compile(
    r"^(?:written\s+by|story\s+by|by|por|von|de|par|di|texto(?:\s+de)?|escrito\s+por|redactado\s+por|autor(?:a|es)?|authors?|作者|记者|文|撰文|责编|责任编辑|编辑)\s*[:：|/]?\s+|^(?:作者|记者|文|撰文|责编|责任编辑|编辑)\s*[:：/|]\s*",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:[;|/、，·•]|,(?!\s*(?:Jr|Sr|PhD|MD|II|III)\b)|\s(?:and|y|und|et|e|&)\s)\s*")
_NOT_A_NAME = re.compile(r"https?:|www\.|@|\.(?:com|org|net|cn|pe)\b|\d{3}|^\W*$", re.IGNORECASE)
_CLASS = re.compile(
    r"(?:^|[\s_-])(?:byline|author|autor|autores|authors|firma|article-author|post-author|writer)(?:$|[\s_-])",
    re.IGNORECASE,
)
_LONGEST = 60  # characters of one name


def authors_of(tree: HtmlElement, *, said: Structured) -> tuple[str, ...]:
    """The names, in the page's order, each once; () when nobody is named."""
    for source in (_of_node(said), _of_meta(said), _of_byline(tree)):
        if names := list(_names(source)):
            return tuple(dict.fromkeys(names))[:20]
    return ()


def _of_node(said: Structured) -> list[str]:
    found: list[str] = []
    for node in (said.article, said.page):
        value: Any = node.get("author") or node.get("creator")
        parts = value if isinstance(value, list) else [value]
        for part in parts[:50]:
            found += structured.texts(said.resolved(part))
        if found:
            return found
    return found


def _of_meta(said: Structured) -> list[str]:
    return said.every("author") or said.every(
        "article:author",
        "og:article:author",
        "dc.creator",
        "parsely-author",
        "sailthru.author",
        "byl",
        "cxenseparse:author",
    )


def _of_byline(tree: HtmlElement) -> list[str]:
    found = []
    for element in tree.iter("a", "span", "div", "p", "address", "li"):
        if (
            element.get("rel") == "author"
            or element.get("itemprop") == "author"
            or _CLASS.search(element.get("class") or "")
        ):
            text = " ".join("".join(element.itertext()).split())
            if 2 < len(text) <= 100:
                found.append(text)
            if len(found) >= 3:
                break
    return found[:1]


def _names(values: list[str]) -> Iterator[str]:
    for value in values:
        text = _BY.sub("", " ".join(value[:400].split()))
        for part in _BETWEEN.split(text):
            name = part.strip(" .,:;|-–—")
            if 1 < len(name) <= _LONGEST and not _NOT_A_NAME.search(name) and folded(name):
                yield name
