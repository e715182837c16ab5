"""Convert between HTTP, pages and stored candidates. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from scrapy.http import Response

from crawler import urls
from crawler.config.outlet import Outlet, Source
from crawler.discovery import Candidate
from db.desk.candidates import StoredCandidate
from db.desk.visits import Visit
from pipelines.page import Hint, Page

# What may follow the end of a document: comments of caches, counters. A longer rest is another document.
_TAIL_BYTES = 4_000
_END = re.compile(rb"(?i)</(?:[\w.-]+:)?(?:html|body|rss|feed|rdf|urlset|sitemapindex)\s*>")
CLOCK_TOLERANCE = dt.timedelta(minutes=5)  # between a server's clock and ours


def list_hosts(outlet: Outlet) -> frozenset[str]:
    """Return the hosts of an outlet: of its home, its sources and `hosts`.

    Their registrable domains are the outlet's sites.
    """
    return frozenset(
        (
            urls.get_host(outlet.home),
            *(urls.get_host(source.url) for source in outlet.requested_sources),
            *(h.lower() for h in outlet.hosts),
        )
    )


def make_conditional_headers(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """Return the headers of a conditional request (RFC 9110, 13)."""
    pairs = (("If-None-Match", etag), ("If-Modified-Since", last_modified))
    return {name: value for name, value in pairs if value}


def pick_validators(headers: Mapping[str, str], *, now: dt.datetime) -> tuple[str | None, str | None]:
    """Return the ETag and Last-Modified of a response to hand back, each None if there is none.

    A Last-Modified is a validator if it is a date and not in the future (RFC 9110, 8.8.2.1): a server that compares
    with one of 2041 would say "unchanged" until then. Its ETag is made of the same time on many servers.
    """
    etag, stated = headers.get("etag"), headers.get("last-modified")
    if not stated:
        return etag, None
    try:
        moment = parsedate_to_datetime(stated)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        is_future = aware > now + CLOCK_TOLERANCE
    except (ValueError, TypeError, OverflowError):
        return etag, None
    return (None, None) if is_future else (etag, stated)


def ends_whole(body: bytes) -> bool:
    """Return True if a body ends as a whole document does: with the end of its root, or of its JSON.

    A text without such an end may be cut anywhere, and half a rule of a robots.txt is another rule.
    """
    tail = body[-_TAIL_BYTES:].strip()
    starts, ends = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1], tail[-1:]
    return _END.search(tail) is not None or (starts + ends) in {b"{}", b"[]"}


def flatten_headers(response: Response) -> dict[str, str]:
    """Return the response's headers by lower-case name, the last value of each."""
    return {
        name.decode("latin-1").lower(): values[-1].decode("latin-1")
        for name, values in response.headers.items()
        if values
    }


def is_redirect_to_home(source: Source, url: str) -> bool:
    """True if a source was redirected to the front page, as dead addresses are."""
    asked, answered = urlsplit(source.url), urlsplit(url)
    return not answered.path.strip("/") and not answered.query and bool(asked.path.strip("/") or asked.query)


def to_stored(candidate: Candidate, outlet: str, *, backfilled: bool = False) -> StoredCandidate:
    """Return a candidate as desk.db stores it."""
    return StoredCandidate(
        key=candidate.key,
        url=candidate.url,
        outlet=outlet,
        title=candidate.title,
        published=candidate.published,
        language=candidate.language,
        summary=candidate.summary,
        backfilled=backfilled,
    )


def make_hint(candidate: StoredCandidate | None) -> Hint:
    """Return what the source said of a page, for the analysis."""
    if candidate is None:
        return Hint()
    return Hint(
        title=candidate.title, published=candidate.published, language=candidate.language, summary=candidate.summary
    )


def make_page(
    response: Response, *, url: str, key: str, outlet: Outlet, candidate: StoredCandidate | None, now: dt.datetime
) -> Page:
    """Return a response as a page for the item pipelines."""
    return Page(
        url=url,
        key=key,
        answered_url=response.url,
        body=response.body,
        outlet=outlet.profile,
        fetched_at=now,
        status=response.status,
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, values in response.headers.items()
            for value in values
        ),
        hint=make_hint(candidate),
    )


def list_page_keys(response: Response, candidate: StoredCandidate | None, visit: Visit | None) -> tuple[str, ...]:
    """Return the keys of every address that led here, the page's own first."""
    own = visit.key if visit else urls.key(response.url)
    redirects = [urls.key(url) for url in response.meta.get("redirect_urls", [])]
    return tuple(dict.fromkeys((own, *([candidate.key] if candidate else []), *redirects)))
