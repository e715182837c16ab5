"""What a query says, as frozen values; how it is written down again; what is said of one that can't be read.

`at` is where a part stands in the text that was parsed; it makes no difference between two queries.
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
    """A word, or words that follow one another; `beginning`: of the last one the beginning is enough."""

    text: str
    beginning: bool = False
    title: bool = False  # in the headline alone
    at: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    bare: bool = field(default=False, compare=False)  # written without quotes


@dataclass(frozen=True, slots=True)
class Near:
    """One of each of these within a distance: at most so many words (Chinese: characters) between first and last."""

    operands: tuple[tuple[Words, ...], ...]
    distance: int
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """What is known of an article or of its outlet: `outlet:andina`, `concept:chancay-port`, `is:copy`."""

    name: str
    value: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """All articles but those."""

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
    """A query can't be read or would find nothing for sure. Its text is one line: what is wrong, and the remedy."""

    def __init__(self, message: str, *, query: str, at: int, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message, self.hint, self.query, self.at = message, hint, query, at

    def caret(self) -> tuple[str, str]:
        """Two lines for a terminal or a <pre>: the query, cut to what is around the mistake, and ^ under the place."""
        return caret(self.query, self.at)

    def around(self) -> tuple[str, str]:
        """What of the query is shown, up to the mistake and from it on."""
        return around(self.query, self.at)


@dataclass(frozen=True, slots=True)
class Note:
    """Something to say of a query that is right: `instead` could stand from `at` to `end`, "" if nothing is offered."""

    text: str
    at: int
    end: int = 0
    instead: str = ""

    def applied(self, query: str) -> str:
        """The query with what is offered."""
        return query[: self.at] + self.instead + query[self.end :]


def caret(query: str, at: int) -> tuple[str, str]:
    """A query on one line, and a line with ^ under a place in it."""
    left, right = around(query, at)
    return left + right, " " * sum(_columns(character) for character in left) + "^"


def around(query: str, at: int) -> tuple[str, str]:
    """A query on one line, parted at a place; of a long one what is near the place."""
    at = max(0, min(at, len(query)))
    start = max(0, min(at - MAX_COLUMNS_SHOWN // 2, len(query) - MAX_COLUMNS_SHOWN))
    shown = "".join(_visible(character) for character in query[start : start + MAX_COLUMNS_SHOWN])
    left = ("… " if start else "") + shown[: at - start]
    return left, shown[at - start :] + (" …" if start + MAX_COLUMNS_SHOWN < len(query) else "")


def _visible(character: str) -> str:
    """Control and direction characters would move what stands beside them."""
    return character if character == " " or unicodedata.category(character)[0] not in "CZ" else " "


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def all_of(parts: Iterable[Node], at: int = 0) -> Node:
    """The parts joined by AND, flat."""
    flat = tuple(one for part in parts for one in (part.parts if isinstance(part, And) else (part,)))
    return flat[0] if len(flat) == 1 else And(flat, at)


def any_of(parts: Iterable[Node], at: int = 0) -> Node:
    """The parts joined by OR, flat."""
    flat = tuple(one for part in parts for one in (part.parts if isinstance(part, Or) else (part,)))
    return flat[0] if len(flat) == 1 else Or(flat, at)


def none_of(part: Node, at: int = 0) -> Node:
    """NOT; twice is not at all."""
    return part.part if isinstance(part, Not) else Not(part, at)


def iter_leaves(node: Node, *, wanted: bool = True) -> Iterator[tuple[Leaf, bool]]:
    """Every word, NEAR and field with whether it is wanted (not under a NOT), from left to right."""
    if isinstance(node, Not):
        yield from iter_leaves(node.part, wanted=not wanted)
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from iter_leaves(part, wanted=wanted)
    else:
        yield node, wanted


def iter_words(node: Node, *, wanted_only: bool = False) -> Iterator[Words]:
    """The words of a query, those of NEAR too; `wanted_only`: those that an article may be found for."""
    for leaf, wanted in iter_leaves(node):
        if wanted_only and not wanted:
            continue
        if isinstance(leaf, Words):
            yield leaf
        elif isinstance(leaf, Near):
            for alternatives in leaf.operands:
                yield from alternatives


def asks_for(node: Node, name: str, value: str) -> bool:
    """Whether a field with that value is wanted anywhere."""
    return any(wanted and leaf == Field(name, value) for leaf, wanted in iter_leaves(node))


def write_query(node: Node) -> str:
    """The query as text; parsed again it is the same."""
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
    text = _plain_or_quoted(node.text) + ("*" if node.beginning else "")
    return f"title:{text}" if node.title else text


def _plain_or_quoted(text: str) -> str:
    plain = text.replace("-", "").isalnum() and text[0] != "-" and text not in OPERATORS and not FOREIGN.fullmatch(text)
    return text if plain else f'"{text}"'
