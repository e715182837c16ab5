"""One spider for every outlet: reads its sources, asks for what is new, hands pages to the stages."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import scrapy
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DontCloseSpider, DownloadFailedError
from scrapy.http import Response
from twisted.python.failure import Failure as TwistedFailure

from crawler import urls
from crawler.config.outlet import Outlet, Source
from crawler.crawling import fetch_errors, retry
from crawler.crawling.fetch_errors import Blame, Failure
from crawler.crawling.http import conditional, flat_headers, hint_of, paged, sites_of, went_home
from crawler.crawling.session import Station
from crawler.crawling.source_reader import EVERYTHING, Readings
from crawler.crawling.stats import Tally
from crawler.discovery import discover
from crawler.settings import SOURCE_MAX_BYTES
from db.desk.candidates import Waiting, postpone, waiting
from db.desk.visits import Visit, take_up, visits_due
from db.news.articles import SavedArticle
from pipelines.item_pipelines import Fetched, Stores
from pipelines.page import Article, Page, Rejection, RejectionReason

log = logging.getLogger(__name__)

SOURCE_PRIORITY = 100
DEEPEST = 3  # indexes of indexes that are followed: a site could name new ones without end
MOST_VISITS = 200  # articles that one crawl looks at again
VISIT_AGAIN = dt.timedelta(hours=1)  # after one that came to nothing
LAST_CHANCE = dt.timedelta(days=1)  # past an article's last visit, for one that comes to nothing again and again
PORTION = 500  # requests for pages that one crawl holds ready; a backfill has hundreds of thousands


class OutletSpider(scrapy.Spider):
    """Crawls one outlet once. With `sources` False it only looks again at articles that are due.

    With `back_to` it reads the past: sources whole, child sitemaps all, WordPress indexes page by page, nothing older.
    """

    name = "outlet"

    def __init__(
        self,
        *,
        station: Station,
        outlet: Outlet,
        tally: Tally,
        sources: bool = True,
        back_to: dt.datetime | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.station = station
        self.stores: Stores = station.stores
        self.outlet = outlet
        self.tally = tally
        self.with_sources = sources
        self.sites = sites_of(outlet)
        self.floors: dict[str, float] = {}  # host → the delay that its robots.txt asks, in seconds
        self.issued: set[str] = set()  # keys of pages that are not settled yet, addresses of child sitemaps
        self.on_the_way = 0  # requests for pages
        self.back_to = back_to
        self.budget = EVERYTHING if back_to else outlet.max_pages or station.desk.crawl.max_pages
        self.readings = Readings(station=station, outlet=outlet, tally=tally, most=self.budget, back_to=back_to)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> OutletSpider:
        """Scrapy's constructor."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.failed_to_store, signal=signals.item_error)
        crawler.signals.connect(spider.next_portion, signal=signals.spider_idle)
        return spider

    def failed_to_store(self, item: Fetched) -> None:
        """A stage raised, which Scrapy has logged: the page stays on the list, and is asked for less and less often."""
        if item.waiting and not self.station.trouble:
            with self.station.watched(CloseSpider("a store failed")):
                until = retry.retry_at(item.waiting.attempts, now=self.station.now())
                postpone(self.stores.desk, item.waiting.key, until=until, error="an error of Vigía's own")

    async def start(self) -> AsyncIterator[Request]:
        """Ask each source, then look at what is due or was left over."""
        with self.station.watched(CloseSpider("a store failed")):
            if self.with_sources:
                for source in self.outlet.sources:
                    yield self._source_request(source)
            now = self.station.now()
            visits = visits_due(self.stores.desk, self.outlet.id, now=now, limit=min(self.budget, MOST_VISITS))
            if visits:
                take_up(self.stores.desk, visits, again=now + VISIT_AGAIN)
            for visit in visits:
                yield self._page_request(visit.url, visit=visit)
            if not self.with_sources:
                for request in self._page_requests():
                    yield request

    # Sources

    def _source_request(self, source: Source, *, floor: dt.datetime | None = None) -> Request:
        headers, since = self.readings.conditions(source, floor=floor)
        return Request(
            paged(source.url, 1, after=self.back_to) if self.back_to and source.index else source.url,
            callback=self.parse_source,
            errback=self.source_failed,
            cb_kwargs={"source": source, "since": since},
            meta={"download_maxsize": SOURCE_MAX_BYTES, "vigia_source": source},
            headers=headers,
            priority=SOURCE_PRIORITY,
            dont_filter=True,
        )

    async def parse_source(
        self, response: Response, source: Source, since: dt.datetime | None
    ) -> AsyncIterator[Request]:
        """Keep what a source lists with its validators, then ask for what is new."""
        with self.station.watched(CloseSpider("a store failed")):
            headers = flat_headers(response)
            failure = fetch_errors.of_answer(response.status, headers, response.body)
            if failure and "vigia_index_page" in response.meta:
                log.info("%s: %s ends there: %s", self.outlet.id, response.url, failure.sentence)
            elif failure:
                self.readings.fail(source, failure, status=response.status)
            elif response.status == 304:
                for request in self._children(self.readings.keep_unchanged(source, headers), depth=1):
                    yield request
            else:
                # In a thread: a sitemap of fifty thousand addresses takes seconds, and other crawls go on meanwhile.
                found = await asyncio.to_thread(
                    discover,
                    source,
                    response.body,
                    url=response.url,
                    content_type=headers.get("content-type", ""),
                    outlet=self.outlet,
                    since=since,
                    now=self.station.now(),
                )
                if went_home(source, response.url) and not found.candidates:
                    found = replace(found, warnings=("its address leads to the home page", *found.warnings))
                kept = self.readings.keep(source, found, status=response.status, headers=headers, since=since)
                depth = response.meta.get("vigia_depth", 0) + 1
                for request in self._children(kept.children, depth=depth, floor=since):
                    yield request
                if self.back_to and source.index and kept.fresh:
                    yield self._next_page_of(source, response)
            for request in self._page_requests():
                yield request

    def _next_page_of(self, source: Source, response: Response) -> Request:
        """The following page of a WordPress index; past its end it answers 400, which ends the walk."""
        page = response.meta.get("vigia_index_page", 1) + 1
        request = self._source_request(source).replace(url=paged(source.url, page, after=self.back_to))
        request.meta["vigia_index_page"] = page
        return request

    def _children(self, addresses: list[str], *, depth: int, floor: dt.datetime | None = None) -> Iterator[Request]:
        for address in addresses:
            if address not in self.issued and depth <= DEEPEST:
                self.issued.add(address)
                request = self._source_request(Source(url=address, kind="sitemap"), floor=floor)
                request.meta["vigia_depth"] = depth
                yield request

    def source_failed(self, failure: TwistedFailure) -> Iterator[Request]:
        """A source gave no answer: note why, and go on with what is left over from earlier crawls."""
        with self.station.watched(CloseSpider("a store failed")):
            source: Source = failure.request.meta["vigia_source"]  # type: ignore[attr-defined]
            self.readings.fail(source, fetch_errors.of_error(failure.value or DownloadFailedError()), status=None)
            yield from self._page_requests()

    # Pages

    def _page_requests(self) -> Iterator[Request]:
        """Requests for what waits, newest first, up to a portion and to what one crawl may take."""
        room = min(self.budget, PORTION - self.on_the_way)
        if room <= 0 or self.station.trouble:
            return
        rows = waiting(self.stores.desk, self.outlet.id, now=self.station.now(), limit=room + len(self.issued))
        for row in [row for row in rows if row.key not in self.issued][:room]:
            yield self._page_request(row.url, waiting=row)

    def next_portion(self) -> None:
        """Nothing is left to do: ask for what waits beyond the first portion, if the crawl may take more."""
        with self.station.watched(CloseSpider("a store failed")):
            requests = list(self._page_requests())
        for request in requests:
            self.crawler.engine.crawl(request)
        if requests:
            raise DontCloseSpider

    def _page_request(self, url: str, *, waiting: Waiting | None = None, visit: Visit | None = None) -> Request:
        self.budget -= 1
        self.on_the_way += 1
        self.issued.add(waiting.key if waiting else visit.key if visit else url)
        return Request(
            url,
            callback=self.parse_page,
            errback=self.page_failed,
            cb_kwargs={"waiting": waiting, "visit": visit},
            meta={"vigia_waiting": waiting, "vigia_visit": visit},
            headers=conditional(visit.etag, visit.last_modified) if visit else {},
            dont_filter=True,
        )

    def parse_page(self, response: Response, waiting: Waiting | None, visit: Visit | None) -> Iterator[Fetched]:
        """An answer becomes a page for the stages, a rejection, or something to try again later."""
        with self.station.watched(CloseSpider("a store failed")):
            self.tally.pages += 1
            self.on_the_way -= 1
            headers = flat_headers(response)
            failure = fetch_errors.of_answer(response.status, headers, response.body)
            if failure:
                yield from self._page_failure(failure, url=response.url, waiting=waiting, visit=visit)
                return
            requested = waiting.url if waiting else visit.url if visit else response.url
            keys = self._keys(response, waiting, visit)
            if response.status == 304:
                yield Fetched(keys=keys, waiting=waiting, visit=visit, unchanged=True)
                return
            yield Fetched(
                keys=keys,
                page=Page(
                    url=urls.canonical(response.url) or requested if waiting else requested,
                    key=urls.key(response.url) if waiting else keys[0],
                    answered_url=response.url,
                    body=response.body,
                    outlet=self.outlet.profile,
                    fetched_at=self.station.now(),
                    status=response.status,
                    headers=tuple(
                        (name.decode("latin-1"), value.decode("latin-1"))
                        for name, values in response.headers.items()
                        for value in values
                    ),
                    hint=hint_of(waiting),
                ),
                waiting=waiting,
                visit=visit,
                etag=headers.get("etag"),
                last_modified=headers.get("last-modified"),
            )

    def page_failed(self, failure: TwistedFailure) -> Iterator[Fetched]:
        """A page gave no answer."""
        with self.station.watched(CloseSpider("a store failed")):
            self.on_the_way -= 1
            meta = failure.request.meta  # type: ignore[attr-defined]
            yield from self._page_failure(
                fetch_errors.of_error(failure.value or DownloadFailedError()),
                url=failure.request.url,  # type: ignore[attr-defined]
                waiting=meta["vigia_waiting"],
                visit=meta["vigia_visit"],
            )

    def _page_failure(
        self, failure: Failure, *, url: str, waiting: Waiting | None, visit: Visit | None
    ) -> Iterator[Fetched]:
        """Settle a page that can't be had; what may be better later stays on the list."""
        if failure.blame is not Blame.PAGE:
            self.tally.note(f"{url}: {failure.sentence}")
            log.info("%s: %s: %s", self.outlet.id, url, failure.sentence)
        now = self.station.now()
        if visit:
            passes = failure.blame is not Blame.PAGE and self.station.desk.crawl.revisit
            if not passes or now - visit.first_seen > max(passes) + LAST_CHANCE:
                yield Fetched(keys=(visit.key,), visit=visit)
        elif waiting and failure.blame is Blame.HOST:
            postpone(self.stores.desk, waiting.key, until=now, error=failure.sentence, counts=False)
        elif waiting:
            reason, attempts = failure.reason, waiting.attempts
            if failure.blame in {Blame.PASSING, Blame.BUSY}:
                until = retry.retry_at(attempts, now=now)
                attempts = postpone(self.stores.desk, waiting.key, until=until, error=failure.sentence)
                if failure.blame is Blame.BUSY or attempts < self.station.desk.crawl.attempts:
                    return
                reason = RejectionReason.UNREACHABLE
            yield Fetched(
                keys=(waiting.key, *self._hops(url)),
                waiting=waiting,
                outcome=Rejection(
                    url=waiting.url,
                    key=waiting.key,
                    outlet=self.outlet.id,
                    reason=reason or RejectionReason.UNREACHABLE,
                    title=waiting.title,
                    detail=failure.sentence,
                ),
            )

    def _keys(self, response: Response, waiting: Waiting | None, visit: Visit | None) -> tuple[str, ...]:
        first = visit.key if visit else urls.key(response.url)
        hops = [urls.key(hop) for hop in response.meta.get("redirect_urls", [])]
        return tuple(dict.fromkeys((first, *([waiting.key] if waiting else []), *hops)))

    def _hops(self, url: str) -> tuple[str, ...]:
        key = urls.key(url)
        return (key,) if urls.same_site(url, self.sites) else ()

    # What the stages tell

    def settled(self, item: Fetched, saved: SavedArticle | None) -> None:
        """Count what became of a page."""
        if item.waiting:
            self.issued.discard(item.waiting.key)
        if saved is None:
            self.tally.rejected += isinstance(item.outcome, Rejection) and item.visit is None
        elif isinstance(item.outcome, Article):
            self.tally.new += saved.outcome in {"new", "copy"}
            self.tally.revised += saved.outcome == "revised"
