"""Finding an outlet's sources from its home page: for `vigia outlets add URL`."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import scrapy
from scrapy import Request
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.http import Response
from twisted.python.failure import Failure as TwistedFailure

from crawler import urls
from crawler.config.desk import Desk, DeskError
from crawler.config.outlet import Outlet, Source
from crawler.crawling import fetch_errors
from crawler.crawling.http import flatten_headers
from crawler.crawling.reactor import install_resolver
from crawler.crawling.session import CrawlSession
from crawler.discovery import discover
from crawler.discovery.autodiscovery import (
    common_sources,
    guess_pattern,
    language_of_home,
    name_of_home,
    outlet_block,
    sitemaps_of_robots,
    sources_of_home,
)
from crawler.operations.check_outlets import desk_in_folder
from crawler.settings import SOURCE_MAX_BYTES, scrapy_settings

MAX_PROPOSED_SOURCES = 4  # sources that answer; more of them list the same


@dataclass(slots=True)
class SourceSearch:
    """What was found so far. `notes` say what was asked and how it answered, a line each."""

    home: str
    name: str | None = None
    language: str | None = None
    sources: list[tuple[Source, int]] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failure: str | None = None

    def block(self) -> str:
        """The [[outlet]] block, ready to paste."""
        return outlet_block(
            home=self.home,
            sources=[source for source, _ in self.sources[:MAX_PROPOSED_SOURCES]],
            name=self.name,
            languages=[self.language] if self.language else [],
            pattern=guess_pattern(self.addresses),
        )


class SourceFinderSpider(scrapy.Spider):
    """Asks a home page, and then every place where its sources may be."""

    name = "finding"

    def __init__(self, *, session: CrawlSession, outlet: Outlet, finding: SourceSearch, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.session = session
        self.outlet = outlet
        self.finding = finding
        self.sites = frozenset({urls.get_host(finding.home)})
        self.robots_delays: dict[str, float] = {}

    async def start(self) -> AsyncIterator[Request]:
        """Begin at the home page."""
        yield Request(self.finding.home, callback=self.parse_home, errback=self.home_failed, dont_filter=True)

    def parse_home(self, response: Response) -> Iterator[Request]:
        """Take name, language and sources from the page; then ask the sources, robots.txt's and the usual places."""
        headers = flatten_headers(response)
        if failure := fetch_errors.classify_response(response.status, headers, response.body):
            self.finding.failure = failure.sentence
            return
        kind = headers.get("content-type", "")
        self.finding.name = name_of_home(response.body, content_type=kind)
        self.finding.language = language_of_home(response.body, content_type=kind)
        robots = (
            self.session.robots_txt_of(urls.get_host(response.url), max_age=self.session.desk.crawl.keep_rejected)
            or b""
        )
        places = (
            *sources_of_home(response.body, response.url, content_type=kind),
            *sitemaps_of_robots(robots.decode("utf-8", "replace"), response.url),
            *common_sources(response.url),
        )
        for number, source in enumerate({source.url: source for source in places}.values()):
            yield Request(
                source.url,
                callback=self.parse_place,
                errback=self.place_failed,
                cb_kwargs={"source": source},
                meta={"download_maxsize": SOURCE_MAX_BYTES},
                priority=-number,
                dont_filter=True,
            )

    def parse_place(self, response: Response, source: Source) -> None:
        """Keep a place that lists articles."""
        headers = flatten_headers(response)
        if failure := fetch_errors.classify_response(response.status, headers, response.body):
            self.finding.notes.append(f"{source.url}: {failure.sentence}")
            return
        found = discover(
            source,
            response.body,
            url=response.url,
            content_type=headers.get("content-type", ""),
            outlet=self.outlet,
            now=self.session.now(),
        )
        listed = len(found.candidates) or len(found.further)
        self.finding.notes.append(f"{source.url}: {listed} items" + "".join(f"; {w}" for w in found.warnings[:1]))
        if listed:
            self.finding.sources.append((source, listed))
            self.finding.addresses += [candidate.url for candidate in found.candidates[:50]]

    def home_failed(self, failure: TwistedFailure) -> None:
        """The home page gave no answer."""
        self.finding.failure = fetch_errors.classify_error(
            failure.value or scrapy.exceptions.DownloadFailedError()
        ).sentence

    def place_failed(self, failure: TwistedFailure) -> None:
        """A place gave no answer."""
        reason = fetch_errors.classify_error(failure.value or scrapy.exceptions.DownloadFailedError())
        self.finding.notes.append(f"{failure.request.url}: {reason.sentence}")  # type: ignore[attr-defined]


async def find_sources(desk: Desk, address: str) -> SourceSearch:
    """Look for the sources of the outlet at that address; DeskError if its home page gives no answer."""
    home = urls.canonicalize(address if "://" in address else f"https://{address}")
    if home is None:
        raise DeskError(f"{address}: not an address; write something like https://example.pe/")
    finding = SourceSearch(home=home)
    outlet = Outlet(id="new", name=home, home=home, languages=("es",), kind="press", feeds=(home,))
    with tempfile.TemporaryDirectory(prefix="vigia-add-") as folder:
        async with CrawlSession(desk_in_folder(desk, Path(folder), [outlet])) as session:
            install_resolver(session)
            settings = scrapy_settings(desk.crawl, outlet, max_seconds=300)
            settings.pop("ITEM_PIPELINES")
            await AsyncCrawlerRunner(settings).crawl(
                Crawler(SourceFinderSpider, settings), session=session, outlet=outlet, finding=finding
            )
    if finding.failure:
        raise DeskError(f"{home}: {finding.failure}; look at it in a browser, or write the [[outlet]] block by hand")
    order = {"feed": 0, "sitemap": 1, "index": 2, "listing": 3}
    finding.sources.sort(key=lambda found: (order[found[0].kind], "news" not in found[0].url))
    return finding
