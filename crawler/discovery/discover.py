"""Which room reads which answer."""

from __future__ import annotations

import datetime as dt

from crawler.config.outlet import JsonIndex, Outlet, Source
from crawler.discovery.candidates import DiscoveryResult, SourceContext
from crawler.discovery.feed import read_feed
from crawler.discovery.json_index import json_feed_index, read_index
from crawler.discovery.listing_page import read_listing
from crawler.discovery.sitemap import read_sitemap
from crawler.discovery.source_response import read_response

_A = {"feed": "a feed", "sitemap": "a sitemap", "index": "a JSON index", "listing": "a listing page"}
_AN = {"html": "an HTML page", "json": "JSON", "text": "plain text", "feed": "a feed", "sitemap": "a sitemap"}


def discover(
    source: Source,
    body: bytes,
    *,
    url: str,
    content_type: str = "",
    outlet: Outlet,
    since: dt.datetime | None = None,
    now: dt.datetime,
) -> DiscoveryResult:
    """From what a source answered to candidates and child sitemaps; never raises, whatever the bytes are.

    `url` is the address that answered, `since` (aware) leaves out what the source says is older, less a day of doubt.
    An answer is read as what it is, not as what the outlet's keeper called it, where that can be told.
    """
    ground = SourceContext(url=url, outlet=outlet, since=since, now=now)
    got = read_response(body, content_type=content_type)
    match got.form, source.kind:
        case "nothing", _:
            return DiscoveryResult(warnings=(*got.warnings, "empty"))
        case "feed", _:
            return read_feed(got, ground)
        case ("sitemap", _) | ("text", "sitemap"):
            return read_sitemap(got, ground)
        case "json", "index":
            return read_index(got, ground, source.index or JsonIndex(url=source.url))
        case "json", "feed":
            return read_index(got, ground, json_feed_index(source.url))
        case (("html" | "text"), "listing"):
            return read_listing(got, ground)
        case _:
            return DiscoveryResult(warnings=(*got.warnings, f"answered {_AN[got.form]}, not {_A[source.kind]}"))
