"""SQL of a query tree: one SELECT of the ids of articles in a range, for alerts and for the search page.

Text goes to FTS5 in as few MATCH expressions as possible; fields go to an index of their columns (articles_facets).
The SELECT starts from text, else from a concept. Without either, the articles of the range are read from that index.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from db.search.query.tree import And, Field, Near, Node, Not, Or, Words, any_of, asks_for, iter_leaves, iter_words
from db.text.tokens import has_prefix_list, quote_phrase

MAX_UNITED_SELECTS = 50  # SELECTs of one UNION; SQLite takes 500 in a statement
_COLUMNS = {"outlet": "a.outlet", "lang": "a.language", "verdict": "a.verdict"}
_OF_OUTLETS = ("country", "kind", "ownership")
_BOUNDS = (":after", ":upto")  # named parameters, given when the statement is run
_TRAITS = {
    "copy": "a.original IS NOT NULL",
    "original": "a.original IS NULL",
    "sponsored": "a.sponsored",
    "revision": "EXISTS (SELECT 1 FROM revisions AS r WHERE r.article = a.id)",
}


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """`sql` selects (id, place) of every article that is found with :after < id <= :upto; `place` orders by rank.

    `borderline`, `copies`, `revisions`, `outlets`: True if the query asks for borderline articles, for copies, for
    revised articles, for named outlets. `prefix_count`: how many prefixes (`chin*`) it has. `has_joined_prefix`: True
    if the index has no list of one of them, so that FTS5 joins the lists of all words that begin so. `is_unindexed`:
    True if neither words nor a concept can be looked up, so that every article of the range is read (in an index).
    """

    sql: str
    parameters: dict[str, str] = field(hash=False)
    borderline: bool = False
    copies: bool = False
    revisions: bool = False
    outlets: bool = False
    prefix_count: int = 0
    has_joined_prefix: bool = False
    is_unindexed: bool = False
    tree: Node | None = field(default=None, repr=False, compare=False)  # the tree from which `sql` was written
    ranked: bool = False

    def select(self, *, after: str, upto: str) -> str:
        """Return `sql` with after < id <= upto, two SQL expressions. The parameters are the same."""
        if self.tree is None or (after, upto) == _BOUNDS:
            return self.sql
        return _Writer(ranked=self.ranked, after=after, upto=upto).select(self.tree)


def compile_tree(tree: Node, *, ranked: bool = False) -> CompiledQuery:
    """Write the SQL of a resolved tree. With `ranked`, `place` is FTS5's bm25 if text is looked up; else it is 0."""
    after, upto = _BOUNDS
    writer = _Writer(ranked=ranked, after=after, upto=upto)
    return CompiledQuery(
        writer.select(tree),
        writer.parameters,
        borderline=asks_for(tree, "verdict", "borderline"),
        copies=asks_for(tree, "is", "copy"),
        revisions=asks_for(tree, "is", "revision"),
        prefix_count=sum(word.is_prefix for word in iter_words(tree)),
        has_joined_prefix=any(word.is_prefix and not has_prefix_list(word.text) for word in iter_words(tree)),
        outlets=any(wanted and isinstance(leaf, Field) and leaf.name == "outlet" for leaf, wanted in iter_leaves(tree)),
        is_unindexed=writer.scans,
        tree=tree,
        ranked=ranked,
    )


def match_of(node: Node) -> str | None:
    """Return the FTS5 expression of a part that is only text and wants something; None for any other part."""
    if isinstance(node, Words):
        text = quote_phrase(node.text, is_prefix=node.is_prefix)
        return f"title : {text}" if node.title else text
    if isinstance(node, Near):
        return _near(node)
    if isinstance(node, Or):
        sides = [match for part in node.parts if (match := match_of(part)) is not None]
        return _joined(" OR ", sides) if len(sides) == len(node.parts) else None
    if isinstance(node, And):
        match, rest = _split(node.parts)
        return None if rest else match
    return None


def _near(node: Near) -> str:
    """Write NEAR with each combination of alternatives: that of FTS5 takes only phrases."""
    column = "title : " if node.operands[0][0].title else ""
    ways = [
        f"{column}NEAR({' '.join(phrases)}, {node.distance})"
        for way in itertools.product(*node.operands)
        if (phrases := [quote_phrase(words.text, is_prefix=words.is_prefix) for words in way])
    ]
    return _joined(" OR ", ways)


