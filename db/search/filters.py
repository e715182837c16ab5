"""Search filters, and the SQL condition of those that are columns of `articles`.

How the articles are found is decided in db.search.plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from db.search.query import Query
from db.search.statement import Parameters, Statement

# The moment by which lists are sorted: when the article `it` was published, or first seen if its page gave no date.
MOMENT = "coalesce(it.published, it.first_seen)"
_OUTLET_COLUMNS = ("country", "kind", "ownership")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilters:
    """The filters of a search. An empty field filters nothing; of several values of one field, any will do.

    `since` and `until` are moments (2026-11-22T05:00:00Z): from `since` on, before `until`. `first_day` and `after_day`
    are given where these are the bounds of days (db.model.day_span.DayBounds).
    """

    words: str = ""
    query: Query | None = None  # the parsed words; None if they are not a valid query and are read as plain words
    marked: str = ""  # words to mark in the articles, if they are not `words`
    outlet: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    ownership: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    concept: tuple[str, ...] = ()
    verdict: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    first_day: str = ""
    after_day: str = ""
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
        return self.has_time_alone and not self.since and not self.until

    @property
    def has_time_alone(self) -> bool:
        """True if nothing but the time is filtered."""
        return not (self.words or self.concept or self.outlet or self.has_outlet_set or self.language or self.verdict)

    @property
    def has_column_filter(self) -> bool:
        """True if anything but words and concept is filtered."""
        return bool(self.outlet or self.has_outlet_set or self.language or self.verdict or self.since or self.until)

    @property
    def has_one_outlet(self) -> bool:
        """True if the articles are of one named outlet: an index has them in the order of time."""
        return len(self.outlet) == 1

    @property
    def has_outlet_set(self) -> bool:
        """True if outlets are filtered by country, kind or ownership, or several are named."""
        return bool(self.country or self.kind or self.ownership or len(self.outlet) > 1)

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
    if filters.has_one_outlet:
        conditions.append("it.outlet = :outlet")
        parameters["outlet"] = filters.outlet[0]
    if filters.has_outlet_set:
        condition, values = outlet_condition(filters)
        # In any other order SQLite would look each article up once for each of the outlets; the plus forbids it.
        conditions.append(condition if by_outlet else f"+{condition}")
        parameters |= values
    for column in ("language", "verdict"):
        if chosen := getattr(filters, column):
            condition, values = one_of(column, chosen)
            conditions.append(f"it.{condition}")
            parameters |= values
    for condition, values in (_since_condition(filters), _until_condition(filters)):
        conditions += [condition] if condition else []
        parameters |= values
    if filters.before:
        # The first condition tells SQLite where in the index to begin; it does not see that in the second.
        conditions += [f"{MOMENT} <= :before_moment", f"({MOMENT}, it.id) < (:before_moment, :before_id)"]
        parameters["before_moment"], parameters["before_id"] = filters.before
    return " AND ".join(conditions) or "1", parameters


def one_of(column: str, values: Sequence[str]) -> Statement:
    """Return the condition that a column has one of the values."""
    named = {column if len(values) == 1 else f"{column}_{number}": value for number, value in enumerate(values)}
    places = ", ".join(f":{name}" for name in named)
    return f"{column} = {places}" if len(values) == 1 else f"{column} IN ({places})", {**named}


def _since_condition(filters: SearchFilters) -> Statement:
    if not filters.since:
        return "", {}
    if not filters.first_day or filters.first_day >= filters.since:
        return f"{MOMENT} >= :since", {"since": filters.since}
    # West of Greenwich the dates without an hour of the first day stand before its first moment.
    condition = f"{MOMENT} >= :first_day AND ({MOMENT} >= :since OR {MOMENT} = :first_day)"
    return condition, {"since": filters.since, "first_day": filters.first_day}


def _until_condition(filters: SearchFilters) -> Statement:
    if not filters.until:
        return "", {}
    if not filters.after_day or filters.after_day >= filters.until:
        return f"{MOMENT} < :until", {"until": filters.until}
    condition = f"{MOMENT} < :until AND {MOMENT} <> :after_day"
    return condition, {"until": filters.until, "after_day": filters.after_day}


def outlet_condition(filters: SearchFilters) -> Statement:
    """Return the condition that the outlet of `it` has the country, kind and ownership, and is one of those named."""
    conditions = []
    parameters: Parameters = {}
    for column in _OUTLET_COLUMNS:
        if chosen := getattr(filters, column):
            condition, values = one_of(column, chosen)
            conditions.append(condition)
            parameters |= values
    if len(filters.outlet) > 1:
        condition, values = one_of("id", filters.outlet)
        conditions.append(condition)
        parameters |= values
    return f"it.outlet IN (SELECT id FROM outlets WHERE {' AND '.join(conditions)})", parameters  # noqa: S608 -- literals


def concept_condition(filters: SearchFilters, *, id_: str = "it.id") -> Statement:
    """Return the condition that the article `id_` mentions a concept of the filters."""
    if not filters.concept:
        return "1", {}
    condition, parameters = one_of("concept", filters.concept)
    return f"EXISTS (SELECT 1 FROM mentions AS m WHERE m.article = {id_} AND m.{condition})", parameters  # noqa: S608 -- a column
