"""The facets beside a list: links that change one filter. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from db.model.verdict import Verdict
from db.news.outlets import OutletRow
from db.search.counts import FacetCount
from db.site.filters.arguments import FILTER_NAMES, OUTLET_FILTERS, FilterName, SearchArguments, build_address
from db.site.page_arguments import DAY_NAMES, MAX_VALUES, PERIOD_DAYS
from db.site.page_context import ShownConcept
from db.site.wording import SiteWording

COMMON_SHARE = 0.8  # a concept that this share of the articles names (the two countries) tells nothing about one
MIN_COMPARED_ARTICLES = 10  # with fewer articles no share is taken
MIN_FOLDED_OPTIONS = 2  # up to this many further options are shown, not folded
MAX_FOLDED_OPTIONS = 100


@dataclass(frozen=True, slots=True)
class Option:
    """A value of a filter: its word, its number of articles, and the address that sets or removes it."""

    label: str
    href: str
    n: int | None = None
    chosen: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    """The options of one filter."""

    name: str
    title: str
    options: tuple[Option, ...]
    further: tuple[Option, ...] = ()  # options that are folded


def build_facets(
    given: SearchArguments,
    rows: Sequence[FacetCount],
    *,
    outlets: Mapping[str, OutletRow],
    concepts: Mapping[str, ShownConcept],
    wording: SiteWording,
) -> tuple[Facet, ...]:
    """Build the facets beside the list from the rows of db.search.counts.select_facet_counts."""
    total = next((row["n"] for row in rows if row["facet"] == "all"), 0)
    counted: dict[str, dict[str, int]] = {name: {} for name in FILTER_NAMES}
    for row in rows:
        if row["facet"] in counted and row["value"]:
            counted[row["facet"]][row["value"]] = row["n"]
    for id_, n in counted["outlet"].items():
        if outlet := outlets.get(id_):
            for column in OUTLET_FILTERS:
                if value := outlet[column]:
                    counted[column][value] = counted[column].get(value, 0) + n
    common = find_common(counted["concept"], total)
    counted["concept"] = {
        id_: n for id_, n in counted["concept"].items() if id_ not in common or id_ in given.get("concept", ())
    }
    words = make_labels(wording, outlets=outlets, concepts=concepts)
    found = [_periods(given, wording)]
    for name in FILTER_NAMES:
        chosen = given.get(name, ())
        # The numbers are those of the list, which has only what is chosen: of what may be added there are none.
        values: list[tuple[str, int | None]] = [
            (value, n if value in chosen or not chosen else None)
            for value, n in sorted(counted[name].items(), key=lambda item: (item[0] not in chosen, -item[1], item[0]))
        ]
        values[:0] = [(value, 0) for value in chosen if value not in counted[name]]
        others = _list_values(name, outlets) - {value for value, _ in values} if chosen else set()
        values += [(value, None) for value in sorted(others, key=lambda value: words[name](value).casefold())]
        if len(values) < 2 and not chosen:
            continue
        most = 12 if name in ("outlet", "concept", "country") else 10
        most = min(most, len(values) - len(others))
        options = tuple(
            Option(words[name](value), _toggle(given, name, value), n, value in chosen)
            for value, n in values[: most + MAX_FOLDED_OPTIONS]
            if value in chosen or len(chosen) < MAX_VALUES
        )
        if len(options) <= most + MIN_FOLDED_OPTIONS:
            most = len(options)
        found.append(Facet(name, wording(f"facets.{name}"), options[:most], options[most:]))
    return tuple(found)


def find_common(counted: Mapping[str, int], total: int) -> set[str]:
    """Return the concepts that nearly all of the `total` articles name, by how many name each."""
    if total < MIN_COMPARED_ARTICLES:
        return set()
    return {concept for concept, n in counted.items() if n >= COMMON_SHARE * total}


def _toggle(given: SearchArguments, name: FilterName, value: str) -> str:
    """Return the address with a value of a filter added, or taken away if it is chosen."""
    chosen = given.get(name, ())
    values = tuple(one for one in chosen if one != value) if value in chosen else (*chosen, value)
    return build_address({**given, name: values})


def _list_values(name: FilterName, outlets: Mapping[str, OutletRow]) -> set[str]:
    """Return the values that a filter may have, as far as the outlets tell."""
    if name == "outlet":
        return set(outlets)
    if name == "verdict":
        return set(Verdict)
    if name == "language":
        return {code for row in outlets.values() for code in re.findall("[a-z]{2,3}", row["languages"] or "")}
    if name == "concept":
        return set()
    return {value for row in outlets.values() if (value := row[name])}


def find_unknown_values(
    given: SearchArguments,
    *,
    outlets: Mapping[str, OutletRow],
    concepts: Mapping[str, ShownConcept],
    wording: SiteWording,
) -> dict[str, list[str]]:
    """Return the values of filters that nothing can have, by filter; none on a desk that has not been crawled yet."""
    found: dict[str, list[str]] = {}
    for name in FILTER_NAMES if outlets else ():
        if name not in given:
            continue
        known = _list_values(name, outlets) | (set(concepts) if name == "concept" else set())
        if name == "language":  # articles are in more languages than the outlets name
            known |= set(wording.locale.languages)
        if unknown := [value for value in given.get(name, ()) if value not in known]:
            found[name] = unknown
    return found


def make_labels(
    wording: SiteWording, *, outlets: Mapping[str, OutletRow], concepts: Mapping[str, ShownConcept]
) -> dict[str, Callable[[str], str]]:
    """Return, for each of FILTER_NAMES, what says its values in the reader's words."""
    return {
        "language": wording.language_name,
        "ownership": lambda value: wording.word("ownerships", value),
        "kind": lambda value: wording.word("kinds", value),
        "country": wording.country_name,
        "outlet": lambda value: outlets[value]["name"] or value if value in outlets else value,
        "concept": lambda value: concepts[value].name if value in concepts else value,
        "verdict": lambda value: wording.word("verdicts", value),
    }


def _periods(given: SearchArguments, wording: SiteWording) -> Facet:
    options = tuple(
        Option(
            wording(f"periods.{days}"),
            build_address(given, **dict.fromkeys(DAY_NAMES, ""), period="" if given.get("period") == days else days),
            None,
            given.get("period") == days,
        )
        for days in PERIOD_DAYS
    )
    return Facet("period", wording("facets.period"), options)


def list_chosen(given: SearchArguments, found: tuple[Facet, ...], wording: SiteWording) -> list[Option]:
    """List the filters that are set, each with the address without it."""
    options = [
        Option(option.label, option.href, note=facet.title)
        for facet in found
        for option in (*facet.options, *facet.further)
        if option.chosen
    ]
    if days := describe_days(given, wording):
        without = build_address(given, **dict.fromkeys(DAY_NAMES, ""))
        options.insert(0, Option(days, without, note=wording("facets.period")))
    return options


def list_asked(given: SearchArguments, wording: SiteWording) -> list[str]:
    """List what is searched for: the words, the values of filters and the days."""
    values = [given.get("q", ""), *(value for name in FILTER_NAMES for value in given.get(name, ()))]
    return [value for value in (*values, describe_days(given, wording)) if value]


def describe_days(given: SearchArguments, wording: SiteWording) -> str:
    """Say which days are asked for; "" if none are."""
    days = (given.get("from"), given.get("to"))
    first, last = (wording.date(dt.date.fromisoformat(day), "medium") if day else "" for day in days)
    if first and last:
        return wording("facets.days", first=first, last=last) if first != last else first
    if first:
        return wording("facets.days_from", first=first)
    return wording("facets.days_to", last=last) if last else ""
