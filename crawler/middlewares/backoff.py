"""Per-host back-off.

After 429, 503 or an unreadable robots.txt no request is sent to the host until Retry-After, or 5 minutes doubling to
1 hour, has passed (crawler.crawling.backoff_delays).
"""

from __future__ import annotations

from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler import urls
from crawler.crawling.backoff_delays import parse_retry_after
from crawler.crawling.exceptions import BACK_OFF_MARK, HostInBackOff


class BackoffMiddleware:
    """Downloader middleware that starts back-offs and stops requests meanwhile."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> BackoffMiddleware:
        """Scrapy's constructor."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raise HostInBackOff if the host may not be asked yet."""
        spider: Any = self.crawler.spider
        if wait := spider.session.back_off_of(urls.get_host(request.url)):
            until, reason = wait
            raise HostInBackOff(f"{urls.get_host(request.url)}{BACK_OFF_MARK}{until:%Y-%m-%d %H:%M} UTC: {reason}")

    def process_response(self, request: Request, response: Response) -> Response:
        """Start a back-off after 429 and 503; clear failures after a status below 400."""
        spider: Any = self.crawler.spider
        host = urls.get_host(request.url)
        if response.status in {429, 503}:
            header = response.headers.get("Retry-After")
            retry_after = parse_retry_after(header.decode("latin-1") if header else None, now=spider.session.now())
            spider.session.back_off(host, retry_after=retry_after, reason=f"it answered {response.status}")
        elif response.status < 400:
            spider.session.clear_back_off(host)
        return response