def _split(parts: Sequence[Node]) -> tuple[str | None, tuple[Node, ...]]:
    """Split the parts of an AND into one FTS5 expression (None if there is none) and the rest."""
    required: list[str] = []
    excluded: list[str] = []
    rest: list[Node] = []
    excluding: list[Node] = []
    for part in parts:
        if isinstance(part, Not) and (match := match_of(part.part)) is not None:
            excluded.append(match)
            excluding.append(part)
        elif (match := match_of(part)) is not None:
            required.append(match)
        else:
            rest.append(part)
    if not required:
        return None, (*rest, *excluding)
    together = _joined(" AND ", required)
    return f"({together} NOT {_joined(' OR ', excluded)})" if excluded else together, tuple(rest)


def _joined(operator: str, parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({operator.join(parts)})"


class _Writer:
    """Writer of one statement and its parameters. `after` and `upto`: SQL expressions, the range of ids."""

    def __init__(self, *, ranked: bool, after: str, upto: str) -> None:
        self.parameters: dict[str, str] = {}
        self.scans = False  # whether the articles themselves must be read
        self._place = "rank" if ranked else "0"
        self._after, self._upto = after, upto

    def select(self, tree: Node) -> str:
        """Write the SELECT of a whole tree."""
        sql = self.ids(tree)
        self.scans = sql is None
        return self.scan(tree) if sql is None else sql

    def ids(self, node: Node) -> str | None:
        """Write a SELECT that reads only what the node finds; None if all articles of the range must be read."""
        if (match := match_of(node)) is not None:
            return self._found(match, ())
        if isinstance(node, Field) and node.name == "concept":
            return self._mentioning([node.value])
        if isinstance(node, And):
            return self._all(node.parts)
        if isinstance(node, Or):
            return self._any(node.parts)
        return None

    def scan(self, node: Node) -> str:
        """Write a SELECT that tests every article of the range, reading only the index."""
        return f"""SELECT a.id AS id, 0 AS place FROM articles AS a INDEXED BY articles_facets
            WHERE a.id > {self._after} AND a.id <= {self._upto} AND {self._where(node)}"""  # noqa: S608 -- literals and names

    def _found(self, match: str, rest: Sequence[Node]) -> str:
        """Write a SELECT from FTS5. With a range on rowid it reads only that part of its lists."""
        join = where = ""
        if rest:
            join = "CROSS JOIN articles AS a INDEXED BY articles_facets ON a.id = articles_fts.rowid"
            where = f" AND {self._every(rest)}"
        return f"""SELECT articles_fts.rowid AS id, {self._place} AS place FROM articles_fts {join}
            WHERE articles_fts MATCH {self._named(match)}
            AND articles_fts.rowid > {self._after} AND articles_fts.rowid <= {self._upto}{where}"""  # noqa: S608 -- as above

    def _mentioning(self, concepts: list[str]) -> str:
        distinct, which = (
            ("", f"= {self._named(concepts[0])}") if len(concepts) == 1 else ("DISTINCT ", self._in(concepts))
        )
        return f"""SELECT {distinct}m.article AS id, 0 AS place FROM mentions AS m
            INDEXED BY mentions_concept_article
            WHERE m.concept {which} AND m.article > {self._after} AND m.article <= {self._upto}"""  # noqa: S608 -- as above

    def _all(self, parts: Sequence[Node]) -> str | None:
        match, rest = _split(parts)
        if match is not None:
            return self._found(match, rest)
        drivers = sorted(rest, key=lambda part: not (isinstance(part, Field) and part.name == "concept"))
        for driver in drivers:
            if (found := self.ids(driver)) is not None:
                others = [part for part in rest if part is not driver]
                return f"""SELECT d.id AS id, 0 AS place FROM ({found}) AS d
                    CROSS JOIN articles AS a INDEXED BY articles_facets ON a.id = d.id
                    WHERE {self._every(others)}"""  # noqa: S608 -- as above
        return None

    def _any(self, parts: Sequence[Node]) -> str | None:
        texts, concepts, others = _sorted_out(parts)
        if len(others) > MAX_UNITED_SELECTS:
            return None
        found = [self.ids(part) for part in others]
        if None in found:
            return None
        if texts:
            found.append(self._found(_joined(" OR ", texts), ()))
        if concepts:
            found.append(self._mentioning(concepts))
        # Ranks of the two sides can't be compared, so there is no rank.
        return " UNION ".join(f"SELECT id, 0 AS place FROM ({one})" for one in found)  # noqa: S608 -- as above

    def _where(self, node: Node) -> str:
        """Write the node as a condition on `a`. It is never NULL, so that NOT gives all other articles."""
        if (match := match_of(node)) is not None:
            return self._text(match)
        if isinstance(node, Not):
            return f"NOT {self._where(node.part)}"
        if isinstance(node, And):
            return self._every(node.parts)
        if isinstance(node, Or):
            return self._either(node.parts)
        if isinstance(node, Field):
            return self._field(node.name, [node.value])
        raise AssertionError(node)  # words and NEAR are text, see match_of

    def _every(self, parts: Sequence[Node]) -> str:
        match, rest = _split(parts)
        excluded = [part.part for part in rest if isinstance(part, Not)]
        conditions = [self._where(part) for part in rest if not isinstance(part, Not)]
        if match is not None:
            conditions.append(self._text(match))
        if excluded:
            conditions.append(f"NOT {self._where(any_of(excluded))}")
        return _balanced("AND", conditions)

    def _either(self, parts: Sequence[Node]) -> str:
        texts, concepts, others = _sorted_out(parts)
        conditions: list[str] = []
        values: dict[str, list[str]] = {}
        for part in others:
            if isinstance(part, Field):
                values.setdefault(part.name, []).append(part.value)
            else:
                conditions.append(self._where(part))
        if concepts:
            values["concept"] = concepts
        conditions += [self._field(name, listed) for name, listed in values.items()]
        if texts:
            conditions.append(self._text(_joined(" OR ", texts)))
        return _balanced("OR", conditions)

    def _text(self, match: str) -> str:
        return f"""a.id IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH {self._named(match)}
            AND rowid > {self._after} AND rowid <= {self._upto})"""  # noqa: S608 -- as above

    def _field(self, name: str, values: list[str]) -> str:
        if name == "concept":
            return f"""EXISTS (SELECT 1 FROM mentions AS m
                WHERE m.article = a.id AND m.concept {self._in(values)})"""  # noqa: S608 -- as above
        if name in _OF_OUTLETS:
            return f"a.outlet IN (SELECT id FROM outlets WHERE {name} {self._in(values)})"  # noqa: S608 -- as above
        if name == "paywalled":
            return _balanced("OR", ["a.paywalled" if value == "yes" else "NOT a.paywalled" for value in set(values)])
        if name == "is":
            return _balanced("OR", [_TRAITS[value] for value in dict.fromkeys(values)])
        return f"coalesce({_COLUMNS[name]} {self._in(values)}, 0)"

    def _in(self, values: list[str]) -> str:
        if len(values) == 1:
            return f"= {self._named(values[0])}"
        return f"IN (SELECT value FROM json_each({self._named(json.dumps(values, ensure_ascii=False))}))"  # noqa: S608 -- as above

    def _named(self, value: str) -> str:
        name = f"q{len(self.parameters)}"
        self.parameters[name] = value
        return f":{name}"


def _sorted_out(parts: Sequence[Node]) -> tuple[list[str], list[str], list[Node]]:
    """Sort the parts of an OR into FTS5 expressions, ids of concepts and the rest."""
    texts, concepts, others = [], [], []
    for part in parts:
        if (match := match_of(part)) is not None:
            texts.append(match)
        elif isinstance(part, Field) and part.name == "concept":
            concepts.append(part.value)
        else:
            others.append(part)
    return texts, concepts, others


def _balanced(operator: str, conditions: Sequence[str]) -> str:
    """Join conditions as a balanced tree: SQLite allows a depth of 1,000, and a chain is as deep as it is long."""
    if not conditions:
        return "1"
    if len(conditions) == 1:
        return f"({conditions[0]})"
    half = len(conditions) // 2
    return f"({_balanced(operator, conditions[:half])} {operator} {_balanced(operator, conditions[half:])})"
