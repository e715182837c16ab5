"""What a query means, computed the slow and plain way from its tree: the oracle of the query tests."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from db.search.query.tree import And, Field, Near, Node, Not, Or, Words
from db.text.tokens import tokens

Article = Mapping[str, Any]  # title, text, language, verdict, paywalled, sponsored, original, revised, concepts, outlet
Outlets = Mapping[str, Mapping[str, str]]


def means(node: Node, article: Article, outlets: Outlets) -> bool:
    """Whether the article is what the query asks for."""
    if isinstance(node, Not):
        return not means(node.part, article, outlets)
    if isinstance(node, And):
        return all(means(part, article, outlets) for part in node.parts)
    if isinstance(node, Or):
        return any(means(part, article, outlets) for part in node.parts)
    if isinstance(node, Field):
        return _field(node, article, outlets)
    if isinstance(node, Words):
        return any(_places(node, column) for column in _columns(article, title=node.title))
    return any(_near(node, column) for column in _columns(article, title=node.operands[0][0].title))


def _columns(article: Article, *, title: bool) -> list[list[str]]:
    return [tokens(article["title"])] + ([] if title else [tokens(article["text"])])


def _places(words: Words, column: list[str]) -> list[tuple[int, int]]:
    """(start, number of words) wherever the phrase stands."""
    *rest, last = tokens(words.text)
    size = len(rest) + 1
    return [
        (at, size)
        for at in range(len(column) - len(rest))
        if column[at : at + len(rest)] == rest
        and (column[at + len(rest)].startswith(last) if words.beginning else column[at + len(rest)] == last)
    ]


def _near(node: Near, column: list[str]) -> bool:
    for way in itertools.product(*node.operands):
        for spots in itertools.product(*(_places(words, column) for words in way)):
            last = max(start for start, _ in spots)
            if all(last - (start + size) <= node.distance for start, size in spots):
                return True
    return False


def _field(node: Field, article: Article, outlets: Outlets) -> bool:
    name, value = node.name, node.value
    if name in ("country", "kind", "ownership"):
        return outlets[article["outlet"]].get(name) == value
    if name == "concept":
        return value in article["concepts"]
    if name == "paywalled":
        return bool(article["paywalled"]) == (value == "yes")
    if name == "is":
        return {
            "copy": article["original"] is not None,
            "original": article["original"] is None,
            "sponsored": bool(article["sponsored"]),
            "revision": bool(article["revised"]),
        }[value]
    return bool(article[{"lang": "language"}.get(name, name)] == value)
