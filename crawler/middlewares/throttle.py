"""AutoThrottle that keeps a host's Crawl-delay."""

from __future__ import annotations

from typing import Any

from scrapy.core.downloader import Slot
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached


class CrawlDelayThrottle(AutoThrottle):
    """Scrapy's AutoThrottle, which ignores Crawl-delay, with it as lower bound."""

    def _adjust_delay(self, slot: Slot, latency: float, response: Response) -> None:
        super()._adjust_delay(slot, latency, response)
        spider: Any = self.crawler.spider
        slot.delay = max(slot.delay, spider.robots_delays.get(urlparse_cached(response).hostname or "", 0.0))
