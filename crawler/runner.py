"""Run crawls from start to end: many at a time, but never two on one site."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from scrapy.crawler import AsyncCrawlerRunner, Crawler

from crawler import urls
from crawler.config.outlet import Outlet
from crawler.crawling.exceptions import StoreFailed
from crawler.crawling.http import list_hosts
from crawler.crawling.session import CrawlSession
from crawler.crawling.stats import CrawlStats
from crawler.settings import crawl_settings
from crawler.spiders.outlet import OutletSpider
from db.news.crawls import CrawlKind, begin_crawl, count_copies, finish_crawl
from pipelines.activity_counters import ACTIVITY

log = logging.getLogger(__name__)

STOP_ANALYSIS_SECONDS = 12.0  # seconds for the analysis of the pages that are there when crawls are stopped
MAX_CRAWL_TIME = dt.timedelta(minutes=30)  # of one outlet; the next crawl continues


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlResult:
    """How a crawl of one outlet ended."""

    outlet: Outlet
    stats: CrawlStats
    started: dt.datetime
    finished: dt.datetime
    outcome: str  # "ok", "failed" (no source answered), "stopped", "out of time", "with errors" (of our own)

    @property
    def answered(self) -> bool:
        """True unless sources were asked and none answered."""
        return self.outcome != "failed"


class CrawlRunner:
    """Runs crawls in a session, `[crawl] concurrency` outlets at a time.

    `progress` is called twice a second with the stats of each running crawl.
    """

    def __init__(self, session: CrawlSession, *, progress: Callable[[Outlet, CrawlStats], None] | None = None) -> None:
        self.session = session
        self.progress = progress
        self._stop_requested = asyncio.Event()
        self.running: dict[str, tuple[Outlet, Crawler, CrawlStats]] = {}
        self._slots = asyncio.Semaphore(session.desk.crawl.concurrency)
        self._site_free_at: dict[str, float] = {}  # site → when it may be asked again, in the event loop's time

    @property
    def stopping(self) -> bool:
        """True once no further crawl may begin."""
        return self._stop_requested.is_set()

    async def crawl(
        self, outlets: Iterable[Outlet], *, on_end: Callable[[CrawlResult], None], back_to: dt.datetime | None = None
    ) -> list[CrawlResult]:
        """Crawl outlets side by side, and call `on_end` as each ends.

        Raises the session's fatal error if there is one.
        """
        ended: list[CrawlResult] = []

        async def one(outlet: Outlet) -> None:
            crawled = await self.crawl_outlet(outlet, back_to=back_to)
            if crawled:
                ended.append(crawled)
                on_end(crawled)

        async with asyncio.TaskGroup() as group:
            for outlet in outlets:
                group.create_task(one(outlet))
        if self.session.fatal_error:
            raise self.session.fatal_error
        return ended

    async def crawl_outlet(
        self, outlet: Outlet, *, sources: bool = True, back_to: dt.datetime | None = None
    ) -> CrawlResult | None:
        """Crawl one outlet once its sites and a slot are free; None if the runner was stopped before.

        With `sources` False, only articles that are due are fetched again. With `back_to`, the crawl reads what was
        published since then, without a time limit.
        """
        sites = {site for host in list_hosts(outlet) if (site := urls.get_site(host))}
        async with contextlib.AsyncExitStack() as stack:
            for lock in self.session.site_locks(sites):
                await stack.enter_async_context(lock)
            await self._wait_for_sites(sites)
            await stack.enter_async_context(self._slots)
            if self.stopping or self.session.fatal_error or outlet.id in self.running:
                return None
            with contextlib.suppress(StoreFailed), self.session.abort_on_store_error():
                return await self._run(outlet, sites, sources=sources, back_to=back_to)
        return None

    async def _wait_for_sites(self, sites: set[str]) -> None:
        """Wait until the request delay has passed since the last crawl of these sites.

        Scrapy keeps the delay within a crawl only.
        """
        until = max((self._site_free_at.get(site, 0.0) for site in sites), default=0.0)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop_requested.wait(), until - asyncio.get_running_loop().time())

    async def _run(self, outlet: Outlet, sites: set[str], *, sources: bool, back_to: dt.datetime | None) -> CrawlResult:
        started = self.session.now()
        kind: CrawlKind = "backfill" if back_to else "crawl" if sources else "visit"
        row = begin_crawl(self.session.stores.news, outlet.id, at=started, kind=kind)
        stats = CrawlStats()
        longest = 0.0 if back_to else MAX_CRAWL_TIME.total_seconds()
        settings = crawl_settings(self.session.desk.crawl, outlet, max_seconds=longest)
        crawler = Crawler(OutletSpider, settings)
        self.running[outlet.id] = (outlet, crawler, stats)
        ticking = asyncio.create_task(self._tick(outlet, crawler, stats))
        try:
            await AsyncCrawlerRunner(settings).crawl(
                crawler, session=self.session, outlet=outlet, stats=stats, sources=sources, back_to=back_to
            )
        finally:
            ticking.cancel()
            del self.running[outlet.id]
            robots_delays: dict[str, float] = (
                crawler.spider.robots_delays if isinstance(crawler.spider, OutletSpider) else {}
            )
            rested = asyncio.get_running_loop().time() + max(
                self.session.desk.crawl.delay, *robots_delays.values(), 0.0
            )
            self._site_free_at |= dict.fromkeys(sites, rested)
        stats.requests = count_requests(crawler)
        if bugs := count_bugs(crawler):
            stats.errors += bugs
            stats.last_error = f"{bugs} errors of Vigía's own while reading answers; the log has their traces"
        outcome = decide_outcome(crawler, stats, stopping=self.stopping)
        crawled = CrawlResult(outlet=outlet, stats=stats, started=started, finished=self.session.now(), outcome=outcome)
        ACTIVITY.count("crawls", outcome)
        if not self.session.fatal_error:
            finish_crawl(
                self.session.stores.news,
                row,
                at=crawled.finished,
                requests=stats.requests,
                new=stats.new,
                revised=stats.revised,
                copies=count_copies(self.session.stores.news, outlet.id, since=started),
                rejected=stats.rejected,
                errors=stats.errors,
                outcome=outcome if not stats.last_error else f"{outcome}: {stats.last_error}"[:300],
            )
            self.session.update_activity([outlet])
        return crawled

    async def _tick(self, outlet: Outlet, crawler: Crawler, stats: CrawlStats) -> None:
        """Report progress twice a second, and end the crawl after a fatal error."""
        while True:
            await asyncio.sleep(0.5)
            stats.requests = count_requests(crawler)
            if self.progress:
                self.progress(outlet, stats)
            if self.session.fatal_error or not self.session.is_in_place():
                await self._end(outlet, crawler)
                return

    async def stop(self) -> None:
        """Begin no further crawl and end those that run.

        Responses that are on their way are still stored, except pages whose analysis takes longer than
        STOP_ANALYSIS_SECONDS: they are fetched again, as sources that are being read.
        """
        self._stop_requested.set()
        self.session.stores.workers.end_soon(STOP_ANALYSIS_SECONDS)
        await asyncio.gather(*(self._end(outlet, crawler) for outlet, crawler, _ in self.running.values()))

    async def _end(self, outlet: Outlet, crawler: Crawler) -> None:
        """End a crawl once its engine runs.

        Scrapy ignores an earlier stop, and the crawl would never end.
        """

        def is_here() -> bool:
            return outlet.id in self.running and self.running[outlet.id][1] is crawler

        while is_here() and not (crawler._engine and crawler._engine.running):  # noqa: ASYNC110 -- Scrapy has no signal for it
            await asyncio.sleep(0.02)
        if is_here():
            await crawler.stop_async()


def describe_unfinished(crawls: CrawlRunner) -> str:
    """Say which crawls still waited for something when the process was ended."""
    names = sorted(crawls.running)
    listed = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
    return f"Ended while {listed or 'something'} still waited; what was stored is stored, the rest is fetched again."


def count_requests(crawler: Crawler) -> int:
    """Return how many requests were sent so far."""
    counters: Any = crawler.stats
    return int(counters.get_value("downloader/request_count", 0)) if counters else 0


def count_bugs(crawler: Crawler) -> int:
    """Return how many exceptions of spider and item pipelines Scrapy has logged."""
    counters: Any = crawler.stats
    return (
        sum(int(counters.get_value(name, 0)) for name in ("spider_exceptions/count", "item_error_count"))
        if counters
        else 0
    )


def decide_outcome(crawler: Crawler, stats: CrawlStats, *, stopping: bool) -> str:
    """Return how a crawl ended, see CrawlResult.outcome."""
    counters: Any = crawler.stats
    if stopping:
        return "stopped"
    if stats.sources and stats.sources == stats.sources_failed:
        return "failed"
    if count_bugs(crawler):
        return "failed" if not stats.sources else "with errors"
    return "out of time" if counters and counters.get_value("finish_reason") == "closespider_timeout" else "ok"
