"""The one query language, of alerts and of the search page alike: text → tree → SQL. docs/queries.md tells people.

`understood(text, vocabulary)` does it all; what can't be understood raises QueryError, which knows the place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from sqlite_utils import Database

from db.search.query.sql import Compiled, compiled
from db.search.query.syntax import parse
from db.search.query.tree import Field, Node, Note, QueryError, Words, caret, leaves, words_of, written
from db.search.query.vocabulary import Vocabulary, load_vocabulary, notes, resolved, vocabulary_of
from db.text.tokens import TOKEN

_NO_SYNTAX = str.maketrans('"*', "  ")


@dataclass(frozen=True, slots=True)
class Query:
    """A query that is right: its tree, with values as the database writes them, and its SQL."""

    tree: Node
    compiled: Compiled


@lru_cache(maxsize=20_000)
def understood(text: str, vocabulary: Vocabulary, *, ranked: bool = False) -> Query:
    """What a query means to a desk with that vocabulary. Raises QueryError."""
    tree = resolved(parse(text), vocabulary, query=text)
    return Query(tree, compiled(tree, ranked=ranked))


def to_mark(text: str, vocabulary: Vocabulary) -> str:
    """The words to mark in an article that the query found, as db.search.highlight.highlighted and snippet take them.

    A concept's are its names. A text that is no query is given back.
    """
    try:
        tree = understood(text, vocabulary).tree
    except QueryError:
        return text
    words = [replace(word, title=False) for word in words_of(tree, wanted_only=True)]
    concepts = [
        leaf.value for leaf, wanted in leaves(tree) if wanted and isinstance(leaf, Field) and leaf.name == "concept"
    ]
    names = [name for id_ in concepts for name in vocabulary.concepts.get(id_, ()) if TOKEN.search(name)]
    return " ".join([*map(written, words), *(f'"{name.translate(_NO_SYNTAX)}"' for name in names)])


def found(db: Database, query: Query, *, after: int = 0, upto: int = 2**63 - 1) -> list[int]:
    """The ids of the articles after one id and up to another that the query finds, in order."""
    sql = f"SELECT id FROM ({query.compiled.sql}) ORDER BY id"  # noqa: S608 -- written by db.search.query.sql
    parameters = query.compiled.parameters | {"after": after, "upto": upto}
    return [row[0] for row in db.execute(sql, parameters)]


__all__ = [
    "Compiled",
    "Note",
    "Query",
    "QueryError",
    "Vocabulary",
    "Words",
    "caret",
    "found",
    "load_vocabulary",
    "notes",
    "parse",
    "to_mark",
    "understood",
    "vocabulary_of",
    "words_of",
    "written",
]
