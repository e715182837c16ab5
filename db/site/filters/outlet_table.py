"""Sort and filter the rows of the table of outlets by the arguments of its address. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

from db.news.outlets import OutletRow
from db.site.filters.arguments import OUTLET_FILTERS, Addressed, build_address, first_value
from db.site.filters.facets import Option
from db.site.wording import SiteWording

OutletColumn = Literal["name", "standing", "recent", "copies", "newest", "crawl"]
OUTLET_COLUMNS: tuple[OutletColumn, ...] = get_args(OutletColumn)
OUTLET_ARGUMENTS = ("sort", *OUTLET_FILTERS)
_UPWARDS = ("name", "standing")  # columns of words, which begin with the first one; of figures and times the largest do
DEFAULT_COLUMN = "recent"


def read_outlet_arguments(args: Addressed) -> dict[str, str]:
    """Return `sort` (a column; "-" before it turns the order round) and the filters, without what cannot be read."""
    given = {name: value for name in OUTLET_FILTERS if (value := first_value(args, name))}
    sort = first_value(args, "sort")
    return given | ({"sort": sort} if sort.removeprefix("-") in OUTLET_COLUMNS else {})


def list_refused_outlet_arguments(args: Addressed) -> list[str]:
    """Return the arguments whose value could not be read."""
    given = read_outlet_arguments(args)
    return [name for name in OUTLET_ARGUMENTS if first_value(args, name) and name not in given]


def select_outlets(outlets: Iterable[OutletRow], given: Mapping[str, str]) -> set[str]:
    """Return the ids of the outlets with the country, kind and ownership that are asked for."""
    return {row["id"] for row in outlets if all(row[name] == given[name] for name in OUTLET_FILTERS if name in given)}


def sort_outlets(rows: Sequence[Mapping[str, Any]], given: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """Sort rows by a column; their `order` has its value by column. Rows without a value come last."""
    sort = given.get("sort", DEFAULT_COLUMN)
    column = sort.removeprefix("-")
    named = sorted(rows, key=lambda row: row["order"]["name"])
    valued = [row for row in named if row["order"][column] not in (None, "")]
    is_down = (column not in _UPWARDS) != sort.startswith("-")
    valued.sort(key=lambda row: row["order"][column], reverse=is_down)
    return valued + [row for row in named if row["order"][column] in (None, "")]


def list_columns(given: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return for each column the address that sorts by it, or turns its order round, and its aria-sort."""
    sort = given.get("sort", DEFAULT_COLUMN)
    found: dict[str, tuple[str, str]] = {}
    for column in OUTLET_COLUMNS:
        is_up = (column in _UPWARDS) != sort.startswith("-")
        state = ("ascending" if is_up else "descending") if sort.removeprefix("-") == column else ""
        found[column] = (build_address(given, path="/outlets", sort=f"-{column}" if sort == column else column), state)
    return found


def list_orders(given: Mapping[str, str], wording: SiteWording, *, has_crawls: bool) -> list[tuple[str, Option]]:
    """Return the values of `sort`, each with its words, for a form: every column in both orders."""
    titles = {"name": "outlet", "crawl": "last_crawl"}
    sort = given.get("sort", DEFAULT_COLUMN)
    found: list[tuple[str, Option]] = []
    for column in OUTLET_COLUMNS:
        if column == "crawl" and not has_crawls:
            continue
        title = wording(f"outlets.{titles.get(column, column)}")
        for value in (column, f"-{column}"):
            is_up = (column in _UPWARDS) != value.startswith("-")
            label = wording("outlets.ascending" if is_up else "outlets.descending", column=title)
            found.append((value, Option(label, "", chosen=value == sort)))
    return found


def list_choices(
    outlets: Iterable[OutletRow], given: Mapping[str, str], wording: SiteWording
) -> list[tuple[str, str, list[tuple[str, Option]]]]:
    """Return for each filter its name, its title and its values, each with its word, for a form."""
    rows = list(outlets)
    words: dict[str, Callable[[str], str]] = {
        "country": wording.country_name,
        "kind": lambda value: wording.word("kinds", value),
        "ownership": lambda value: wording.word("ownerships", value),
    }
    found: list[tuple[str, str, list[tuple[str, Option]]]] = []
    for name in OUTLET_FILTERS:
        values = {value for row in rows if (value := row[name])} | ({given[name]} if name in given else set())
        options = [(value, Option(words[name](value), "", chosen=given.get(name) == value)) for value in values]
        found.append((name, wording(f"facets.{name}"), sorted(options, key=lambda pair: pair[1].label.casefold())))
    return found
