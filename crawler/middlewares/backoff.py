"""A host that asks for time gets it: 429 and 503, Retry-After, and a robots.txt that could not be asked."""

from __future__ import annotations

import datetime as dt
import email.utils
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler import urls

FIRST_WAIT = dt.timedelta(minutes=5)
LONGEST_GUESS = dt.timedelta(hours=1)  # where the host did not say for how long; perhaps our own network was down
LONGEST_WAIT = dt.timedelta(days=1)
WAITS = " waits until "  # in what is said of a host that was not asked; db.news.outlet_activity knows such crawls by it


class HostWaits(IgnoreRequest):
    """The host is to be left in peace for now; what was meant to be fetched stays on the list."""


def retry_after(value: str | None, *, now: dt.datetime) -> dt.timedelta | None:
    """Read Retry-After (RFC 9110, 10.2.3): seconds or a date; None if there is none or it can't be read."""
    if not value:
        return None
    if value.strip().isdecimal():
        return dt.timedelta(seconds=min(int(value.strip()[:9]), LONGEST_WAIT.total_seconds()))
    try:
        until = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
    return max(until - now, dt.timedelta(0))


def wait_for(asked: dt.timedelta | None, *, failures: int) -> dt.timedelta:
    """How long to leave a host in peace: what it asked up to a day, else doubling from five minutes to an hour."""
    if asked is not None:
        return min(max(asked, dt.timedelta(seconds=1)), LONGEST_WAIT)
    guess: dt.timedelta = min(FIRST_WAIT * 2 ** min(failures, 9), LONGEST_GUESS)
    return guess


class StoreFailed(IgnoreRequest):
    """A store of ours failed: the crawl ends, and nothing was learned of the page."""


class Patience:
    """Downloader middleware that holds back requests to hosts that wait, and notes new waits."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Patience:
        """Scrapy's constructor."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raise HostWaits for a host that is to be left in peace."""
        spider: Any = self.crawler.spider
        if wait := spider.station.waits_of(urls.host(request.url)):
            until, reason = wait
            raise HostWaits(f"{urls.host(request.url)}{WAITS}{until:%Y-%m-%d %H:%M} UTC: {reason}")

    def process_response(self, request: Request, response: Response) -> Response:
        """Note 429 and 503 with what they ask for; a good answer ends the count of failures."""
        spider: Any = self.crawler.spider
        host = urls.host(request.url)
        if response.status in {429, 503}:
            header = response.headers.get("Retry-After")
            asked = retry_after(header.decode("latin-1") if header else None, now=spider.station.now())
            spider.station.let_wait(host, asked=asked, reason=f"it answered {response.status}")
        elif response.status < 400:
            spider.station.well(host)
        return response
