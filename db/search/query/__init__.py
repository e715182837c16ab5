"""The query language of alerts and of the search page: text to tree to SQL. docs/queries.md explains it to users.

`read_query(text, vocabulary)` does all steps. A QueryError names what is wrong, where, and the remedy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from sqlite_utils import Database

from db.search.query.redundancy import MAX_QUERY_PREFIXES, cut_prefixes, fold_tree, list_prefixes
from db.search.query.sql import CompiledQuery, compile_tree
from db.search.query.syntax import parse_query
from db.search.query.tree import Field, Node, Note, QueryError, Words, caret, iter_leaves, iter_words, write_query
from db.search.query.vocabulary import Vocabulary, build_vocabulary, collect_notes, load_vocabulary, resolve_fields
from db.text.tokens import TOKEN

_NO_SYNTAX = str.maketrans('"*', "  ")


@dataclass(frozen=True, slots=True)
class Query:
    """A valid query: its tree, with values as the database writes them, and its SQL."""

    tree: Node
    compiled: CompiledQuery


@lru_cache(maxsize=20_000)
def read_query(text: str, vocabulary: Vocabulary, *, ranked: bool = False) -> Query:
    """Read a query for a desk with that vocabulary. Raises QueryError if it is not valid."""
    tree = resolve_fields(parse_query(text), vocabulary, query=text)
    return Query(tree, compile_tree(fold_tree(tree), ranked=ranked))


def limit_prefixes(query: Query) -> tuple[Query, int]:
    """Return the query for a page, with MAX_QUERY_PREFIXES prefixes at most, and how many it had."""
    tree = query.compiled.tree or query.tree
    listed = list_prefixes(tree)
    if len(listed) <= MAX_QUERY_PREFIXES:
        return query, len(listed)
    return replace(query, compiled=compile_tree(cut_prefixes(tree), ranked=query.compiled.ranked)), len(listed)


def words_to_mark(text: str, vocabulary: Vocabulary) -> str:
    """Return the words to mark in an article that the query found, for db.search.highlight.

    A concept's are its names. A text that is no query is given back.
    """
    try:
        tree = read_query(text, vocabulary).tree
    except QueryError:
        return text
    words = [replace(word, title=False) for word in iter_words(tree, wanted_only=True)]
    concepts = [
        leaf.value
        for leaf, wanted in iter_leaves(tree)
        if wanted and isinstance(leaf, Field) and leaf.name == "concept"
    ]
    names = [name for id_ in concepts for name in vocabulary.concepts.get(id_, ()) if TOKEN.search(name)]
    return " ".join([*map(write_query, words), *(f'"{name.translate(_NO_SYNTAX)}"' for name in names)])


def find_ids(db: Database, query: Query, *, after: int = 0, upto: int = 2**63 - 1) -> list[int]:
    """Return the ids that the query finds, after < id <= upto, in order."""
    sql = f"SELECT id FROM ({query.compiled.sql}) ORDER BY id"  # noqa: S608 -- written by db.search.query.sql
    parameters = query.compiled.parameters | {"after": after, "upto": upto}
    return [row[0] for row in db.execute(sql, parameters)]


__all__ = [
    "MAX_QUERY_PREFIXES",
    "CompiledQuery",
    "Note",
    "Query",
    "QueryError",
    "Vocabulary",
    "Words",
    "build_vocabulary",
    "caret",
    "collect_notes",
    "find_ids",
    "iter_words",
    "limit_prefixes",
    "load_vocabulary",
    "parse_query",
    "read_query",
    "words_to_mark",
    "write_query",
]
