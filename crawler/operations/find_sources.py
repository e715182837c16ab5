"""Find an outlet's sources from its home page, for `vigia outlets add URL`."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import scrapy
from scrapy import Request
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure as TwistedFailure

from crawler import urls
from crawler.config.desk import Desk, DeskError
from crawler.config.outlet import Outlet, Source
from crawler.crawling import fetch_errors
from crawler.crawling.http import flatten_headers
from crawler.crawling.reactor import install_resolver
from crawler.crawling.session import CrawlSession
from crawler.crawling.source_jobs import propose_pattern, read_home, read_source, to_fetch_failure
from crawler.crawling.source_reader import MAX_SOURCE_BYTES
from crawler.discovery.autodiscovery import outlet_block
from crawler.operations.check_outlets import desk_in_folder
from crawler.settings import crawl_settings
from pipelines.analysis.workers.jobs import JobFailed

MAX_PROPOSED_SOURCES = 4  # more sources of one outlet mostly list the same articles


@dataclass(slots=True)
class SourceSearch:
    """What the search has found so far.

    `sources` are (source, number of items); `notes` has one line per request.
    """

    home: str
    name: str | None = None
    language: str | None = None
    pattern: str | None = None
    sources: list[tuple[Source, int]] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failure: str | None = None

    def block(self) -> str:
        """Write the [[outlet]] block to paste into vigia.toml."""
        return outlet_block(
            home=self.home,
            sources=[source for source, _ in self.sources[:MAX_PROPOSED_SOURCES]],
            name=self.name,
            languages=[self.language] if self.language else [],
            pattern=self.pattern,
        )


class SourceFinderSpider(scrapy.Spider):
    """Requests a home page, and then every address where a source of the outlet may be."""

    name = "finding"

    def __init__(self, *, session: CrawlSession, outlet: Outlet, search: SourceSearch, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.session = session
        self.outlet = outlet
        self.search = search
        self.sites = frozenset({urls.get_host(search.home)})
        self.robots_delays: dict[str, float] = {}

    async def start(self) -> AsyncIterator[Request]:
        """Request the home page."""
        yield Request(self.search.home, callback=self.parse_home, errback=self.handle_home_error, dont_filter=True)

    async def parse_home(self, response: Response) -> AsyncIterator[Request]:
        """Read name and language, then request all places where the page's outlet may have sources."""
        headers = flatten_headers(response)
        if failure := fetch_errors.classify_response(response.status, headers, response.body):
            self.search.failure = failure.sentence
            return
        robots = (
            self.session.robots_txt_of(urls.get_host(response.url), max_age=self.session.desk.crawl.keep_rejected)
            or b""
        )
        try:
            with self.session.abort_on_store_error(CloseSpider("the workers failed")):
                home = await read_home(
                    self.session.stores.workers,
                    response.body,
                    robots,
                    url=response.url,
                    content_type=headers.get("content-type", ""),
                )
        except JobFailed as failed:
            self.search.failure = to_fetch_failure(failed).sentence
            return
        self.search.name, self.search.language = home.name, home.language
        for number, source in enumerate(home.sources):
            yield Request(
                source.url,
                callback=self.parse_place,
                errback=self.handle_place_error,
                cb_kwargs={"source": source},
                meta={"download_maxsize": MAX_SOURCE_BYTES},
                priority=-number,
                dont_filter=True,
            )

    async def parse_place(self, response: Response, source: Source) -> None:
        """Keep an address that lists articles or sitemaps."""
        headers = flatten_headers(response)
        if failure := fetch_errors.classify_response(response.status, headers, response.body):
            self.search.notes.append(f"{source.url}: {failure.sentence}")
            return
        try:
            with self.session.abort_on_store_error(CloseSpider("the workers failed")):
                found = await read_source(
                    self.session.stores.workers,
                    source,
                    response.body,
                    url=response.url,
                    content_type=headers.get("content-type", ""),
                    outlet=self.outlet,
                    now=self.session.now(),
                )
        except JobFailed as failed:
            self.search.notes.append(f"{source.url}: {to_fetch_failure(failed).sentence}")
            return
        listed = len(found.candidates) or len(found.further)
        self.search.notes.append(f"{source.url}: {listed} items" + "".join(f"; {w}" for w in found.warnings[:1]))
        if listed:
            self.search.sources.append((source, listed))
            self.search.addresses += [candidate.url for candidate in found.candidates[:50]]

    def handle_home_error(self, failure: TwistedFailure) -> None:
        """Note why the home page gave no answer."""
        self.search.failure = fetch_errors.classify_error(
            failure.value or scrapy.exceptions.DownloadFailedError()
        ).sentence

    def handle_place_error(self, failure: TwistedFailure) -> None:
        """Note why an address gave no answer."""
        reason = fetch_errors.classify_error(failure.value or scrapy.exceptions.DownloadFailedError())
        self.search.notes.append(f"{failure.request.url}: {reason.sentence}")  # type: ignore[attr-defined]


async def find_sources(desk: Desk, address: str) -> SourceSearch:
    """Search for the sources of the outlet at that address.

    Raises DeskError if it is not an address or its home page gives no answer, and the session's fatal error.
    """
    home = urls.canonicalize(address if "://" in address else f"https://{address}")
    if home is None:
        raise DeskError(f"{address}: not an address; write something like https://example.pe/")
    search = SourceSearch(home=home)
    outlet = Outlet(id="new", name=home, home=home, languages=("es",), kind="press", feeds=(home,))
    with tempfile.TemporaryDirectory(prefix="vigia-add-") as folder:
        async with CrawlSession(desk_in_folder(desk, Path(folder), [outlet])) as session:
            install_resolver(session)
            settings = crawl_settings(desk.crawl, outlet, max_seconds=300)
            settings.pop("ITEM_PIPELINES")
            await AsyncCrawlerRunner(settings).crawl(
                Crawler(SourceFinderSpider, settings), session=session, outlet=outlet, search=search
            )
            if session.fatal_error:
                raise session.fatal_error
            with contextlib.suppress(JobFailed):  # it is a proposal
                search.pattern = await propose_pattern(session.stores.workers, search.addresses, url=home)
    if search.failure:
        raise DeskError(f"{home}: {search.failure}; look at it in a browser, or write the [[outlet]] block by hand")
    order = {"feed": 0, "sitemap": 1, "index": 2, "listing": 3}
    search.sources.sort(key=lambda found: (order[found[0].kind], "news" not in found[0].url))
    return search
