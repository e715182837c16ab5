"""Search filters in the address of a page, and the facets beside a list: links that change one filter. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from db.news.outlets import OutletRow
from db.search.counts import FacetCount
from db.search.filters import SearchFilters
from db.search.plain_query import MAX_PLAIN_QUERY_CHARACTERS
from db.site.page_context import ShownConcept
from db.site.queries.articles import format_moment_before
from db.site.wording import SiteWording

PERIOD_DAYS = ("1", "7", "30", "365")  # days
FILTER_NAMES = ("language", "ownership", "kind", "country", "outlet", "concept", "verdict")
VIEW_NAMES = ("by", "chart")  # of the front page: what its list and its chart count
MIN_FOLDED_OPTIONS = 2  # up to this many further options are shown, not folded
MAX_FOLDED_OPTIONS = 100
SEARCH_ARGUMENTS = ("q", "period", "sort", *FILTER_NAMES, *VIEW_NAMES, "before")
_DEFAULTS = {"sort": ("time",), "by": ("story",), "chart": ("stories", "articles")}  # values that change nothing
_OUTLET_FILTERS: tuple[Literal["country", "kind", "ownership"], ...] = ("country", "kind", "ownership")
_BEFORE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ),(\d{1,18})")


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


def read_arguments(args: Mapping[str, str]) -> dict[str, str]:
    """Return the arguments of an address that filter, sort or choose a view, without unknown ones, blanks and NULs."""
    found = {}
    for name in ("q", "period", "sort", *FILTER_NAMES):
        value = (args.get(name) or "").replace("\0", "").strip()[: MAX_PLAIN_QUERY_CHARACTERS if name == "q" else 200]
        if value and not (name == "period" and value not in PERIOD_DAYS) and not (name == "sort" and value != "rank"):
            found[name] = value
    if args.get("by") == "article":
        found["by"] = "article"
    if args.get("chart") == ("stories" if "by" in found else "articles"):
        found["chart"] = args["chart"]
    return found


def list_refused(args: Mapping[str, str]) -> list[str]:
    """Return the arguments of a search whose value could not be read."""
    given = read_arguments(args)
    if _BEFORE.fullmatch(args.get("before") or ""):
        given["before"] = args["before"]
    found = [
        name
        for name in SEARCH_ARGUMENTS
        if (args.get(name) or "").strip() and name not in given and args[name] not in _DEFAULTS.get(name, ())
    ]
    return [*found, "sort"] if "sort" in given and "q" not in given else found


def read_filters(args: Mapping[str, str], *, now: dt.datetime) -> SearchFilters:
    """Read the filters from the arguments of an address. The query is not read yet; invalid values are left out."""
    given = read_arguments(args)
    before = _BEFORE.fullmatch(args.get("before") or "")
    return SearchFilters(
        words=given.get("q", ""),
        since=format_moment_before(now, days=int(given["period"])) if "period" in given else "",
        sort="rank" if given.get("sort") == "rank" and "q" in given else "time",
        before=(before[1], int(before[2])) if before else None,
        language=given.get("language", ""),
        ownership=given.get("ownership", ""),
        kind=given.get("kind", ""),
        country=given.get("country", ""),
        outlet=given.get("outlet", ""),
        concept=given.get("concept", ""),
        verdict=given.get("verdict", ""),
    )


def build_address(given: Mapping[str, str], *, path: str = "/", **changed: str) -> str:
    """Build an address with some arguments changed; "" removes one. Only the front page is told the view."""
    views = () if path == "/" else VIEW_NAMES
    arguments = {name: value for name, value in {**given, **changed}.items() if value and name not in views}
    return f"{path}?{urlencode(arguments)}" if arguments else path


def build_onward_addresses(given: Mapping[str, str]) -> dict[str, str]:
    """Build the addresses of the list, the feed and the subscription of these arguments."""
    paths = {"every": "/", "feed": "/search.atom", "subscribe": "/subscribe"}
    return {name: build_address(given, path=path) for name, path in paths.items()}


def build_facets(
    given: Mapping[str, str],
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
            for column in _OUTLET_FILTERS:
                if value := outlet[column]:
                    counted[column][value] = counted[column].get(value, 0) + n
    # A concept that nearly all articles name (the two countries) is no useful filter.
    counted["concept"] = {
        id_: n for id_, n in counted["concept"].items() if n < 0.8 * total or total < 10 or id_ == given.get("concept")
    }
    words = make_labels(wording, outlets=outlets, concepts=concepts)
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
    """List the filters that are set, each with the address without it."""
    return [
        Option(option.label, option.href, note=facet.title)
        for facet in found
        for option in (*facet.options, *facet.further)
        if option.chosen and facet.name in given
    ]
