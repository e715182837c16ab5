"""The spider of every outlet: read its sources, request and pass on new pages."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import scrapy
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DontCloseSpider, DownloadFailedError
from scrapy.http import Response
from twisted.python.failure import Failure as TwistedFailure

from crawler import urls
from crawler.config.outlet import Outlet, Source
from crawler.crawling import fetch_errors
from crawler.crawling.backoff_delays import get_page_retry
from crawler.crawling.exceptions import StoreFailed
from crawler.crawling.fetch_errors import FetchFailure, Retry
from crawler.crawling.http import (
    flatten_headers,
    list_hosts,
    list_page_keys,
    make_conditional_headers,
    make_page,
    pick_validators,
)
from crawler.crawling.session import CrawlSession
from crawler.crawling.source_reader import MAX_SOURCE_BYTES, UNLIMITED, SourceReader
from crawler.crawling.stats import CrawlStats
from crawler.discovery.json_index import build_page_url
from crawler.newsletters.newsletter_reader import NewsletterReader
from db.desk.candidates import StoredCandidate, postpone_candidate, read_due_candidates
from db.desk.visits import Visit, claim_visits, read_due_visits
from db.model.article import Article
from db.model.rejection import Rejection, RejectionReason
from db.news.articles import SavedArticle
from pipelines.item_pipelines import FetchResult, Stores

log = logging.getLogger(__name__)

SOURCE_PRIORITY = 100
MAX_SITEMAP_DEPTH = 3  # levels of sitemap indexes that are followed: a site could nest them without end
MAX_VISITS = 200  # articles that one crawl fetches again
VISIT_RETRY_AFTER = dt.timedelta(hours=1)  # after a visit that failed
VISIT_GRACE = dt.timedelta(days=1)  # after an article's last planned visit, for repeating one that failed
MAX_OPEN_REQUESTS = 500  # requests for pages that one crawl queues at a time; a backfill has hundreds of thousands


class OutletSpider(scrapy.Spider):
    """Crawls one outlet once.

    With `sources` False it only fetches articles again that are due. With `back_to` it also reads what was published
    since then: complete sources, all child sitemaps, and WordPress indexes page by page.
    """

    name = "outlet"

    def __init__(
        self,
        *,
        session: CrawlSession,
        outlet: Outlet,
        stats: CrawlStats,
        sources: bool = True,
        back_to: dt.datetime | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.session = session
        self.stores: Stores = session.stores
        self.outlet = outlet
        self.stats = stats
        self.with_sources = sources
        self.sites = list_hosts(outlet)
        self.robots_delays: dict[str, float] = {}  # host → the delay that its robots.txt asks, in seconds
        self.issued: set[str] = set()  # keys of pages that are not settled yet, addresses of child sitemaps
        self.open_requests = 0  # requests for pages
        self.back_to = back_to
        self.budget = UNLIMITED if back_to else outlet.max_pages or session.desk.crawl.max_pages
        self.source_reader = SourceReader(
            session=session, outlet=outlet, stats=stats, max_candidates=self.budget, back_to=back_to
        )

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> OutletSpider:
        """Scrapy's constructor."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.postpone_after_bug, signal=signals.item_error)
        crawler.signals.connect(spider.request_more, signal=signals.spider_idle)
        return spider

    def postpone_after_bug(self, item: FetchResult) -> None:
        """Postpone a page whose item pipeline raised an error, which Scrapy has logged."""
        if item.candidate and not self.session.fatal_error:
            with self.session.abort_on_store_error(CloseSpider("a store failed")):
                until = get_page_retry(item.candidate.attempts, now=self.session.now())
                postpone_candidate(self.stores.desk, item.candidate.key, until=until, error="an error of Vigía's own")

    async def start(self) -> AsyncIterator[Request]:
        """Request each source, and the articles that are due for a visit."""
        with self.session.abort_on_store_error(CloseSpider("a store failed")):
            if self.with_sources:
                for source in self.outlet.requested_sources:
                    for request in self._source_requests(source):
                        yield request
            now = self.session.now()
            due = read_due_visits(self.stores.desk, self.outlet.id, now=now, limit=min(self.budget, MAX_VISITS))
            if due:
                claim_visits(self.stores.desk, due, again=now + VISIT_RETRY_AFTER)
            for visit in due:
                yield self._page_request(visit.url, visit=visit)
            if not self.with_sources or await NewsletterReader(self.source_reader, self).read():
                for request in self._page_requests():
                    yield request

    def _source_requests(self, source: Source) -> Iterator[Request]:
        """Yield the request for a source unless its last reading was ended not long ago."""
        if resting := self.source_reader.find_rest(source):
            self.source_reader.save_failure(source, resting, status=None)
        else:
            yield self._source_request(source)

    def _source_request(self, source: Source) -> Request:
        headers, since = self.source_reader.plan_request(source)
        return Request(
            build_page_url(source.url, 1, after=self.back_to) if self.back_to and source.index else source.url,
            callback=self.parse_source,
            errback=self.handle_source_error,
            cb_kwargs={"source": source, "since": since},
            meta={"download_maxsize": MAX_SOURCE_BYTES, "vigia_source": source},
            headers=headers,
            priority=SOURCE_PRIORITY,
            dont_filter=True,
        )

    async def parse_source(
        self, response: Response, source: Source, since: dt.datetime | None
    ) -> AsyncIterator[Request]:
        """Store what a source lists with its validators, then request new pages."""
        with self.session.abort_on_store_error(CloseSpider("a store failed")):
            headers = flatten_headers(response)
            failure = fetch_errors.classify_response(response.status, headers, response.body)
            if failure and "vigia_index_page" in response.meta:
                log.info("%s: %s ends there: %s", self.outlet.id, response.url, failure.sentence)
            elif failure:
                self.source_reader.save_failure(source, failure, status=response.status)
            elif response.status == 304:
                children = self.source_reader.save_unchanged(source, headers, since=since)
                for request in self._children(children, depth=1):
                    yield request
            else:
                result = await self.source_reader.read(source, response, headers=headers, since=since)
                depth = response.meta.get("vigia_depth", 0) + 1
                for request in self._children(result.children, depth=depth):
                    yield request
                if self.back_to and source.index and result.has_new:
                    yield self._next_page_of(source, response)
            for request in self._page_requests():
                yield request

    def _next_page_of(self, source: Source, response: Response) -> Request:
        """Request the next page of a WordPress index. The index answers 400 after its last page."""
        page = response.meta.get("vigia_index_page", 1) + 1
        request = self._source_request(source).replace(url=build_page_url(source.url, page, after=self.back_to))
        request.meta["vigia_index_page"] = page
        return request

    def _children(self, addresses: list[str], *, depth: int) -> Iterator[Request]:
        for address in addresses:
            if address not in self.issued and depth <= MAX_SITEMAP_DEPTH:
                self.issued.add(address)
                for request in self._source_requests(Source(url=address, kind="sitemap")):
                    request.meta["vigia_depth"] = depth
                    yield request

    def handle_source_error(self, failure: TwistedFailure) -> Iterator[Request]:
        """Store why a source failed, and request pages of earlier crawls."""
        if isinstance(failure.value, StoreFailed):  # no fault of the source; the crawl ends
            return
        with self.session.abort_on_store_error(CloseSpider("a store failed")):
            source: Source = failure.request.meta["vigia_source"]  # type: ignore[attr-defined]
            self.source_reader.save_failure(
                source, fetch_errors.classify_error(failure.value or DownloadFailedError()), status=None
            )
            yield from self._page_requests()

    def _page_requests(self) -> Iterator[Request]:
        """Yield requests for candidates, newest first, within the crawl's budget."""
        limit = min(self.budget, MAX_OPEN_REQUESTS - self.open_requests)
        if limit <= 0 or self.session.fatal_error:
            return
        rows = read_due_candidates(
            self.stores.desk, self.outlet.id, now=self.session.now(), limit=limit + len(self.issued)
        )
        for row in [row for row in rows if row.key not in self.issued][:limit]:
            yield self._page_request(row.url, candidate=row)

    def request_more(self) -> None:
        """Request more candidates when idle; raises DontCloseSpider if there are any."""
        with self.session.abort_on_store_error(CloseSpider("a store failed")):
            requests = list(self._page_requests())
        for request in requests:
            self.crawler.engine.crawl(request)
        if requests:
            raise DontCloseSpider

    def _page_request(
        self, url: str, *, candidate: StoredCandidate | None = None, visit: Visit | None = None
    ) -> Request:
        self.budget -= 1
        self.open_requests += 1
        self.issued.add(candidate.key if candidate else visit.key if visit else url)
        return Request(
            url,
            callback=self.parse_page,
            errback=self.handle_page_error,
            cb_kwargs={"candidate": candidate, "visit": visit},
            meta={"vigia_candidate": candidate, "vigia_visit": visit},
            headers=make_conditional_headers(visit.etag, visit.last_modified) if visit else {},
            dont_filter=True,
        )

    def parse_page(
        self, response: Response, candidate: StoredCandidate | None, visit: Visit | None
    ) -> Iterator[FetchResult]:
        """Yield a page for the item pipelines or a rejection, or postpone the page."""
        with self.session.abort_on_store_error(CloseSpider("a store failed")):
            self.open_requests -= 1
            headers = flatten_headers(response)
            failure = fetch_errors.classify_response(response.status, headers, response.body)
            requested = candidate.url if candidate else visit.url if visit else response.url
            url = response.url if failure else requested  # where a dead article leads to is a page of its own
            if failure := failure or fetch_errors.classify_redirect(requested, response.url, outlet=self.outlet):
                yield from self._page_failure(failure, url=url, candidate=candidate, visit=visit)
                return
            keys = list_page_keys(response, candidate, visit)
            if response.status == 304:
                yield FetchResult(keys=keys, candidate=candidate, visit=visit, unchanged=True)
                return
            etag, last_modified = pick_validators(headers, now=self.session.now())
            yield FetchResult(
                keys=keys,
                page=make_page(
                    response,
                    url=urls.canonicalize(response.url) or requested if candidate else requested,
                    key=urls.key(response.url) if candidate else keys[0],
                    outlet=self.outlet,
                    candidate=candidate,
                    now=self.session.now(),
                ),
                candidate=candidate,
                visit=visit,
                etag=etag,
                last_modified=last_modified,
            )

    def handle_page_error(self, failure: TwistedFailure) -> Iterator[FetchResult]:
        """Settle or postpone a page that gave no answer."""
        with self.session.abort_on_store_error(CloseSpider("a store failed")):
            self.open_requests -= 1
            if isinstance(failure.value, StoreFailed):  # no fault of the page; the crawl ends
                return
            meta = failure.request.meta  # type: ignore[attr-defined]
            yield from self._page_failure(
                fetch_errors.classify_error(failure.value or DownloadFailedError()),
                url=failure.request.url,  # type: ignore[attr-defined]
                candidate=meta["vigia_candidate"],
                visit=meta["vigia_visit"],
            )

    def _page_failure(
        self, failure: FetchFailure, *, url: str, candidate: StoredCandidate | None, visit: Visit | None
    ) -> Iterator[FetchResult]:
        """Yield a rejection if a failure is final; otherwise postpone the page."""
        if failure.retry is not Retry.NEVER:
            self.stats.count_error(f"{url}: {failure.sentence}")
            log.info("%s: %s: %s", self.outlet.id, url, failure.sentence)
        now = self.session.now()
        if visit:
            passes = failure.retry is not Retry.NEVER and self.session.desk.crawl.revisit
            if not passes or now - visit.first_seen > max(passes) + VISIT_GRACE:
                yield FetchResult(keys=(visit.key,), visit=visit)
        elif candidate and failure.retry is Retry.NOT_ASKED:
            postpone_candidate(self.stores.desk, candidate.key, until=now, error=failure.sentence, counts=False)
        elif candidate:
            reason, attempts = failure.reason, candidate.attempts
            if failure.retry in {Retry.AS_ATTEMPT, Retry.LATER}:
                until = get_page_retry(attempts, now=now)
                attempts = postpone_candidate(self.stores.desk, candidate.key, until=until, error=failure.sentence)
                if failure.retry is Retry.LATER or attempts < self.session.desk.crawl.attempts:
                    return
                reason = RejectionReason.UNREACHABLE
            yield FetchResult(
                keys=(candidate.key, *([urls.key(url)] if urls.is_same_site(url, self.sites) else [])),
                candidate=candidate,
                outcome=Rejection(
                    url=candidate.url,
                    key=candidate.key,
                    outlet=self.outlet.id,
                    reason=reason or RejectionReason.UNREACHABLE,
                    title=candidate.title,
                    detail=failure.sentence,
                ),
            )

    def count_settled(self, item: FetchResult, saved: SavedArticle | None) -> None:
        """Count what became of a page. The last item pipeline calls this."""
        if item.candidate:
            self.issued.discard(item.candidate.key)
        # A visit without an answer settles nothing.
        self.stats.pages += item.unchanged or item.page is not None or item.outcome is not None
        if saved is None:
            self.stats.rejected += isinstance(item.outcome, Rejection) and item.visit is None
        elif isinstance(item.outcome, Article):
            self.stats.new += saved.outcome in {"new", "copy"}
            self.stats.revised += saved.outcome == "revised"
