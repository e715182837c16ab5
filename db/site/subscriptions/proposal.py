"""A search as a subscription: its name, its query, and the block for vigia.toml. Pure.

Filters become fields of the query.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from db.search.query import QueryError, parse_query
from db.search.query.tree import Field, Or, all_of, any_of, write_query
from db.site.exports.citations import printable_line
from db.site.filters.arguments import FILTER_NAMES, SearchArguments

QUERY_FIELDS = {"language": "lang"}  # filters with another name in the query language
_MAX_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionProposal:
    """A subscription for vigia.toml."""

    name: str
    query: str
    copies: bool = False
    daily: bool = False

    @property
    def when(self) -> str:
        """Its rhythm."""
        return "daily 07:30" if self.daily else "immediately"

    @property
    def at_most(self) -> int | None:
        """Its daily limit."""
        return 20 if self.daily else None

    @property
    def block(self) -> str:
        """The subscription as TOML, with further keys as comments."""
        lines = ["[[subscription]]", f"name = {quote_toml(self.name)}", f"query = {quote_toml(self.query)}"]
        lines += [f'when = "{self.when}"']
        lines += [f"at_most = {self.at_most}"] if self.at_most else []
        lines += ["copies = true"] if self.copies else []
        lines += ["# borderline = true", '# once_per = "story"', '# people = ["ana"]', '# to = ["env:VIGIA_MAIL"]']
        return "\n".join(lines) + "\n"


def quote_toml(text: str) -> str:
    """Write a TOML string: a literal one if the text has double quotation marks, as queries often do."""
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def build_query(given: SearchArguments) -> str:
    """Write a query equal to words and filters, without the period; "" if there are none.

    Raises QueryError if the words are not a valid query, or a filter's value can't be written in a query.
    """
    words = " ".join(given.get("q", "").split())
    fields = [
        any_of(Field(QUERY_FIELDS.get(name, name), value) for value in given[name])
        for name in FILTER_NAMES
        if name in given
    ]
    if not fields:
        return words
    if any('"' in value for name in FILTER_NAMES for value in given.get(name, ())):
        raise QueryError("a filter has a value that no query can name", query=words, at=0, hint="take the filter away")
    if not words:
        return write_query(all_of(fields))
    tree = parse_query(words)
    together = all_of([tree, *fields])
    # The words stay as they were typed if they mean the same with the fields after them.
    typed = f"({words})" if isinstance(tree, Or) else words
    filters = all_of(fields)
    text = f"{typed} ({write_query(filters)})" if isinstance(filters, Or) else f"{typed} {write_query(filters)}"
    try:
        return text if parse_query(text) == together else write_query(together)
    except QueryError:
        return write_query(together)


def propose_name(given: SearchArguments, labels: list[str]) -> str:
    """Propose a name: the words without quotation marks and parentheses, then the filters."""
    words = re.sub(r'["“”«»()]', "", given.get("q", ""))
    parts = [printable_line(part) for part in (words, *labels)]
    name = ", ".join(part for part in parts if part)
    return name[:_MAX_NAME_CHARACTERS].rstrip(" ,-") or "Vigía"
