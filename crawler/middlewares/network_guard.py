"""Refuse requests to private addresses and to sites of other outlets.

This middleware checks the URL of each request and each redirect. GuardedResolver (crawler.crawling.networks) checks
what a name resolves to, because a public name may point into a private network (DNS rebinding).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler

from crawler import urls
from crawler.crawling.exceptions import ANY_SITE, OffSite, PrivateAddress
from crawler.crawling.networks import may_reach, parse_ip_host


class NetworkGuardMiddleware:
    """Downloader middleware that checks URLs and sets the desk's proxy."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._linked: set[str] = set()  # network locations off the outlet's sites whose robots.txt may be asked

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> NetworkGuardMiddleware:
        """Scrapy's constructor."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Set a request's proxy; raises PrivateAddress or OffSite if it is refused."""
        spider: Any = self.crawler.spider
        parts = urlsplit(request.url)
        if parts.scheme not in {"http", "https"}:
            raise OffSite(f"{parts.scheme}: addresses are not fetched")
        host = parts.hostname or ""
        address = parse_ip_host(host)
        local_name = host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
        if (address and not may_reach(address, spider.session.allowed_networks)) or (
            local_name and not spider.session.allowed_networks
        ):
            raise PrivateAddress(f"{host} is not a public address; [crawl] allow_networks can allow it")
        if request.meta.get(ANY_SITE):
            self._linked.add(parts.netloc)
        is_rules = parts.path == "/robots.txt" and parts.netloc in self._linked
        if not (request.meta.get(ANY_SITE) or is_rules or urls.is_same_site(request.url, spider.sites)):
            raise OffSite(f"leads to {host}, which is not one of this outlet's; hosts = [{host!r}] would allow it")
        # Also if it is None: otherwise Scrapy uses the environment's http_proxy, which resolves names unchecked.
        request.meta["proxy"] = spider.session.proxy
