"""Search filters, and the SQL condition of those that are columns of `articles`.

How the articles are found is decided in db.search.plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from db.search.query import Query
from db.search.statement import Parameters, Statement

# The moment by which lists are sorted: when the article `it` was published, or first seen if its page gave no date.
MOMENT = "coalesce(it.published, it.first_seen)"
_OUTLET_COLUMNS = ("country", "kind", "ownership")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilters:
    """The filters of a search. An empty field filters nothing."""

    words: str = ""
    query: Query | None = None  # the parsed words; None if they are not a valid query and are read as plain words
    marked: str = ""  # words to mark in the articles, if they are not `words`
    outlet: str = ""
    country: str = ""
    kind: str = ""
    ownership: str = ""
    language: str = ""
    concept: str = ""
    verdict: str = ""
    since: str = ""  # 2026-11-22T05:00:00Z
    sort: Literal["time", "rank"] = "time"
    before: tuple[str, int] | None = None  # moment and id of the last row of the previous page

    @property
    def has_copies(self) -> bool:
        """True if copies are listed themselves: asked for, or of an outlet that ran them. Else under their original."""
        asked = self.query and (self.query.compiled.copies or self.query.compiled.outlets)
        return bool(self.outlet or asked)

    @property
    def is_empty(self) -> bool:
        """True if nothing is filtered."""
        return self.has_time_alone and not self.since

    @property
    def has_time_alone(self) -> bool:
        """True if nothing but the time is filtered."""
        return not (self.words or self.concept or self.outlet or self.has_outlet_kind or self.language or self.verdict)

    @property
    def has_column_filter(self) -> bool:
        """True if anything but words and concept is filtered."""
        return bool(self.outlet or self.has_outlet_kind or self.language or self.verdict or self.since)

    @property
    def has_outlet_kind(self) -> bool:
        """True if outlets are filtered by country, kind or ownership."""
        return bool(self.country or self.kind or self.ownership)

    @property
    def has_indexed_words(self) -> bool:
        """True if an index finds the words. `lang:es` has none: the articles themselves are read."""
        return bool(self.words) and not (self.query is not None and self.query.compiled.is_unindexed)

    @property
    def has_joined_prefix(self) -> bool:
        """True if the words hold a prefix for which FTS5 joins the lists of many words (db.search.prefixes)."""
        return self.query is not None and self.query.compiled.has_joined_prefix


def column_condition(filters: SearchFilters, *, by_outlet: bool = False) -> Statement:
    """Return the condition on the article `it` of all filters except words and concept.

    `by_outlet`: the statement reads the articles outlet by outlet (articles_outlet_moment).
    """
    conditions: list[str] = []
    parameters: Parameters = {}
    if not filters.has_copies:
        conditions.append("it.original IS NULL")
    if filters.outlet:
        conditions.append("it.outlet = :outlet")
        parameters["outlet"] = filters.outlet
    if filters.has_outlet_kind:
        condition, values = outlet_condition(filters)
        # In any other order SQLite would look each article up once for each of the outlets; the plus forbids it.
        conditions.append(condition if by_outlet else f"+{condition}")
        parameters |= values
    for column in ("language", "verdict"):
        if value := getattr(filters, column):
            conditions.append(f"it.{column} = :{column}")
            parameters[column] = value
    if filters.since:
        conditions.append(f"{MOMENT} >= :since")
        parameters["since"] = filters.since
    if filters.before:
        # The first condition tells SQLite where in the index to begin; it does not see that in the second.
        conditions += [f"{MOMENT} <= :before_moment", f"({MOMENT}, it.id) < (:before_moment, :before_id)"]
        parameters["before_moment"], parameters["before_id"] = filters.before
    return " AND ".join(conditions) or "1", parameters


def outlet_condition(filters: SearchFilters) -> Statement:
    """Return the condition that the outlet of `it` has the country, kind and ownership."""
    values = {name: value for name in _OUTLET_COLUMNS if (value := getattr(filters, name))}
    conditions = " AND ".join(f"{name} = :{name}" for name in values)
    return f"it.outlet IN (SELECT id FROM outlets WHERE {conditions})", values  # noqa: S608 -- literals


def concept_condition(filters: SearchFilters, *, id_: str = "it.id") -> Statement:
    """Return the condition that the article `id_` mentions the concept."""
    if not filters.concept:
        return "1", {}
    sql = f"EXISTS (SELECT 1 FROM mentions AS m WHERE m.article = {id_} AND m.concept = :concept)"  # noqa: S608 -- a column
    return sql, {"concept": filters.concept}
