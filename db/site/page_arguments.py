"""Say which arguments of an address a page did not read. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from datasette.utils.asgi import Request

from db.model.day_span import read_day
from db.site.wording import SiteWording
from db.text.sanitise import one_line

PERIOD_DAYS = ("1", "7", "30", "365")  # days
DAY_NAMES: tuple[Literal["from", "to"], ...] = ("from", "to")  # the first and the last day
MAX_VALUES = 20  # of one filter
MAX_NOTES = 5
MAX_SHOWN_CHARACTERS = 60  # of a name or a value
DATE_NAMES = frozenset({*DAY_NAMES, "since", "until", "after", "date", "desde", "hasta"})


def read_address_arguments(request: Request) -> dict[str, list[str]]:
    """Return the values of the arguments of a request's address by name."""
    return {name: request.args.getlist(name) for name in request.args}


def describe_unread(
    arguments: Mapping[str, Sequence[str]],
    *,
    reads: Collection[str] = (),
    refused: Collection[str] = (),
    several: Collection[str] = (),
    unknown: Mapping[str, Sequence[str]] = MappingProxyType({}),
    wrong_language: str = "",
    wording: SiteWording,
) -> list[str]:
    """Return a sentence for each argument that the page did not read, MAX_NOTES at most.

    reads: names that the page knows. refused: those of them whose value it could not read. several: those that may have
    up to MAX_VALUES values. unknown: values of filters that nothing has, by name. wrong_language: a value of `lang`
    that is no language of the pages.
    """
    notes = [wording("arguments.refused", argument=_shown(f"lang={wrong_language}"))] if wrong_language else []
    has_date = False
    for name, values in arguments.items():
        if len(notes) >= MAX_NOTES:
            break
        if name in refused:
            notes.append(_describe_refused(name, arguments, wording))
            has_date |= name == "period" and values[0] not in PERIOD_DAYS
        elif name not in reads:
            notes.append(wording("arguments.unknown", argument=_shown(name)))
            has_date |= name in DATE_NAMES
        elif name in several:
            if len(set(values)) > MAX_VALUES:
                notes.append(wording("arguments.too_many", argument=_shown(name), most=MAX_VALUES))
        elif len(values) > 1:
            notes.append(wording("arguments.repeated", argument=_shown(name), value=_shown(values[0])))
        notes += [wording("arguments.no_such", argument=_shown(f"{name}={value}")) for value in unknown.get(name, ())]
    del notes[MAX_NOTES:]
    if has_date and "from" in reads:
        notes.append(wording("arguments.period" if "period" in reads else "arguments.days"))
    return list(dict.fromkeys(notes))


def _describe_refused(name: str, arguments: Mapping[str, Sequence[str]], wording: SiteWording) -> str:
    value = arguments[name][0]
    if name in DAY_NAMES:
        if read_day(value.strip()) is None:
            return wording("arguments.no_date", argument=_shown(f"{name}={value}"))
        return wording("arguments.reversed", first=arguments["from"][0].strip(), last=arguments["to"][0].strip())
    if name == "period" and any(read_day(arguments.get(day, [""])[0].strip()) for day in DAY_NAMES):
        return wording("arguments.period_and_days", argument=_shown(f"{name}={value}"))
    return wording("arguments.refused", argument=_shown(f"{name}={value}"))


def _shown(text: str) -> str:
    return one_line(text, MAX_SHOWN_CHARACTERS)
