"""Find an outlet's sources from its home page, for `vigia outlets add URL`."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
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
from crawler.config.outlet_block import outlet_block
from crawler.crawling import fetch_errors
from crawler.crawling.http import flatten_headers
from crawler.crawling.reactor import install_resolver
from crawler.crawling.session import CrawlSession
from crawler.crawling.source_jobs import propose_pattern, read_home, read_source, to_fetch_failure
from crawler.crawling.source_reader import MAX_SOURCE_BYTES
from crawler.discovery.candidates import DiscoveryResult
from crawler.operations.check_outlets import desk_in_folder
from crawler.settings import crawl_settings
from pipelines.analysis.workers.jobs import JobFailed

MAX_SEARCH_SECONDS = 300
MAX_PATTERN_ADDRESSES = 50  # of one source, from which article_pattern is guessed
MAX_PROPOSED_SOURCES = 4  # more sources of one outlet mostly list the same articles


@dataclass(slots=True)
class SourceSearch:
    """What the search has found so far.

    `sources` are (source, number of items), `listing` is the home page read as a listing. `notes` has one line for each
    address that the home page or robots.txt names; `misses` counts why the usual addresses beside them hold nothing.
    """

    home: str
    name: str | None = None
    language: str | None = None
    pattern: str | None = None
    sources: list[tuple[Source, int]] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    listing: DiscoveryResult | None = None
    notes: list[str] = field(default_factory=list)
    misses: Counter[str] = field(default_factory=Counter)
    failure: str | None = None

    def note_miss(self, url: str, sentence: str, *, is_guess: bool) -> None:
        """Note an address that holds no source."""
        if is_guess:
            self.misses[sentence] += 1
        else:
            self.notes.append(f"{url}: {sentence}")

    def note_totals(self) -> None:
        """Note what was only counted, once for each reason."""
        for sentence, count in self.misses.most_common():
            addresses = f"{count} usual address{'es' * (count != 1)} of feeds and sitemaps"
            self.notes.append(f"{addresses}: {sentence}")

    def use_listing(self) -> None:
        """Take the home page as the only source, if it lists articles and nothing else was found."""
        if self.sources or self.listing is None or not (found := self.listing.candidates):
            return
        self.sources.append((Source(url=self.home, kind="listing"), len(found)))
        self.addresses += [candidate.url for candidate in found[:MAX_PATTERN_ADDRESSES]]
        self.notes.append(
            f"No feed or sitemap was found. The home page lists {len(found)} addresses that look like articles: "
            "watched as a listing."
        )

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
        with contextlib.suppress(JobFailed):
            self.search.listing = await self._read(Source(url=self.search.home, kind="listing"), response)
        for number, source in enumerate((*home.sources, *home.guesses)):
            yield Request(
                source.url,
                callback=self.parse_place,
                errback=self.handle_place_error,
                cb_kwargs={"source": source, "is_guess": source in home.guesses},
                meta={"download_maxsize": MAX_SOURCE_BYTES},
                priority=-number,
                dont_filter=True,
            )

    async def parse_place(self, response: Response, source: Source, *, is_guess: bool) -> None:
        """Keep an address that lists articles or sitemaps."""
        headers = flatten_headers(response)
        if failure := fetch_errors.classify_response(response.status, headers, response.body):
            self.search.note_miss(source.url, failure.sentence, is_guess=is_guess)
            return
        try:
            found = await self._read(source, response)
        except JobFailed as failed:
            self.search.note_miss(source.url, to_fetch_failure(failed).sentence, is_guess=is_guess)
            return
        listed = len(found.candidates) or len(found.further)
        sentence = f"{listed} items" + "".join(f"; {w}" for w in found.warnings[:1])
        if not listed:
            self.search.note_miss(source.url, sentence, is_guess=is_guess)
            return
        self.search.notes.append(f"{source.url}: {sentence}")
        self.search.sources.append((source, listed))
        self.search.addresses += [candidate.url for candidate in found.candidates[:MAX_PATTERN_ADDRESSES]]

    async def _read(self, source: Source, response: Response) -> DiscoveryResult:
        with self.session.abort_on_store_error(CloseSpider("the workers failed")):
            return await read_source(
                self.session.stores.workers,
                source,
                response.body,
                url=response.url,
                content_type=flatten_headers(response).get("content-type", ""),
                outlet=self.outlet,
                now=self.session.now(),
            )

    def handle_home_error(self, failure: TwistedFailure) -> None:
        """Note why the home page gave no answer."""
        self.search.failure = fetch_errors.classify_error(
            failure.value or scrapy.exceptions.DownloadFailedError()
        ).sentence

    def handle_place_error(self, failure: TwistedFailure) -> None:
        """Note why an address gave no answer."""
        reason = fetch_errors.classify_error(failure.value or scrapy.exceptions.DownloadFailedError())
        request = failure.request  # type: ignore[attr-defined]
        self.search.note_miss(request.url, reason.sentence, is_guess=request.cb_kwargs["is_guess"])


async def find_sources(desk: Desk, address: str) -> SourceSearch:
    """Search for the sources of the outlet at that address.

    Raises DeskError if it is not an address or its home page gives no answer, and the session's fatal error.
    """
    home = urls.canonicalize(address if "://" in address else f"https://{address}")
    if home is None:
        raise DeskError(f"{address}: not an address; write something like https://example.pe/")
    outlet = Outlet(id="new", name=home, home=home, languages=("es",), kind="press", feeds=(home,))
    with tempfile.TemporaryDirectory(prefix="vigia-add-") as folder:
        async with CrawlSession(desk_in_folder(desk, Path(folder), [outlet])) as session:
            install_resolver(session)
            search = await search_sources(session, outlet)
    if search.failure:
        raise DeskError(f"{home}: {search.failure}; look at it in a browser, or write the [[outlet]] block by hand")
    return search


async def search_sources(session: CrawlSession, outlet: Outlet) -> SourceSearch:
    """Look for the sources of an outlet at its home page, in robots.txt and at the usual addresses.

    `failure` of what is returned says why the home page could not be read.
    """
    search = SourceSearch(home=outlet.home)
    settings = crawl_settings(session.desk.crawl, outlet, max_seconds=MAX_SEARCH_SECONDS)
    settings.pop("ITEM_PIPELINES")
    await AsyncCrawlerRunner(settings).crawl(
        Crawler(SourceFinderSpider, settings), session=session, outlet=outlet, search=search
    )
    search.note_totals()
    search.use_listing()
    with contextlib.suppress(JobFailed):  # it is a proposal
        search.pattern = await propose_pattern(session.stores.workers, search.addresses, url=search.home)
    order = {"feed": 0, "sitemap": 1, "index": 2, "listing": 3}
    search.sources.sort(key=lambda found: (order[found[0].kind], "news" not in found[0].url))
    return search
