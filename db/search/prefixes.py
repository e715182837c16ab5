"""Prefixes in a query, expanded to the words of the index that begin so: `chin*` to china OR chino ….

For a prefix, FTS5 joins the lists of all those words, each from its first article on, before it returns any article,
however few are asked for. For whole words it reads only the range of ids that is asked for. Of two and three letters,
with which hundreds of words begin, the index has lists (db.text.tokens.PREFIX_LENGTHS).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace

from db.search.query import Query
from db.search.query.sql import compile_tree
from db.search.query.tree import And, Near, Node, Not, Or, Words, any_of, iter_leaves
from db.text.tokens import has_prefix_list, split_tokens

MAX_EXPANDED_WORDS = 900  # words to which one query is expanded; with more it is left to FTS5

# The words with a prefix, one look-up each: reading the vocabulary in order would read every list on the way.
WORDS_WITH_PREFIX = """
    WITH RECURSIVE found(term) AS (
        SELECT (SELECT term FROM temp.search_terms
            WHERE term >= :prefix AND term <= :prefix || char(1114111) LIMIT 1)
        UNION ALL
        SELECT (SELECT term FROM temp.search_terms
            WHERE term >= found.term || char(1) AND term <= :prefix || char(1114111) LIMIT 1)
        FROM found WHERE found.term IS NOT NULL
        LIMIT :most
    )
    SELECT term FROM found WHERE term IS NOT NULL
"""


def attach_terms_table(connection: sqlite3.Connection) -> None:
    """Let a connection to a news.db read the words of its search index (https://sqlite.org/fts5.html, 7)."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'articles_fts'").fetchone():
        return  # Datasette's own database
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_terms USING fts5vocab('main', 'articles_fts', 'instance')"
    )


def find_prefixes(query: Query) -> tuple[str, ...]:
    """Return the prefixes to expand, as the index writes words. Those in phrases and in NEAR can't be expanded."""
    found = (
        _beginning(leaf) for leaf, _ in iter_leaves(query.compiled.tree or query.tree) if not isinstance(leaf, Near)
    )
    return tuple(dict.fromkeys(filter(None, found)))


def expand_prefixes(query: Query, words: Mapping[str, Sequence[str]]) -> Query:
    """Return the query with its prefixes expanded in the SQL. A prefix not in `words` stays."""
    if sum(map(len, words.values())) > MAX_EXPANDED_WORDS:
        return query
    sql = compile_tree(_written_out(query.compiled.tree or query.tree, words))
    return replace(
        query,
        compiled=replace(
            sql, prefix_count=query.compiled.prefix_count, has_joined_prefix=query.compiled.has_joined_prefix
        ),
    )


def _beginning(node: Node) -> str:
    """Return the prefix of a node that can be expanded, or ""."""
    if not isinstance(node, Words) or not node.is_prefix:
        return ""
    if has_prefix_list(node.text):
        return ""
    read = split_tokens(node.text)
    return read[0] if len(read) == 1 and read[0].isascii() else ""  # FTS5 folds other letters by its own tables


def _written_out(node: Node, words: Mapping[str, Sequence[str]]) -> Node:
    if isinstance(node, Words):
        those = words.get(_beginning(node), ())
        return any_of([Words(word, title=node.title) for word in those]) if those else node
    if isinstance(node, Not):
        return replace(node, part=_written_out(node.part, words))
    if isinstance(node, And):
        return replace(node, parts=tuple(_written_out(part, words) for part in node.parts))
    if isinstance(node, Or):
        return any_of([_written_out(part, words) for part in node.parts])
    return node
