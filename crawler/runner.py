"""Crawls from start to finish: one outlet, or many side by side, never two of them on one site at once."""

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
from crawler.crawling.http import sites_of
from crawler.crawling.session import Station
from crawler.crawling.stats import Tally
from crawler.settings import scrapy_settings
from crawler.spiders.outlet import OutletSpider
from db.news.crawls import CrawlKind, begin_crawl, count_copies, finish_crawl

log = logging.getLogger(__name__)

LONGEST_CRAWL = dt.timedelta(minutes=30)  # of one outlet; what is left waits for the next crawl


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawled:
    """How a crawl of one outlet ended."""

    outlet: Outlet
    tally: Tally
    started: dt.datetime
    finished: dt.datetime
    outcome: str  # "ok", "failed" (no source answered), "stopped", "out of time", "with errors" (of our own)

    @property
    def answered(self) -> bool:
        """Whether at least one source answered (or none was to be asked)."""
        return self.outcome != "failed"


class Crawls:
    """Runs crawls on a station, `concurrency` outlets at one time. `progress` is called with each running tally."""

    def __init__(self, station: Station, *, progress: Callable[[Outlet, Tally], None] | None = None) -> None:
        self.station = station
        self.progress = progress
        self._told_to_stop = asyncio.Event()
        self.running: dict[str, tuple[Outlet, Crawler, Tally]] = {}
        self._places = asyncio.Semaphore(station.desk.crawl.concurrency)
        self._rested: dict[str, float] = {}  # site → when it may be asked again, in the event loop's time

    @property
    def stopping(self) -> bool:
        """Whether no crawl is to begin any more."""
        return self._told_to_stop.is_set()

    async def crawl(
        self, outlets: Iterable[Outlet], *, on_end: Callable[[Crawled], None], back_to: dt.datetime | None = None
    ) -> list[Crawled]:
        """Crawl outlets side by side; `on_end` hears of each as it ends. Raises what made the station stop."""
        ended: list[Crawled] = []

        async def one(outlet: Outlet) -> None:
            crawled = await self.crawl_outlet(outlet, back_to=back_to)
            if crawled:
                ended.append(crawled)
                on_end(crawled)

        async with asyncio.TaskGroup() as group:
            for outlet in outlets:
                group.create_task(one(outlet))
        if self.station.trouble:
            raise self.station.trouble
        return ended

    async def crawl_outlet(
        self, outlet: Outlet, *, sources: bool = True, back_to: dt.datetime | None = None
    ) -> Crawled | None:
        """Crawl one outlet when there is room for it and its sites are free; None if told to stop before it began.

        `sources` False: only look again at articles that are due. `back_to`: read the past, for as long as it takes.
        """
        sites = {site for host in sites_of(outlet) if (site := urls.site(host))}
        async with contextlib.AsyncExitStack() as stack:
            for lock in self.station.site_locks(sites):
                await stack.enter_async_context(lock)
            await self._rest(sites)
            await stack.enter_async_context(self._places)
            if self.stopping or self.station.trouble or outlet.id in self.running:
                return None
            with contextlib.suppress(StoreFailed), self.station.watched(StoreFailed("a store failed")):
                return await self._run(outlet, sites, sources=sources, back_to=back_to)
        return None

    async def _rest(self, sites: set[str]) -> None:
        """Between two crawls of a site lies the same delay as between two requests: a new crawl knows of no request."""
        until = max((self._rested.get(site, 0.0) for site in sites), default=0.0)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._told_to_stop.wait(), until - asyncio.get_running_loop().time())

    async def _run(self, outlet: Outlet, sites: set[str], *, sources: bool, back_to: dt.datetime | None) -> Crawled:
        started = self.station.now()
        kind: CrawlKind = "backfill" if back_to else "crawl" if sources else "visit"
        row = begin_crawl(self.station.stores.news, outlet.id, at=started, kind=kind)
        tally = Tally()
        longest = 0.0 if back_to else LONGEST_CRAWL.total_seconds()
        settings = scrapy_settings(self.station.desk.crawl, outlet, max_seconds=longest)
        crawler = Crawler(OutletSpider, settings)
        self.running[outlet.id] = (outlet, crawler, tally)
        ticking = asyncio.create_task(self._tick(outlet, crawler, tally))
        try:
            await AsyncCrawlerRunner(settings).crawl(
                crawler, station=self.station, outlet=outlet, tally=tally, sources=sources, back_to=back_to
            )
        finally:
            ticking.cancel()
            del self.running[outlet.id]
            floors: dict[str, float] = crawler.spider.floors if isinstance(crawler.spider, OutletSpider) else {}
            rested = asyncio.get_running_loop().time() + max(self.station.desk.crawl.delay, *floors.values(), 0.0)
            self._rested |= dict.fromkeys(sites, rested)
        tally.requests = requests_of(crawler)
        if bugs := bugs_of(crawler):
            tally.errors += bugs
            tally.last_error = f"{bugs} errors of Vigía's own while reading answers; the log has their traces"
        outcome = outcome_of(crawler, tally, stopping=self.stopping)
        crawled = Crawled(outlet=outlet, tally=tally, started=started, finished=self.station.now(), outcome=outcome)
        if not self.station.trouble:
            finish_crawl(
                self.station.stores.news,
                row,
                at=crawled.finished,
                requests=tally.requests,
                new=tally.new,
                revised=tally.revised,
                copies=count_copies(self.station.stores.news, outlet.id, since=started),
                rejected=tally.rejected,
                errors=tally.errors,
                outcome=outcome if not tally.last_error else f"{outcome}: {tally.last_error}"[:300],
            )
            self.station.note_signs([outlet])
        return crawled

    async def _tick(self, outlet: Outlet, crawler: Crawler, tally: Tally) -> None:
        """Tell of progress twice a second, and end a crawl that can't go on."""
        while True:
            await asyncio.sleep(0.5)
            tally.requests = requests_of(crawler)
            if self.progress:
                self.progress(outlet, tally)
            if self.station.trouble:
                await self._end(outlet, crawler)
                return

    async def stop(self) -> None:
        """Begin no crawl any more and let those that run end: what is on its way is still stored."""
        self._told_to_stop.set()
        await asyncio.gather(*(self._end(outlet, crawler) for outlet, crawler, _ in self.running.values()))

    async def _end(self, outlet: Outlet, crawler: Crawler) -> None:
        """End a crawl, once it has begun: Scrapy forgets one that is told to stop before, and it never ends then."""

        def is_here() -> bool:
            return outlet.id in self.running and self.running[outlet.id][1] is crawler

        while is_here() and not (crawler._engine and crawler._engine.running):  # noqa: ASYNC110 -- no signal of Scrapy's tells
            await asyncio.sleep(0.02)
        if is_here():
            await crawler.stop_async()


def requests_of(crawler: Crawler) -> int:
    """Requests that left the machine so far."""
    stats: Any = crawler.stats
    return int(stats.get_value("downloader/request_count", 0)) if stats else 0


def bugs_of(crawler: Crawler) -> int:
    """Exceptions of the spider or of a stage: Scrapy logs them and goes on; a crawl that had some is not well."""
    stats: Any = crawler.stats
    return (
        sum(int(stats.get_value(name, 0)) for name in ("spider_exceptions/count", "item_error_count")) if stats else 0
    )


def outcome_of(crawler: Crawler, tally: Tally, *, stopping: bool) -> str:
    """One word for how a crawl ended."""
    stats: Any = crawler.stats
    if stopping:
        return "stopped"
    if tally.sources and tally.sources == tally.sources_failed:
        return "failed"
    if bugs_of(crawler):
        return "failed" if not tally.sources else "with errors"
    return "out of time" if stats and stats.get_value("finish_reason") == "closespider_timeout" else "ok"
