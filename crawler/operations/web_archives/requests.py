"""Request from an archive at its pace: one request at a time, rests that it asks for, and few attempts.

The network guard, the proxy and the limits of size and time are those of any crawl. robots.txt is not asked: it tells
crawlers what to keep away from, and these are interfaces that the archives offer to programs, each with its own pace.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import scrapy
from scrapy import Request
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.http import Response

from crawler import urls
from crawler.config.outlet import Outlet
from crawler.crawling import fetch_errors
from crawler.crawling.exceptions import HostInBackOff, StoreFailed
from crawler.crawling.http import flatten_headers
from crawler.crawling.session import CrawlSession
from crawler.settings import crawl_settings

REST = dt.timedelta(minutes=5)  # the least after 429 and 503
MAX_REST = dt.timedelta(hours=1)  # that a run waits; it ends if the archive asks for more
_MAX_RESTS = 6  # in a row, for one answer
_ATTEMPTS = 2
_RESTS = (429, 503)
_ERRORS = (500, 502, 504)
_TIMEOUT = 180.0  # seconds: an index may search for minutes

Sleep = Callable[[float], Awaitable[None]]
Send = Callable[[Request], Awaitable[Response]]


class ArchiveUnavailable(Exception):  # noqa: N818 - the archive's state, not an error of ours
    """The archive can't be used now. The text is one line: who, what, and what to do."""


class RunEnded(Exception):  # noqa: N818 - as above
    """The user ended the run while it waited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveAnswer:
    """What an archive answered. problem: why there is no answer to use, for people; then the body is empty."""

    url: str
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)  # by lower-case name
    body: bytes = b""
    problem: str | None = None
    is_too_large: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time, as the requests of a run see it. `sleep` returns early when the run is to end."""

    now: Callable[[], float] = time.monotonic  # seconds
    sleep: Sleep
    is_ending: Callable[[], bool] = lambda: False


class ArchiveRequests:
    """Sends the requests of one run."""

    def __init__(
        self,
        session: CrawlSession,
        send: Send,
        clock: Clock,
        *,
        on_rest: Callable[[str, dt.datetime], None] = lambda *_: None,
    ) -> None:
        """Calls `on_rest(host, its end)` before a rest of minutes."""
        self._session = session
        self._send = send
        self._clock = clock
        self._on_rest = on_rest
        self._next: dict[str, float] = {}  # by host: when it may be asked again

    async def get(
        self,
        url: str,
        *,
        pace: float,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        rests_after_errors: bool = False,
    ) -> ArchiveAnswer:
        """Request an address, `pace` seconds after the last request to its host.

        rests_after_errors: after 500, 502 and 504 rest too and ask once more. So an index says that it has too much
        to do; of a capture they may say that it is lost.

        Raises ArchiveUnavailable if the archive asks for a long rest or is refused by the desk's own rules, RunEnded,
        and StoreFailed.
        """
        host = urls.get_host(url)
        problem = ""
        attempts = rests = 0
        while attempts < _ATTEMPTS:
            await self._wait_for_turn(host, pace)
            try:
                response = await self._send(_make_request(url, max_bytes=max_bytes, headers=headers or {}))
            except StoreFailed:
                raise
            except HostInBackOff:
                rests += 1
            except Exception as error:  # of Scrapy, Twisted and the middlewares, whose errors have no common class
                failure = fetch_errors.classify_error(error)
                if failure.code == "too-large":
                    return ArchiveAnswer(url=url, problem=failure.sentence, is_too_large=True)
                if failure.code in {"off-site", "private-address"}:
                    raise ArchiveUnavailable(f"{host}: not an address that the archive may be read at") from error
                problem = failure.sentence
                attempts += 1
            else:
                attempts += response.status in _ERRORS
                may_rest = rests_after_errors and response.status in _ERRORS and attempts < _ATTEMPTS
                if response.status not in _RESTS and not may_rest:
                    return ArchiveAnswer(
                        url=response.url,
                        status=response.status,
                        headers=flatten_headers(response),
                        body=response.body,
                    )
                reason = f"it answered {response.status}"
                self._session.back_off(host, retry_after=REST, reason=reason)  # if the header asked for less
                rests += 1
            if rests > _MAX_RESTS:
                raise ArchiveUnavailable(f"{host}: it asks for a rest again and again; run the same command tomorrow")
        return ArchiveAnswer(url=url, problem=problem)

    async def _wait_for_turn(self, host: str, pace: float) -> None:
        """Wait until the host may be asked: its back-off is over, and `pace` seconds have passed."""
        wait = self._next.get(host, 0.0) - self._clock.now()
        if back_off := self._session.back_off_of(host):
            wait = max(wait, (back_off[0] - self._session.now()).total_seconds())
        if wait > MAX_REST.total_seconds() + 1:
            until = self._session.now() + dt.timedelta(seconds=wait)
            raise ArchiveUnavailable(
                f"{host}: it asks for a rest until {until:%Y-%m-%d %H:%M} UTC; run the same command then"
            )
        if wait > pace:
            self._on_rest(host, self._session.now() + dt.timedelta(seconds=wait))
        if wait > 0:
            await self._clock.sleep(wait)
        if self._clock.is_ending():
            raise RunEnded
        self._next[host] = self._clock.now() + pace


def _make_request(url: str, *, max_bytes: int, headers: Mapping[str, str]) -> Request:
    return Request(
        url,
        headers={"Accept": "*/*", **headers},
        meta={"download_maxsize": max_bytes, "download_timeout": _TIMEOUT, "dont_redirect": True, "dont_retry": True},
        dont_filter=True,
    )


class ArchiveSpider(scrapy.Spider):
    """Gives Scrapy's downloader to a piece of work, and ends with it."""

    name = "archive"

    def __init__(
        self, *, session: CrawlSession, hosts: Collection[str], work: Callable[[Send], Awaitable[None]]
    ) -> None:
        super().__init__()
        self.session = session  # for the middlewares
        self.sites = frozenset(hosts)
        self.robots_delays: dict[str, float] = {}
        self.work = work
        self.failure: Exception | None = None

    async def start(self) -> AsyncIterator[Request]:
        """Do the work; its requests go straight to the downloader."""
        engine: Any = self.crawler.engine
        try:
            await self.work(engine.download_async)
        except Exception as error:  # noqa: BLE001 - carried out of Scrapy and raised in run_requests
            self.failure = error
        return
        yield  # it is an iterator


async def run_requests(
    session: CrawlSession,
    outlet: Outlet,
    hosts: Collection[str],
    work: Callable[[Send], Awaitable[None]],
) -> None:
    """Do `work(send)` with a downloader that may reach these hosts. Raises what the work raises."""
    settings = crawl_settings(session.desk.crawl, outlet, max_seconds=0)
    settings.pop("ITEM_PIPELINES")
    settings["DOWNLOAD_DELAY"] = 0  # the pace is that of ArchiveRequests
    settings["EXTENSIONS"]["crawler.middlewares.throttle.CrawlDelayThrottle"] = None
    settings["DOWNLOADER_MIDDLEWARES"]["crawler.middlewares.robots_txt.StrictRobotsTxtMiddleware"] = None
    crawler = Crawler(ArchiveSpider, settings)
    await AsyncCrawlerRunner(settings).crawl(crawler, session=session, hosts=hosts, work=work)
    spider: Any = crawler.spider
    if spider.failure is not None:
        raise spider.failure
