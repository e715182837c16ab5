"""Read JSON indexes and JSON Feed.

A JSON index is that of WordPress REST, of gob.pe, or another whose fields `[[outlet]]` names.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from w3lib.url import add_or_replace_parameters

from crawler.config.outlet import JsonIndex
from crawler.discovery.candidates import (
    MAX_CANDIDATES,
    DiscoveryResult,
    SourceContext,
    SourceEntry,
    collect_candidates,
    describe_parser_error,
)
from crawler.discovery.feed import choose_links, is_address
from crawler.discovery.source_response import SourceResponse
from pipelines.analysis.metadata.date_parser import parse_epoch, parse_instant

MAX_JSON_BYTES = 10_000_000  # parsed, it takes up to thirty times its size in memory
_NOTHING: Any = None
# Where an entry's own address stands if its link is missing or leads to the front page, the likeliest first.
_OTHER_LINKS = ("url", "link", "permalink", "guid.rendered", "guid", "id")


def json_feed_index(url: str) -> JsonIndex:
    """Return the field paths of JSON Feed (jsonfeed.org, version 1.1)."""
    return JsonIndex(url=url, items="items", link="url", title="title", published="date_published", language="language")


def read_index(response: SourceResponse, context: SourceContext, index: JsonIndex) -> DiscoveryResult:
    """Read the entries of a JSON list.

    Each field is at the dotted path that `index` names.
    """
    if len(response.body) > MAX_JSON_BYTES:
        return DiscoveryResult(warnings=(*response.warnings, "a JSON index of more than 10 MB, not read"))
    try:
        document = json.loads(response.text)
    except (ValueError, RecursionError) as error:
        return DiscoveryResult(warnings=(*response.warnings, f"broken JSON: {describe_parser_error(error)}"))
    rows = value_at(document, index.items)
    if isinstance(rows, dict):
        rows = list(rows.values())  # {"123": {…}, "124": {…}}
    if not isinstance(rows, list):
        names = ", ".join(sorted(document)[:8]) if isinstance(document, dict) else type(document).__name__
        there = describe_parser_error(names) if names else "nothing"
        warning = f'no list at "{index.items}" of the JSON; there is {there}'
        return DiscoveryResult(warnings=(*response.warnings, warning))
    rows = rows[:MAX_CANDIDATES]
    warnings = [*response.warnings, *(() if rows else ("an index without entries",))]
    links = choose_links([_links(row, index) for row in rows], base=context.url, context=context, warnings=warnings)
    entries = (
        SourceEntry(
            link=link,
            title=_text(value_at(row, index.title)),
            published=_published(value_at(row, index.published), index, context),
            language=_text(value_at(row, index.language)) if index.language else None,
        )
        for row, link in zip(rows, links, strict=True)
        if link is not None
    )
    return collect_candidates(entries, context, warnings=warnings)


def _links(row: Any, index: JsonIndex) -> list[str]:
    """Return the addresses of an entry: its link, then what else is an address and may be the page's."""
    others = (_text(value_at(row, path)) for path in _OTHER_LINKS)
    found = [_text(value_at(row, index.link)), *(other for other in others if other and is_address(other))]
    return list(dict.fromkeys(filter(None, found)))


def value_at(document: Any, path: str) -> Any:
    """Return the value at a dotted path, where a number is an index into a list.

    Returns None if there is none. The empty path is the whole document.
    """
    for name in path.split(".") if path else ():
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return _NOTHING
    return document


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _published(value: Any, index: JsonIndex, context: SourceContext) -> dt.datetime | None:
    if isinstance(value, str):
        # WordPress's date_gmt is UTC, and only its name says so.
        is_utc = index.published.lower().endswith(("gmt", "utc"))
        return parse_instant(value, zone=dt.UTC) if is_utc else context.read_date(value)
    return parse_epoch(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def build_page_url(url: str, page: int, *, after: dt.datetime | None) -> str:
    """Return the URL of one page of a WordPress index, newest first, of items published after `after`.

    REST API handbook: per_page is at most 100, after is ISO 8601.
    """
    parameters = {"per_page": "100", "page": str(page)} | ({"after": f"{after:%Y-%m-%dT%H:%M:%S}"} if after else {})
    return add_or_replace_parameters(url, parameters)
