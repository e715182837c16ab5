"""Common Crawl: the index of each of its crawls, and single records of its WARC files by byte range."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from crawler import urls
from crawler.operations.imports.skip_reason import SkipReason
from crawler.operations.web_archives.index_answers import (
    CrawlIndex,
    IndexAnswer,
    IndexAnswerError,
    Period,
    read_crawls,
    read_page_count,
)
from crawler.operations.web_archives.requests import ArchiveRequests, ArchiveUnavailable
from crawler.operations.web_archives.web_archive import (
    MAX_INDEX_BYTES,
    FetchedCapture,
    IndexQuery,
    IndexReader,
    IndexStep,
    describe_host_query,
    take_index,
)
from db.desk.imports.archived_captures import ArchivedCapture

_MAX_PAGES = 5_000  # of one query; a page has some thousand rows
_SMALL_PAGES = ("pageSize", "1")
_HEADER_BYTES = 1_000_000  # of a record, before its page
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(?:\d{1,15}|\*)")


@dataclass(frozen=True, slots=True)
class CommonCrawl:
    """Reads Common Crawl. `pace`: seconds between two requests for records; its index is asked four times slower."""

    index: str = "https://index.commoncrawl.org"
    data: str = "https://data.commoncrawl.org"
    pace: float = 1.0
    name: str = "commoncrawl"
    title: str = "Common Crawl"

    @property
    def hosts(self) -> Sequence[str]:
        """The hosts that are asked."""
        return (urls.get_host(self.index), urls.get_host(self.data))

    async def list_queries(
        self, requests: ArchiveRequests, *, hosts: Sequence[str], period: Period
    ) -> list[IndexQuery]:
        """Return one query for each crawl of the period and each host. Raises ArchiveUnavailable."""
        body = await self._ask(requests, f"{self.index}/collinfo.json")
        try:
            crawls = read_crawls(body or b"")
        except IndexAnswerError as error:
            raise ArchiveUnavailable(f"{self.hosts[0]}: its list of crawls can't be read; try again later") from error
        return [
            IndexQuery(
                name=f"{crawl.id} {host} {period.name}",
                host=host,
                address=f"{crawl.address}?{urlencode([*describe_host_query(host, period), _SMALL_PAGES])}",
            )
            for crawl in crawls
            if _overlaps(crawl, period)
            for host in hosts
        ]

    async def ask_index(
        self, requests: ArchiveRequests, query: IndexQuery, position: str | None, reader: IndexReader
    ) -> IndexStep:
        """Ask for the next page of a query. Raises ArchiveUnavailable."""
        page, pages = await self._count_pages(requests, query) if position is None else _read_position(position)
        if page >= pages:
            return IndexStep(answer=IndexAnswer(), position=None)
        body = await self._ask(requests, f"{query.address}&page={page}")
        rows = IndexAnswer()
        if body is not None:
            rows = await reader.read(body, form="commoncrawl", host=self.hosts[0])
        return IndexStep(answer=rows, position=f"{page + 1}/{pages}" if page + 1 < pages else None)

    async def _count_pages(self, requests: ArchiveRequests, query: IndexQuery) -> tuple[int, int]:
        body = await self._ask(requests, f"{query.address}&showNumPages=true")
        if body is None:
            return 0, 0
        try:
            return 0, min(read_page_count(body), _MAX_PAGES)
        except IndexAnswerError as error:
            raise ArchiveUnavailable(
                f"{self.hosts[0]}: it does not say how many pages its index of {query.host} has; try again later"
            ) from error

    async def _ask(self, requests: ArchiveRequests, address: str) -> bytes | None:
        return take_index(
            await requests.get(address, pace=4 * self.pace, max_bytes=MAX_INDEX_BYTES, rests_after_errors=True)
        )

    async def fetch(self, requests: ArchiveRequests, capture: ArchivedCapture, *, max_bytes: int) -> FetchedCapture:
        """Fetch the record of a capture. Raises ArchiveUnavailable if the server sends no parts of files."""
        warc = capture.warc
        if warc is None:
            return FetchedCapture(outcome=SkipReason.NOT_ARCHIVED)
        if warc.length > max_bytes + _HEADER_BYTES:
            return FetchedCapture(outcome=SkipReason.TOO_LARGE)
        last = warc.offset + warc.length - 1
        answer = await requests.get(
            f"{self.data}/{warc.file}",
            pace=self.pace,
            max_bytes=warc.length,
            headers={"Range": f"bytes={warc.offset}-{last}", "Accept-Encoding": "identity"},
        )
        if answer.is_too_large or (answer.status == 200 and len(answer.body) != warc.length):
            raise ArchiveUnavailable(f"{self.hosts[1]}: it sends whole files instead of parts (RFC 9110, 14.2)")
        if answer.problem:
            return FetchedCapture(problem=answer.problem)
        if answer.status in {404, 410, 416}:
            return FetchedCapture(outcome=SkipReason.NOT_ARCHIVED)
        if answer.status == 403:  # all of its files are public
            return FetchedCapture(problem="answered 403, as it does to an address that asks too often")
        if answer.status not in {200, 206}:
            return FetchedCapture(problem=f"answered {answer.status}")
        told = _RANGE.fullmatch(answer.headers.get("content-range", ""))
        if answer.status == 206 and (told is None or int(told[1]) != warc.offset):
            return FetchedCapture(problem="it sends other parts of a file than were asked for")
        if len(answer.body) < warc.length:
            return FetchedCapture(outcome=SkipReason.TRUNCATED)
        return FetchedCapture(record=answer.body, file=warc.file, offset=warc.offset)


def _overlaps(crawl: CrawlIndex, period: Period) -> bool:
    """Whether a crawl may have captures of a period; one that does not tell when it ran may."""
    ends_before = crawl.last is not None and crawl.last < period.since
    begins_after = crawl.first is not None and crawl.first >= period.until
    return not (ends_before or begins_after)


def _read_position(position: str) -> tuple[int, int]:
    page, _, pages = position.partition("/")
    return int(page), int(pages)
