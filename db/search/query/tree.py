"""The tree of a query as frozen values, its text, and the error of a query that can't be read.

`at` is the place of a part in the parsed text. It does not count when two queries are compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

OPERATORS = ("AND", "OR", "NOT", "NEAR")
FOREIGN = re.compile(r"(?i:near|w|n|pre|adj)/\d*|(?:NEAR|ADJ|ONEAR)\d+")  # NEAR as other services write it
MAX_COLUMNS_SHOWN = 72  # columns of a long query that are shown around a mistake


@dataclass(frozen=True, slots=True)
class Words:
    """A word, or words that follow one another. `is_prefix`: the last one is the beginning of a word (`chin*`)."""

    text: str
    is_prefix: bool = False
    title: bool = False  # only in the headline
    at: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    bare: bool = field(default=False, compare=False)  # written without quotes


@dataclass(frozen=True, slots=True)
class Near:
    """One of each operand, with at most `distance` words (Chinese: characters) between first and last."""

    operands: tuple[tuple[Words, ...], ...]
    distance: int
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """A property of an article or of its outlet: `outlet:andina`, `concept:chancay-port`, `is:copy`."""

    name: str
    value: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """NOT: articles that the part does not find."""

    part: Node
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """Articles that every part finds; two parts or more, none of them an And."""

    parts: tuple[Node, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Articles that any part finds; two parts or more, none of them an Or."""

    parts: tuple[Node, ...]
    at: int = field(default=0, compare=False)


Leaf = Words | Near | Field
Node = Leaf | Not | And | Or


class QueryError(Exception):
    """A query can't be read, or can find nothing. Its text is one line: what is wrong, and the remedy."""

    def __init__(self, message: str, *, query: str, at: int, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message, self.hint, self.query, self.at = message, hint, query, at

    def caret(self) -> tuple[str, str]:
        """Return two lines for a terminal or a <pre>: the query around the mistake, and ^ under the place."""
        return caret(self.query, self.at)

    def around(self) -> tuple[str, str]:
        """Return the part of the query to show: the text before the mistake, and the text from it on."""
        return around(self.query, self.at)


@dataclass(frozen=True, slots=True)
class Note:
    """A note on a valid query. `instead`: what could replace it from `at` to `end`, or ""."""

    text: str
    at: int
    end: int = 0
    instead: str = ""

    def applied(self, query: str) -> str:
        """Return the query with `instead` in its place."""
        return query[: self.at] + self.instead + query[self.end :]


def caret(query: str, at: int) -> tuple[str, str]:
    """Return a query on one line, and a line with ^ under a place in it."""
    left, right = around(query, at)
    return left + right, " " * sum(_columns(character) for character in left) + "^"


def around(query: str, at: int) -> tuple[str, str]:
    """Return the text of a query before a place and from it on, on one line; of a long query only the part near it."""
    at = max(0, min(at, len(query)))
    start = max(0, min(at - MAX_COLUMNS_SHOWN // 2, len(query) - MAX_COLUMNS_SHOWN))
    shown = "".join(_visible(character) for character in query[start : start + MAX_COLUMNS_SHOWN])
    left = ("… " if start else "") + shown[: at - start]
    return left, shown[at - start :] + (" …" if start + MAX_COLUMNS_SHOWN < len(query) else "")


def _visible(character: str) -> str:
    """Replace control and direction characters by a space: they would move the caret."""
    return character if character == " " or unicodedata.category(character)[0] not in "CZ" else " "


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def all_of(parts: Iterable[Node], at: int = 0) -> Node:
    """Join parts by AND, without nesting."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,)))
    return flat[0] if len(flat) == 1 else And(flat, at)


def any_of(parts: Iterable[Node], at: int = 0) -> Node:
    """Join parts by OR, without nesting."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,)))
    return flat[0] if len(flat) == 1 else Or(flat, at)


def none_of(part: Node, at: int = 0) -> Node:
    """Negate a part. Twice NOT is the part itself."""
    return part.part if isinstance(part, Not) else Not(part, at)


def iter_leaves(node: Node, *, wanted: bool = True) -> Iterator[tuple[Leaf, bool]]:
    """Yield each word, NEAR and field from left to right, and True if it is wanted (not under a NOT)."""
    if isinstance(node, Not):
        yield from iter_leaves(node.part, wanted=not wanted)
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from iter_leaves(part, wanted=wanted)
    else:
        yield node, wanted


def iter_words(node: Node, *, wanted_only: bool = False) -> Iterator[Words]:
    """Yield the words of a query, with those of NEAR. With `wanted_only`, none under a NOT."""
    for leaf, wanted in iter_leaves(node):
        if wanted_only and not wanted:
            continue
        if isinstance(leaf, Words):
            yield leaf
        elif isinstance(leaf, Near):
            for alternatives in leaf.operands:
                yield from alternatives


def asks_for(node: Node, name: str, value: str) -> bool:
    """True if a field with that value is wanted anywhere."""
    return any(wanted and leaf == Field(name, value) for leaf, wanted in iter_leaves(node))


def write_query(node: Node) -> str:
    """Write the query as text. Parsed again it gives an equal tree."""
    if isinstance(node, Or):
        return " OR ".join(write_query(part) for part in node.parts)
    if isinstance(node, And):
        return " ".join(f"({write_query(part)})" if isinstance(part, Or) else write_query(part) for part in node.parts)
    if isinstance(node, Not):
        part = write_query(node.part)
        return f"-({part})" if isinstance(node.part, And | Or | Near) else f"-{part}"
    if isinstance(node, Field):
        return f"{node.name}:{_plain_or_quoted(node.value)}"
    if isinstance(node, Near):
        title = node.operands[0][0].title
        operands = [[replace(words, title=False) for words in alternatives] for alternatives in node.operands]
        joined = f" NEAR/{node.distance} ".join(
            write_query(words[0]) if len(words) == 1 else f"({' OR '.join(map(write_query, words))})"
            for words in operands
        )
        return f"title:({joined})" if title else joined
    text = _plain_or_quoted(node.text) + ("*" if node.is_prefix else "")
    return f"title:{text}" if node.title else text


def _plain_or_quoted(text: str) -> str:
    plain = text.replace("-", "").isalnum() and text[0] != "-" and text not in OPERATORS and not FOREIGN.fullmatch(text)
    return text if plain else f'"{text}"'
