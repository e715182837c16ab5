"""The address of an outlet's article in an address of a newsletter, without what names the subscriber. Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from crawler import urls
from crawler.config.outlet import Outlet
from crawler.crawling.http import list_hosts
from crawler.discovery.candidates import list_address_variants
from crawler.discovery.listing_page import looks_like_article

MAX_PARAMETERS = 30


def find_article_address(url: str, outlet: Outlet) -> str | None:
    """Return the outlet's article that an address names, itself or within it; None if it names none.

    Services name where they lead in a parameter (`?url=…`) or in the path (`/__https://…__;`).

    Each parameter without which it is still an article's address is left out: a newsletter's links tell in them who
    clicked. An address with a mail address in it is none.
    """
    clean = urls.canonicalize(url)
    if clean is None:
        return None
    if is_article(clean, outlet):
        shortened = _drop_parameters(clean, outlet)
        return None if "@" in unquote(shortened) else shortened
    parts = urlsplit(clean)
    named = [value for _, value in parse_qsl(parts.query)[:MAX_PARAMETERS]]
    named.append(_find_within_path(urlunsplit(parts._replace(scheme="", netloc="", fragment=""))))
    for value in named:
        if re.match(r"https?://", value) and (inner := urls.canonicalize(value)) and is_article(inner, outlet):
            return find_article_address(inner, outlet)
    return None


def is_article(url: str, outlet: Outlet) -> bool:
    """Return True if an address lies on a host of the outlet and matches its pattern or looks like an article's."""
    if not is_own_host(url, outlet):
        return False
    if outlet.article_pattern:
        return any(re.search(outlet.article_pattern, variant) for variant in list_address_variants(url, url))
    return looks_like_article(url)


def is_own_host(url: str, outlet: Outlet) -> bool:
    """Return True if an address lies on one of the outlet's hosts, with or without `www.`.

    A host that only shares the outlet's domain, such as `click.`, may belong to its mailing service.
    """
    return urls.get_host(url).removeprefix("www.") in {name.removeprefix("www.") for name in list_hosts(outlet)}


def _find_within_path(path: str) -> str:
    """Return the address that begins within a path, as services for safe links write it; "" if none does."""
    for scheme in ("https", "http"):
        before, found, rest = path.partition(f"{scheme}:/")
        if found and before.endswith(("/", "/__")):
            return f"{scheme}://{rest.lstrip('/').partition('__;')[0]}"
    return ""


def _drop_parameters(url: str, outlet: Outlet) -> str:
    parts = urlsplit(url)
    pairs = [pair for pair in parts.query.split("&") if pair][:MAX_PARAMETERS]
    for pair in list(pairs):
        rest = [other for other in pairs if other is not pair]
        if is_article(urlunsplit(parts._replace(query="&".join(rest))), outlet):
            pairs = rest
    return urlunsplit(parts._replace(query="&".join(pairs)))
