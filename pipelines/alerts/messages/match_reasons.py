"""Which parts of a query an article was found by, and how a message says so and marks them. Pure.

The database has decided that the article is found (db.search.query.sql); this looks again at one article to say
by what. It may miss a part where the index and these few lines differ, but it never names one that is not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from db.i18n.languages import LANGUAGES
from db.search import query
from db.search.locate import TokenIndex, read_term
from db.search.query import QueryError, Vocabulary, Words, write_query
from db.search.query.tree import And, Field, Near, Node, Not, Or, iter_leaves
from db.text.sanitise import one_line
from db.text.tokens import split_tokens
from pipelines.alerts.messages.wording import MessageWording

MAX_LEAVES = 2_000  # parts of one query that are looked at
MAX_REASONS_SHOWN = 6
MAX_PLACES_OF_WORD = 500  # of one word in one text
MAX_PHRASE_CHARS = 80  # characters of a phrase that are told
_TITLE, _TEXT = 0, 1
_NO_NAMES: Mapping[str, Sequence[str]] = {}
_NO_SYNTAX = str.maketrans('"*', "  ")
_IS_VALUES = {"copy": "copy", "original": "original", "revision": "revision", "sponsored": "sponsored"}

TokenSpan = tuple[int, int]  # (place of the first token, number of tokens)


@dataclass(frozen=True, slots=True)
class MatchReason:
    """A part of a query that holds for an article; `in_title`: it stands in the headline."""

    leaf: Words | Near | Field
    in_title: bool = False


@dataclass(frozen=True, slots=True)
class MatchReasons:
    """By what an article was found; `marked`: words to mark in it, for db.search.highlight.highlight."""

    parts: tuple[MatchReason, ...]
    marked: str


class _TokenisedField(TokenIndex):
    """The tokens of a title or a text, and where each stands."""

    def spots(self, words: Words) -> list[TokenSpan]:
        """Return where the words stand one after another."""
        term = read_term(words.text, prefix=words.is_prefix)
        return [(place, len(term.tokens)) for place in islice(self.find(term), MAX_PLACES_OF_WORD)]

    def near(self, near: Near) -> bool:
        """Whether one of each of its words stands within its distance."""
        spots = [[spot for words in either for spot in self.spots(words)] for either in near.operands]
        lasts = sorted({start for each in spots for start, _ in each})
        return all(spots) and any(
            all(any(start <= last and last - (start + size) <= near.distance for start, size in each) for each in spots)
            for last in lasts
        )


def match_reasons(
    text: str, row: Mapping[str, Any], vocabulary: Vocabulary, names: Mapping[str, Sequence[str]] = _NO_NAMES
) -> MatchReasons:
    """By what the query `text` found an article (a row of read_message_articles). No query: by its words.

    `names` are further names of concepts, by id: news.db knows one for each language, the topic knows all.
    """
    try:
        tree = query.read_query(text, vocabulary).tree
    except QueryError:
        return MatchReasons((), text)
    columns = (_TokenisedField(row["title"]), _TokenisedField(row["text"]))
    looked: dict[Node, tuple[MatchReason, ...]] = {}
    for leaf, wanted in islice(iter_leaves(tree), MAX_LEAVES):
        if wanted and leaf not in looked:
            looked[leaf] = _reasons_of_leaf(leaf, row, columns)
    parts = tuple(dict.fromkeys(_reasons_that_hold(tree, looked) or [one for each in looked.values() for one in each]))
    return MatchReasons(parts, _write_marked_query(parts, vocabulary, names, columns))


def describe(parts: Sequence[MatchReason], row: Mapping[str, Any], wording: MessageWording) -> str:
    """The parts as a message says them: “Chancay” in the headline, the concept Port of Chancay."""
    names = json.loads(row["concepts"])
    said = list(dict.fromkeys(_describe_reason(part, row, names, wording) for part in parts))
    line = wording.join(said[:MAX_REASONS_SHOWN])
    rest = len(said) - MAX_REASONS_SHOWN
    return wording("matches.more", parts=line, n=rest) if rest > 0 else line


def _reasons_of_leaf(
    leaf: Words | Near | Field, row: Mapping[str, Any], columns: Sequence[_TokenisedField]
) -> tuple[MatchReason, ...]:
    if isinstance(leaf, Field):
        return (MatchReason(leaf),) if _holds(row, leaf) else ()
    title_only = leaf.title if isinstance(leaf, Words) else leaf.operands[0][0].title
    for place in (_TITLE,) if title_only else (_TITLE, _TEXT):
        column = columns[place]
        if column.spots(leaf) if isinstance(leaf, Words) else column.near(leaf):
            return (MatchReason(leaf, in_title=place == _TITLE),)
    return ()


def _holds(row: Mapping[str, Any], leaf: Field) -> bool:
    name, value = leaf.name, leaf.value
    if name == "concept":
        return value in json.loads(row["concepts"])
    if name == "paywalled":
        return bool(row["paywalled"]) == (value == "yes")
    if name == "is":
        return {
            "copy": row["original"] is not None,
            "original": row["original"] is None,
            "sponsored": bool(row["sponsored"]),
            "revision": bool(row["revisions"]),
        }.get(value, False)
    return bool(row[{"lang": "language"}.get(name, name)] == value)


def _reasons_that_hold(node: Node, looked: Mapping[Node, tuple[MatchReason, ...]]) -> list[MatchReason]:
    """The grounds of those alternatives that hold altogether."""
    if isinstance(node, Not):
        return []
    if isinstance(node, And):
        held = [_reasons_that_hold(part, looked) for part in node.parts]
        whole = all(each or isinstance(part, Not) for each, part in zip(held, node.parts, strict=True))
        return [one for each in held for one in each] if whole else []
    if isinstance(node, Or):
        return [one for part in node.parts for one in _reasons_that_hold(part, looked)]
    return list(looked.get(node, ()))


def _write_marked_query(
    parts: Sequence[MatchReason],
    vocabulary: Vocabulary,
    more: Mapping[str, Sequence[str]],
    columns: Sequence[_TokenisedField],
) -> str:
    """Words as they were asked for, and the names of concepts, also of one whose name is a word of the query."""
    words: list[Words] = []
    concepts: list[str] = []
    for part in parts:
        if isinstance(part.leaf, Field):
            concepts += [part.leaf.value] if part.leaf.name == "concept" else []
            continue
        of_leaf = [part.leaf] if isinstance(part.leaf, Words) else [one for each in part.leaf.operands for one in each]
        words += [replace(one, title=False) for one in of_leaf]
        named = [vocabulary.concept_names.get(" ".join(split_tokens(one.text))) for one in of_leaf]
        concepts += [id_ for id_ in named if id_ is not None]
    called = (
        name for id_ in dict.fromkeys(concepts) for name in (*vocabulary.concepts.get(id_, ()), *more.get(id_, ()))
    )
    there = (name for name in called if any(column.spots(Words(name)) for column in columns))
    quoted = (f'"{name.translate(_NO_SYNTAX)}"' for name in there)
    return " OR ".join(dict.fromkeys([*map(write_query, words), *quoted]))


def _describe_reason(
    part: MatchReason, row: Mapping[str, Any], names: Mapping[str, Sequence[str | None]], wording: MessageWording
) -> str:
    leaf = part.leaf
    if isinstance(leaf, Words):
        shown = one_line(leaf.text, MAX_PHRASE_CHARS)
        if leaf.is_prefix:
            return wording("matches.beginning", words=shown)
        return wording("matches.title" if part.in_title else "matches.text", words=shown)
    if isinstance(leaf, Near):
        return wording("matches.near").join(wording.quote(_describe_phrase(each)) for each in leaf.operands)
    if leaf.name == "concept":
        in_languages = dict(zip(LANGUAGES, names.get(leaf.value, ()), strict=False))
        name = in_languages.get(wording.language) or next(filter(None, in_languages.values()), None)
        return wording("matches.concept", name=one_line(name or leaf.value, MAX_PHRASE_CHARS))
    if leaf.name == "is":
        return wording(f"matches.{_IS_VALUES.get(leaf.value, 'original')}")
    if leaf.name == "paywalled":
        return wording(f"matches.paywalled_{leaf.value}")
    return wording(f"matches.{leaf.name}", value=_describe_value(leaf, row, wording))


def _describe_phrase(either: Sequence[Words]) -> str:
    return "/".join(one_line(words.text, MAX_PHRASE_CHARS) + "*" * words.is_prefix for words in either[:3])


def _describe_value(leaf: Field, row: Mapping[str, Any], wording: MessageWording) -> str:
    if leaf.name == "outlet":
        return one_line(row["outlet_name"], MAX_PHRASE_CHARS)
    if leaf.name == "country":
        return wording.country_name(leaf.value)
    if leaf.name == "lang":
        return wording.language_name(leaf.value)
    tables = {"kind": "kinds", "ownership": "ownerships", "verdict": "verdicts"}
    return wording.word(tables[leaf.name], leaf.value)
