"""Read search filters from the address of a page, and build addresses with some of them changed. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypedDict, cast
from urllib.parse import urlencode

from db.model.day_span import bound_days, read_day
from db.search.filters import SearchFilters
from db.search.plain_query import MAX_PLAIN_QUERY_CHARACTERS
from db.site.page_arguments import DAY_NAMES, MAX_VALUES, PERIOD_DAYS
from db.site.queries.articles import format_moment_before

FilterName = Literal["language", "ownership", "kind", "country", "outlet", "concept", "verdict"]
Addressed = Mapping[str, Sequence[str]]  # the values of an address's arguments by name

FILTER_NAMES: tuple[FilterName, ...] = ("language", "ownership", "kind", "country", "outlet", "concept", "verdict")
OUTLET_FILTERS: tuple[Literal["country", "kind", "ownership"], ...] = ("country", "kind", "ownership")
VIEW_NAMES = ("by", "chart")  # of the front page: what its list and its chart count
SEARCH_ARGUMENTS = ("q", "period", *DAY_NAMES, "sort", *FILTER_NAMES, *VIEW_NAMES, "before")
_MAX_VALUE_CHARACTERS = 200
_DEFAULTS = {"sort": ("time",), "by": ("story",), "chart": ("stories", "articles")}  # values that change nothing
_BEFORE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ),(\d{1,18})")

# The arguments of a search that an address has. `from` and `to` are days; any of several values of a filter will do.
SearchArguments = TypedDict(
    "SearchArguments",
    {
        "q": str,
        "period": str,
        "from": str,
        "to": str,
        "sort": str,
        "language": tuple[str, ...],
        "ownership": tuple[str, ...],
        "kind": tuple[str, ...],
        "country": tuple[str, ...],
        "outlet": tuple[str, ...],
        "concept": tuple[str, ...],
        "verdict": tuple[str, ...],
        "by": str,
        "chart": str,
    },
    total=False,
)


def read_arguments(args: Addressed) -> SearchArguments:
    """Return the arguments of an address that filter, sort or choose a view, without unknown ones, blanks and NULs."""
    found: dict[str, str | tuple[str, ...]] = {}
    if words := first_value(args, "q", MAX_PLAIN_QUERY_CHARACTERS):
        found["q"] = words
    if days := list_days(args):
        found |= days
    elif (period := first_value(args, "period")) in PERIOD_DAYS:
        found["period"] = period
    if first_value(args, "sort") == "rank":
        found["sort"] = "rank"
    for name in FILTER_NAMES:
        cleaned = (_clean(value) for value in args.get(name, ()))
        if values := tuple(dict.fromkeys(value for value in cleaned if value))[:MAX_VALUES]:
            found[name] = values
    if first_value(args, "by") == "article":
        found["by"] = "article"
    if (chart := first_value(args, "chart")) == ("stories" if "by" in found else "articles"):
        found["chart"] = chart
    return cast("SearchArguments", found)


def read_days(args: Addressed) -> tuple[dt.date | None, dt.date | None]:
    """Return the first and the last day that an address asks for; neither if they are the wrong way round."""
    first, last = (read_day(first_value(args, name)) for name in DAY_NAMES)
    return (None, None) if first and last and first > last else (first, last)


def list_days(args: Addressed) -> dict[str, str]:
    """Return `from` and `to` of an address, as far as they are given and can be used."""
    return {name: day.isoformat() for name, day in zip(DAY_NAMES, read_days(args), strict=True) if day}


def read_chosen_days(given: SearchArguments) -> tuple[dt.date | None, dt.date | None]:
    """Return the first and the last day of the arguments of a search."""
    return read_day(given.get("from", "")), read_day(given.get("to", ""))


def list_refused(args: Addressed) -> list[str]:
    """Return the arguments of a search whose value could not be read, or does not go with another one."""
    given: dict[str, object] = {**read_arguments(args)}
    if _BEFORE.fullmatch(first_value(args, "before")):
        given["before"] = True
    found = [
        name
        for name in SEARCH_ARGUMENTS
        if (value := first_value(args, name)) and name not in given and value not in _DEFAULTS.get(name, ())
    ]
    return [*found, "sort"] if "sort" in given and "q" not in given else found


def read_filters(args: Addressed, *, now: dt.datetime, zone: dt.tzinfo) -> SearchFilters:
    """Read the filters from the arguments of an address. The query is not read yet; invalid values are left out.

    zone: whose days `from` and `to` are.
    """
    given = read_arguments(args)
    before = _BEFORE.fullmatch(first_value(args, "before"))
    bounds = bound_days(*read_days(args), zone)
    return SearchFilters(
        words=given.get("q", ""),
        sort="rank" if given.get("sort") == "rank" and "q" in given else "time",
        before=(before[1], int(before[2])) if before else None,
        language=given.get("language", ()),
        ownership=given.get("ownership", ()),
        kind=given.get("kind", ()),
        country=given.get("country", ()),
        outlet=given.get("outlet", ()),
        concept=given.get("concept", ()),
        verdict=given.get("verdict", ()),
        since=format_moment_before(now, days=int(given["period"])) if "period" in given else bounds.since,
        until=bounds.until,
        first_day=bounds.first_day,
        after_day=bounds.after_day,
    )


def build_address(given: Mapping[str, object], *, path: str = "/", **changed: str | Sequence[str]) -> str:
    """Build an address with some arguments changed; "" removes one. Only the front page is told the view."""
    views = () if path == "/" else VIEW_NAMES
    arguments = {name: value for name, value in {**given, **changed}.items() if value and name not in views}
    return f"{path}?{urlencode(arguments, doseq=True)}" if arguments else path


def build_onward_addresses(given: Mapping[str, object]) -> dict[str, str]:
    """Build the addresses of the list, the feed and the subscription of these arguments."""
    paths = {"every": "/", "feed": "/search.atom", "subscribe": "/subscribe"}
    return {name: build_address(given, path=path) for name, path in paths.items()}


def list_pairs(given: Mapping[str, object], *, without: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return (name, value) of the arguments, for the hidden fields of a form."""
    left_out = set(without)
    return [
        (name, one)
        for name, value in given.items()
        if name not in left_out
        for one in ((value,) if isinstance(value, str) else cast("tuple[str, ...]", value))
    ]


def first_value(args: Addressed, name: str, most: int = _MAX_VALUE_CHARACTERS) -> str:
    """Return the first value of an argument, without blanks around it and NULs, and cut; "" if it is missing."""
    return _clean(next(iter(args.get(name, ())), ""), most)


def _clean(value: str, most: int = _MAX_VALUE_CHARACTERS) -> str:
    return value.replace("\0", "").strip()[:most]
