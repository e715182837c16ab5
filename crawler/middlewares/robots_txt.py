"""Obey robots.txt and its Crawl-delay, cached for a day (RFC 9309).

An unreadable robots.txt allows nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import build_from_crawler
from twisted.internet.defer import Deferred

from crawler import urls
from crawler.crawling.exceptions import ForbiddenByRobotsTxt, HostInBackOff, StoreFailed
from crawler.crawling.fetch_errors import classify_error
from crawler.crawling.source_jobs import read_rules
from crawler.discovery.robots_rules import cut_at_line
from pipelines.analysis.workers.jobs import JobFailed

ROBOTS_MAX_AGE = dt.timedelta(hours=24)  # RFC 9309, 2.4: a cached robots.txt should not be used for longer
MAX_ROBOTS_BYTES = 500 * 1024  # the rest is ignored, as RFC 9309, 2.5 allows


class StrictRobotsTxtMiddleware(RobotsTxtMiddleware):
    """Scrapy's middleware, but an unreadable robots.txt starts a back-off.

    Scrapy's own allows everything then.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        # Network location → what its requests get if its robots.txt could not be read.
        self._failures: dict[str, tuple[type[IgnoreRequest], str]] = {}
        self._locks: dict[str, asyncio.Lock] = {}  # network location → held while its robots.txt is read
        self._hosts: dict[str, str] = {}  # network location → the host as desk.db knows it
        crawler.signals.connect(self._apply_crawl_delay, signal=signals.robots_parsed)

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Raise ForbiddenByRobotsTxt, HostInBackOff if robots.txt is unreadable, StoreFailed if that is our fault."""
        if rp is None:
            kind, sentence = self._failures[urlparse_cached(request).netloc]
            raise kind(sentence)
        if not rp.allowed(request.url, self._robotstxt_useragent or self._default_useragent):
            raise ForbiddenByRobotsTxt("robots.txt forbids it")

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """Return the parser of the request's host, from desk.db or from the host.

        One request asks, the others of its host wait here: of several that wait for Scrapy's Deferred, only the first
        gets the parser.
        """
        netloc = urlparse_cached(request).netloc
        async with self._locks.setdefault(netloc, asyncio.Lock()):
            self._hosts[netloc] = urls.get_host(request.url)
            if netloc not in self._parsers:
                await self._read_stored(request, netloc)
            return await super().robot_parser(request)

    async def _read_stored(self, request: Request, netloc: str) -> None:
        """Use the robots.txt of an earlier crawl if it is young enough."""
        spider: Any = self.crawler.spider
        stored = spider.session.robots_txt_of(urls.get_host(request.url), max_age=ROBOTS_MAX_AGE)
        if stored is not None:
            with contextlib.suppress(JobFailed):  # it is asked for again
                parser = await self._parser(stored, request)
                # Before the parser is set: no request may pass before the delay is known.
                await self._announce(parser, request)
                self._parsers[netloc] = parser

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        """Parse and store a robots.txt.

        RFC 9309, 2.3.1: 2xx is read, 4xx means no rules, 5xx (and 429) means that nothing may be fetched.
        """
        spider: Any = self.crawler.spider
        if response.status >= 500 or response.status == 429:
            raise IgnoreRequest(f"it answered {response.status}")
        body = cut_at_line(response.body, MAX_ROBOTS_BYTES) if response.status < 300 else b""
        try:
            parser = await self._parser(body, request)
        except JobFailed as failed:
            raise IgnoreRequest(f"reading it {failed}") from failed
        spider.session.save_robots_txt(urls.get_host(request.url), body)
        await self._announce(parser, request)
        self._settle(netloc, parser)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        spider: Any = self.crawler.spider
        reason = str(exc) if isinstance(exc, IgnoreRequest) else classify_error(exc).sentence
        host = self._hosts.get(netloc, netloc)
        kind = StoreFailed if isinstance(exc, StoreFailed) else HostInBackOff
        self._failures[netloc] = kind, f"robots.txt of {host} could not be read: {reason}"
        try:
            if not isinstance(exc, (HostInBackOff, StoreFailed)):
                spider.session.back_off(host, retry_after=None, reason=f"its robots.txt could not be read ({reason})")
        finally:
            self._settle(netloc, None)  # also if the back-off can't be stored: requests wait for the parser

    def _settle(self, netloc: str, parser: RobotParser | None) -> None:
        waiting = self._parsers[netloc]
        self._parsers[netloc] = parser
        if isinstance(waiting, Deferred):
            waiting.callback(parser)

    async def _parser(self, body: bytes, request: Request) -> RobotParser:
        """Read a robots.txt in a worker process; JobFailed if it passes a limit, StoreFailed if the workers fail."""
        spider: Any = self.crawler.spider
        parser: Any = build_from_crawler(self._parserimpl, self.crawler, b"")
        with spider.session.abort_on_store_error():
            parser.rp = await read_rules(
                spider.session.stores.workers,
                body,
                host=urls.get_host(request.url),
                user_agent=self._robotstxt_useragent or self._default_useragent,
            )
        return parser  # type: ignore[no-any-return]

    async def _announce(self, parser: RobotParser, request: Request) -> None:
        await self.crawler.signals.send_catch_log_async(
            signal=signals.robots_parsed, robotparser=parser, request=request
        )

    def _apply_crawl_delay(self, robotparser: RobotParser, request: Request) -> None:
        """Make a Crawl-delay the host's shortest delay, without jitter."""
        crawl_delay = robotparser.crawl_delay(self._robotstxt_useragent or self._default_useragent)
        spider: Any = self.crawler.spider
        if crawl_delay:
            host = urlparse_cached(request).hostname or ""
            delay = max(min(float(crawl_delay), 3600.0), spider.session.desk.crawl.delay)
            spider.robots_delays[host] = delay
            downloader: Any = self.crawler.engine.downloader
            downloader.per_slot_settings[host] = {"delay": delay, "concurrency": 1, "jitter": 0}
            if host in downloader.slots:
                downloader.slots[host].delay = delay
