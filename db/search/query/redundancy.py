"""Words and prefixes of a query that say nothing beside others: each is looked up once. Pure.

`chin* china* chin*` with AND is `china*`, for what begins with china begins with chin; with OR it is `chin*`. What a
query finds stays the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Literal

from db.search.query.terms import is_bounded
from db.search.query.tree import And, Near, Node, Not, Or, Words, all_of, any_of, iter_leaves
from db.text.tokens import split_tokens

MAX_QUERY_PREFIXES = 30  # different prefixes that a page looks up for one query; an alert looks up all
Join = Literal["all", "any"]


def fold_tree(node: Node) -> Node:
    """Return a tree that finds the same, without repeated parts and prefixes that others cover."""
    if isinstance(node, Not):
        return replace(node, part=fold_tree(node.part))
    if isinstance(node, And | Or):
        parts = [fold_tree(part) for part in node.parts]
        join: Join = "all" if isinstance(node, And) else "any"
        needed = find_needed([(_key(part), _single_token(part)) for part in parts], join)
        return (all_of if join == "all" else any_of)([parts[place] for place in needed], node.at)
    return node


def list_prefixes(node: Node) -> list[tuple[str, bool]]:
    """Return the different prefixes of a tree (letters, in the headline alone), those that are wanted first."""
    wanted: dict[tuple[str, bool], None] = {}
    unwanted: dict[tuple[str, bool], None] = {}
    for leaf, is_wanted in iter_leaves(node):
        (wanted if is_wanted else unwanted).update(dict.fromkeys(_prefixes_of(leaf)))
    return list(wanted | unwanted)


def cut_prefixes(node: Node, most: int = MAX_QUERY_PREFIXES) -> Node:
    """Return the tree without the words whose prefix is not among the first `most` of `list_prefixes`."""
    listed = list_prefixes(node)
    return (_without(node, frozenset(listed[most:])) if len(listed) > most else node) or node


def find_needed(parts: Sequence[tuple[Hashable, tuple[Hashable, str, bool] | None]], join: Join) -> list[int]:
    """Return the places of the parts that are needed, in order.

    A part is its key (equal parts have equal ones) and, if it is one word in ASCII letters or the beginning of one,
    (where it is looked for, the folded letters, is it a prefix). Linear in the number of letters.
    """
    first: dict[Hashable, int] = {}
    for place, (key, _) in enumerate(parts):
        first.setdefault(key, place)
    kept = [(place, parts[place][1]) for place in first.values()]
    tokens = [(place, *token) for place, token in kept if token is not None]
    prefixes = {(where, letters) for _, where, letters, is_prefix in tokens if is_prefix}
    covered: set[int] = set()  # of OR, what a shorter prefix finds too
    implied: set[tuple[Hashable, str]] = set()  # prefixes; of AND, those that a longer word has
    for place, where, letters, is_prefix in tokens:
        for length in range(1, len(letters) + (not is_prefix)):
            shorter = (where, letters[:length])
            if shorter in prefixes:
                covered.add(place)
                implied.add(shorter)
    if join == "any":
        return [place for place, _ in kept if place not in covered]
    return [place for place, token in kept if token is None or not (token[2] and token[:2] in implied)]


def _key(node: Node) -> Hashable:
    token = _single_token(node)
    return ("word", *token) if token else node


def _single_token(node: Node) -> tuple[Hashable, str, bool] | None:
    """Return what `find_needed` wants of a part; other letters than ASCII FTS5 folds by tables of its own."""
    if not isinstance(node, Words) or not node.text.isascii():
        return None
    tokens = split_tokens(node.text)
    return (node.title, tokens[0], node.is_prefix) if len(tokens) == 1 else None


def _prefixes_of(node: Node) -> list[tuple[str, bool]]:
    words: list[Words | None] = [node] if isinstance(node, Words) else []
    if isinstance(node, Near):  # the first of each operand, then the second of each: what is cut leaves some of all
        words = list(itertools.chain(*itertools.zip_longest(*node.operands)))
    return [(" ".join(split_tokens(word.text)), word.title) for word in words if word and word.is_prefix]


def _without(node: Node, unread: frozenset[tuple[str, bool]]) -> Node | None:
    """Return what is left of a part; None if nothing is, or if that would find nearly every article."""
    if isinstance(node, Not):
        part = _without(node.part, unread)
        return None if part is None else replace(node, part=part)
    if isinstance(node, And | Or):
        parts = [left for part in node.parts if (left := _without(part, unread)) is not None]
        left = (all_of if isinstance(node, And) else any_of)(parts, node.at) if parts else None
        return None if left is None or (is_bounded(node) and not is_bounded(left)) else left
    if isinstance(node, Near):
        read = [tuple(word for word in group if _without(word, unread)) for group in node.operands]
        operands = tuple(filter(None, read))
        if len(operands) > 1:
            return replace(node, operands=operands)
        return any_of(operands[0], node.at) if operands else None
    return None if unread.intersection(_prefixes_of(node)) else node
