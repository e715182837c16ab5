"""A reader's choice as the address of a page says it, and the addresses of neighbouring choices. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from db.search.filters import SearchFilters
from db.search.plain_query import MAX_PLAIN_QUERY_CHARACTERS
from db.site.queries.articles import format_moment_before
from db.site.wording import SiteWording

PERIOD_DAYS = ("1", "7", "30", "365")  # days
FILTER_NAMES = ("language", "ownership", "kind", "country", "outlet", "concept", "verdict")
MIN_FOLDED_OPTIONS = 2  # options that are not worth folding away
MAX_FOLDED_OPTIONS = 100
_BEFORE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ),(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Option:
    """A filter value that a reader can take: its word, how many articles, and the address that takes or leaves it."""

    label: str
    href: str
    n: int | None = None
    chosen: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    """The options of one dimension."""

    name: str
    title: str
    options: tuple[Option, ...]
    further: tuple[Option, ...] = ()  # folded away


def read_arguments(args: Mapping[str, str]) -> dict[str, str]:
    """The arguments of an address that make a choice, cleaned: unknown ones, blanks and NULs are gone."""
    found = {}
    for name in ("q", "period", "sort", *FILTER_NAMES):
        value = (args.get(name) or "").replace("\0", "").strip()[: MAX_PLAIN_QUERY_CHARACTERS if name == "q" else 200]
        if value and not (name == "period" and value not in PERIOD_DAYS) and not (name == "sort" and value != "rank"):
            found[name] = value
    return found


def read_filters(args: Mapping[str, str], *, now: dt.datetime) -> SearchFilters:
    """What the address asks for, its words not yet understood. Nonsense in it is left out."""
    given = read_arguments(args)
    before = _BEFORE.fullmatch(args.get("before") or "")
    filters: dict[str, Any] = {name: given.get(name, "") for name in FILTER_NAMES}
    return SearchFilters(
        words=given.get("q", ""),
        since=format_moment_before(now, days=int(given["period"])) if "period" in given else "",
        sort="rank" if given.get("sort") == "rank" and "q" in given else "time",
        before=(before[1], int(before[2])) if before else None,
        **filters,
    )


def build_address(given: Mapping[str, str], *, path: str = "/", **changed: str) -> str:
    """The address of a choice with some arguments changed; "" takes one away."""
    wanted = {name: value for name, value in {**given, **changed}.items() if value}
    return f"{path}?{urlencode(wanted)}" if wanted else path


def build_onward_addresses(given: Mapping[str, str]) -> dict[str, str]:
    """The addresses of all that a choice finds: as a list, as a feed, and as what a subscription would send."""
    paths = {"every": "/", "feed": "/search.atom", "subscribe": "/subscribe"}
    return {name: build_address(given, path=path) for name, path in paths.items()}


def build_facets(
    given: Mapping[str, str],
    rows: list[dict[str, Any]],
    *,
    outlets: Mapping[str, dict[str, Any]],
    concepts: Mapping[str, dict[str, Any]],
    wording: SiteWording,
) -> tuple[Facet, ...]:
    """The filters beside the list, from the counts of what is listed."""
    total = next((row["n"] for row in rows if row["facet"] == "all"), 0)
    counted: dict[str, dict[str, int]] = {name: {} for name in FILTER_NAMES}
    for row in rows:
        if row["facet"] in counted and row["value"]:
            counted[row["facet"]][row["value"]] = row["n"]
    for id_, n in counted["outlet"].items():
        for name in ("country", "kind", "ownership"):
            if value := outlets.get(id_, {}).get(name):
                counted[name][value] = counted[name].get(value, 0) + n
    # A concept that nearly everything names (the two countries) divides nothing.
    counted["concept"] = {
        id_: n for id_, n in counted["concept"].items() if n < 0.8 * total or total < 10 or id_ == given.get("concept")
    }
    words: dict[str, Callable[[str], str]] = {
        "language": wording.language_name,
        "ownership": lambda value: wording.word("ownerships", value),
        "kind": lambda value: wording.word("kinds", value),
        "country": wording.country_name,
        "outlet": lambda value: str(outlets.get(value, {}).get("name") or value),
        "concept": lambda value: str(concepts.get(value, {}).get("name") or value),
        "verdict": lambda value: wording.word("verdicts", value),
    }
    found = [_periods(given, wording)]
    for name in FILTER_NAMES:
        values = sorted(counted[name].items(), key=lambda item: (-item[1], item[0]))
        if name in given and given[name] not in counted[name]:
            values.insert(0, (given[name], 0))
        if len(values) < 2 and name not in given:
            continue
        most = 12 if name in ("outlet", "concept", "country") else 10
        options = tuple(
            Option(
                words[name](value),
                build_address({**given, name: "" if given.get(name) == value else value}),
                n,
                given.get(name) == value,
            )
            for value, n in values[: most + MAX_FOLDED_OPTIONS]
        )
        if len(options) <= most + MIN_FOLDED_OPTIONS:
            most = len(options)
        found.append(Facet(name, wording(f"facets.{name}"), options[:most], options[most:]))
    return tuple(found)


def _periods(given: Mapping[str, str], wording: SiteWording) -> Facet:
    options = tuple(
        Option(
            wording(f"periods.{days}"),
            build_address(given, period="" if given.get("period") == days else days),
            None,
            given.get("period") == days,
        )
        for days in PERIOD_DAYS
    )
    return Facet("period", wording("facets.period"), options)


def list_chosen(given: Mapping[str, str], found: tuple[Facet, ...]) -> list[Option]:
    """What is chosen now, each with the address without it."""
    return [
        Option(option.label, option.href, note=facet.title)
        for facet in found
        for option in (*facet.options, *facet.further)
        if option.chosen and facet.name in given
    ]
