"""Write outlets as [[outlet]] tables of vigia.toml. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import count
from typing import Any

from crawler import urls
from crawler.config.outlet import Outlet, Source

_MAX_ID_CHARACTERS = 60


def outlet_block(
    *,
    home: str,
    sources: Sequence[Source],
    name: str | None = None,
    languages: Sequence[str] = (),
    likely_language: str = "es",
    pattern: str | None = None,
    country: str | None = None,
    kind: str | None = None,
    taken: Collection[str] = (),
) -> str:
    """Write a TOML [[outlet]] block from what was found out about an outlet.

    Comments mark what a person must check. Its id is made from the home page's host, and is none of `taken`.
    """
    site = re.sub(r":\d+$", "", urls.get_host(home)).removeprefix("www.")
    lines = [
        "[[outlet]]",
        f"id = {write_value(make_outlet_id(site, taken))}",
        f"name = {write_value(name or site or home)}",
        f"home = {write_value(urls.canonicalize(home) or home)}",
        f"country = {write_value(country)}" if country else 'country = "XX"  # ISO 3166, such as "PE"',
        f"languages = {write_value(list(languages or [likely_language]))}"
        + ("" if languages else "  # not declared: check"),
        f"kind = {write_value(kind)}"
        if kind
        else 'kind = "press"  # or state-media, agency, regional, think-tank, research, trade-press, government, …',
    ]
    lines += write_source_lines(sources)
    if pattern:
        lines.append(f"article_pattern = {_write_literal(pattern)}")
    if not sources:
        lines += ["# No feed, sitemap or listing was found: name one and remove the next line.", "enabled = false"]
    return "\n".join(lines) + "\n"


def make_outlet_id(site: str, taken: Collection[str] = ()) -> str:
    """Make an outlet's id from its host without its last label: diario.pe is "diario", or "diario-2" if that is taken.

    What an id can't hold becomes a hyphen.
    """
    wanted = re.sub(r"[^a-z0-9_-]+", "-", site.rpartition(".")[0] or site).strip("-_")[:_MAX_ID_CHARACTERS] or "outlet"
    numbered = (wanted if number == 1 else f"{wanted}-{number}" for number in count(1))
    return next(id for id in numbered if id not in taken)  # noqa: A001 - the key's name in `[[outlet]]`


def write_source_lines(sources: Sequence[Source]) -> list[str]:
    """Write the sources of an [[outlet]] as lines of TOML."""
    lines = []
    for kind, key in (("feed", "feeds"), ("sitemap", "sitemaps"), ("listing", "listings")):
        if found := [source.url for source in sources if source.kind == kind]:
            lines.append(f"{key} = {write_value(found)}")
    if indexes := [{"url": source.url} for source in sources if source.kind == "index"]:
        lines.append(f"indexes = {write_value(indexes)}")
    return lines


def list_outlet_keys(outlet: Outlet) -> dict[str, Any]:
    """Return the keys of an outlet's [[outlet]] table that differ from their defaults, as values of JSON and TOML."""
    return outlet.model_dump(mode="json", exclude_defaults=True)


def write_outlet(outlet: Outlet) -> str:
    """Write an outlet as the [[outlet]] table from which it is read again."""
    return "\n".join(
        [
            "[[outlet]]",
            *(
                f"{key} = {_write_literal(value) if key == 'article_pattern' else write_value(value)}"
                for key, value in list_outlet_keys(outlet).items()
            ),
            "",
        ]
    )


def write_value(value: object) -> str:
    """Write a text, number, truth value, list or mapping on one line of TOML.

    JSON's escapes are valid in TOML; only DEL needs its own.
    """
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {write_value(item)}' for key, item in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(write_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write_literal(text: str) -> str:
    """Write a TOML literal string if possible, else a basic string.

    In a literal string the backslashes of a pattern need no escaping.
    """
    return write_value(text) if "'" in text or not text.isprintable() else f"'{text}'"
