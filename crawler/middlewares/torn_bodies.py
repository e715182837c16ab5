"""Use a body whose length or last chunk is wrong if it ends whole, as browsers do; else ask once more.

A server that promises more bytes than it sends, or closes before the last chunk, still may have sent the whole page.
"""

from __future__ import annotations

from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import ResponseDataLossError
from scrapy.http import Response

from crawler.crawling.http import ends_whole


class TornBodyMiddleware:
    """Judges responses that Scrapy marks as incomplete, after they were decompressed."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.max_retries = crawler.settings.getint("RETRY_TIMES")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TornBodyMiddleware:
        """Scrapy's constructor."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return the response, or the request to send once more. Raises ResponseDataLossError after that."""
        if "dataloss" not in response.flags or response.status >= 300 or ends_whole(response.body):
            return response
        spider: Any = self.crawler.spider
        again = get_retry_request(request, spider=spider, reason="dataloss", max_retry_times=self.max_retries)
        if again is None:
            raise ResponseDataLossError("the connection was lost before the end of the body")
        return again
