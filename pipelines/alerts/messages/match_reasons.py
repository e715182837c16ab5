"""Find which parts of a query matched an article, to name and mark them in a message. Pure.

The database decides whether an article matches (db.search.query.sql). This module looks at one article again to say
which parts matched. Where it differs from the index it may miss a part, but it never names one that does not match.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from db.i18n.concept_names import choose_concept_name, read_concept_names
from db.news.alert_articles import MessageArticle
from db.search import query
from db.search.locate import TokenIndex, read_term
from db.search.query import QueryError, Vocabulary, Words, write_query
from db.search.query.tree import And, Field, Near, Node, Not, Or, iter_leaves
from db.text.sanitise import one_line
from db.text.tokens import split_tokens
from pipelines.alerts.messages.wording import MessageWording

MAX_LEAVES = 2_000  # parts of one query that are checked
MAX_REASONS_SHOWN = 6
MAX_PLACES_OF_WORD = 500  # occurrences of one word in one text
MAX_PHRASE_CHARS = 80  # characters of a phrase that are shown
_TITLE, _TEXT = 0, 1
_NO_NAMES: Mapping[str, Sequence[str]] = {}
_NO_SYNTAX = str.maketrans('"*', "  ")
_IS_VALUES = {"copy": "copy", "original": "original", "revision": "revision", "sponsored": "sponsored"}

TokenSpan = tuple[int, int]  # (place of the first token, number of tokens)


@dataclass(frozen=True, slots=True)
class MatchReason:
    """A part of a query that matches an article; `in_title` if it occurs in the headline."""

    leaf: Words | Near | Field
    in_title: bool = False


@dataclass(frozen=True, slots=True)
class MatchReasons:
    """The parts that matched; `marked` is a query of words to mark, for db.search.highlight.highlight."""

    parts: tuple[MatchReason, ...]
    marked: str


class _TokenisedField(TokenIndex):
    """The tokens of a title or a text with their places."""

    def find_spans(self, words: Words) -> list[TokenSpan]:
        """Return where the words occur one after another."""
        term = read_term(words.text, prefix=words.is_prefix)
        return [(place, len(term.tokens)) for place in islice(self.find(term), MAX_PLACES_OF_WORD)]

    def has_near(self, near: Near) -> bool:
        """Whether one alternative of each operand occurs within the distance."""
        spots = [[spot for words in either for spot in self.find_spans(words)] for either in near.operands]
        lasts = sorted({start for each in spots for start, _ in each})
        return all(spots) and any(
            all(any(start <= last and last - (start + size) <= near.distance for start, size in each) for each in spots)
            for last in lasts
        )


def match_reasons(
    text: str, row: MessageArticle, vocabulary: Vocabulary, names: Mapping[str, Sequence[str]] = _NO_NAMES
) -> MatchReasons:
    """Return the parts of the query `text` that match an article.

    If `text` can't be read as a query, there are no parts, and its words are marked. `names` maps concept ids to all
    names that the topic gives; news.db has only one name for each language.
    """
    try:
        tree = query.read_query(text, vocabulary).tree
    except QueryError:
        return MatchReasons((), text)
    columns = (_TokenisedField(row["title"]), _TokenisedField(row["text"]))
    reasons_by_leaf: dict[Node, tuple[MatchReason, ...]] = {}
    for leaf, is_positive in islice(iter_leaves(tree), MAX_LEAVES):
        if is_positive and leaf not in reasons_by_leaf:
            reasons_by_leaf[leaf] = _reasons_of_leaf(leaf, row, columns)
    all_reasons = [reason for reasons in reasons_by_leaf.values() for reason in reasons]
    parts = tuple(dict.fromkeys(_reasons_that_hold(tree, reasons_by_leaf) or all_reasons))
    return MatchReasons(parts, _write_marked_query(parts, vocabulary, names, columns))


def describe(parts: Sequence[MatchReason], row: MessageArticle, wording: MessageWording) -> str:
    """Describe the parts for a message: “Chancay” in the headline, the concept Port of Chancay."""
    concepts = json.loads(row["concepts"])
    phrases = list(dict.fromkeys(_describe_reason(part, row, concepts, wording) for part in parts))
    line = wording.join(phrases[:MAX_REASONS_SHOWN])
    rest = len(phrases) - MAX_REASONS_SHOWN
    return wording("matches.more", parts=line, n=rest) if rest > 0 else line


def _reasons_of_leaf(
    leaf: Words | Near | Field, row: MessageArticle, columns: Sequence[_TokenisedField]
) -> tuple[MatchReason, ...]:
    if isinstance(leaf, Field):
        return (MatchReason(leaf),) if _holds(row, leaf) else ()
    title_only = leaf.title if isinstance(leaf, Words) else leaf.operands[0][0].title
    for place in (_TITLE,) if title_only else (_TITLE, _TEXT):
        column = columns[place]
        if column.find_spans(leaf) if isinstance(leaf, Words) else column.has_near(leaf):
            return (MatchReason(leaf, in_title=place == _TITLE),)
    return ()


def _holds(row: MessageArticle, leaf: Field) -> bool:
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
    columns = {
        "outlet": row["outlet"],
        "country": row["country"],
        "kind": row["kind"],
        "ownership": row["ownership"],
        "lang": row["language"],
        "verdict": row["verdict"],
    }
    return columns[name] == value


def _reasons_that_hold(node: Node, reasons_by_leaf: Mapping[Node, tuple[MatchReason, ...]]) -> list[MatchReason]:
    """Return the reasons of the alternatives whose parts all match."""
    if isinstance(node, Not):
        return []
    if isinstance(node, And):
        held = [_reasons_that_hold(part, reasons_by_leaf) for part in node.parts]
        whole = all(each or isinstance(part, Not) for each, part in zip(held, node.parts, strict=True))
        return [one for each in held for one in each] if whole else []
    if isinstance(node, Or):
        return [one for part in node.parts for one in _reasons_that_hold(part, reasons_by_leaf)]
    return list(reasons_by_leaf.get(node, ()))


def _write_marked_query(
    parts: Sequence[MatchReason],
    vocabulary: Vocabulary,
    more: Mapping[str, Sequence[str]],
    columns: Sequence[_TokenisedField],
) -> str:
    """Write a query of the words to mark: matched words, and names of matched concepts that occur in the article."""
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
    occurring = (name for name in called if any(column.find_spans(Words(name)) for column in columns))
    quoted = (f'"{name.translate(_NO_SYNTAX)}"' for name in occurring)
    return " OR ".join(dict.fromkeys([*map(write_query, words), *quoted]))


def _describe_reason(
    part: MatchReason, row: MessageArticle, concepts: Mapping[str, dict[str, str | None]], wording: MessageWording
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
        name = choose_concept_name(read_concept_names(concepts.get(leaf.value, {})), wording.language)
        return wording("matches.concept", name=one_line(name or leaf.value, MAX_PHRASE_CHARS))
    if leaf.name == "is":
        return wording(f"matches.{_IS_VALUES.get(leaf.value, 'original')}")
    if leaf.name == "paywalled":
        return wording(f"matches.paywalled_{leaf.value}")
    return wording(f"matches.{leaf.name}", value=_describe_value(leaf, row, wording))


def _describe_phrase(either: Sequence[Words]) -> str:
    return "/".join(one_line(words.text, MAX_PHRASE_CHARS) + "*" * words.is_prefix for words in either[:3])


def _describe_value(leaf: Field, row: MessageArticle, wording: MessageWording) -> str:
    if leaf.name == "outlet":
        return one_line(row["outlet_name"], MAX_PHRASE_CHARS)
    if leaf.name == "country":
        return wording.country_name(leaf.value)
    if leaf.name == "lang":
        return wording.language_name(leaf.value)
    tables = {"kind": "kinds", "ownership": "ownerships", "verdict": "verdicts"}
    return wording.word(tables[leaf.name], leaf.value)
