"""Choose the reader for a source's response: feed, sitemap, JSON index or listing page."""

from __future__ import annotations

import datetime as dt

from crawler.config.outlet import JsonIndex, Outlet, Source
from crawler.discovery.candidates import DiscoveryResult, SourceContext
from crawler.discovery.feed import read_feed
from crawler.discovery.json_index import json_feed_index, read_index
from crawler.discovery.listing_page import read_listing
from crawler.discovery.sitemap import read_sitemap
from crawler.discovery.source_response import read_response
from db.model.page_digests import split_digests

_EXPECTED = {"feed": "a feed", "sitemap": "a sitemap", "index": "a JSON index", "listing": "a listing page"}
_ANSWERED = {"html": "an HTML page", "json": "JSON", "text": "plain text", "feed": "a feed", "sitemap": "a sitemap"}


def discover(
    source: Source,
    body: bytes,
    *,
    url: str,
    content_type: str = "",
    outlet: Outlet,
    since: dt.datetime | None = None,
    passed_over: bytes = b"",
    now: dt.datetime,
) -> DiscoveryResult:
    """Read a source's response into candidates and child sitemaps.

    Never raises, whatever the bytes are. `url` is the address that answered after redirects. Entries older than
    `since` (aware) are left out, with one day of tolerance, and pages whose digests are in `passed_over`. The reader is
    chosen by the content, not by the configured type, where the content is recognised.
    """
    left_out = split_digests(passed_over)
    context = SourceContext(url=url, outlet=outlet, since=since, now=now, passed_over=left_out)
    response = read_response(body, content_type=content_type)
    match response.form, source.kind:
        case "nothing", _:
            return DiscoveryResult(warnings=(*response.warnings, "empty"))
        case "feed", _:
            return read_feed(response, context)
        case ("sitemap", _) | ("text", "sitemap"):
            return read_sitemap(response, context)
        case "json", "index":
            return read_index(response, context, source.index or JsonIndex(url=source.url))
        case "json", "feed":
            return read_index(response, context, json_feed_index(source.url))
        case (("html" | "text"), "listing"):
            return read_listing(response, context)
        case _:
            return DiscoveryResult(
                warnings=(*response.warnings, f"answered {_ANSWERED[response.form]}, not {_EXPECTED[source.kind]}")
            )
