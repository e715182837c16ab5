"""Download a WARC file in parts, through the same guard, limits and politeness as any crawl."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import scrapy
from scrapy import Request
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Response
from twisted.python.failure import Failure as TwistedFailure

from crawler import urls
from crawler.config.outlet import Outlet
from crawler.crawling import fetch_errors
from crawler.crawling.http import flatten_headers
from crawler.crawling.session import CrawlSession
from crawler.monitoring.disk_space import MIN_FREE_BYTES
from crawler.settings import crawl_settings
from db.draft_files import settle_file

PART_BYTES = 8_000_000
_PART_TIMEOUT = 300  # seconds
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")


class WarcDownloadError(Exception):
    """A file can't be downloaded. The text says why and what to do, without the address."""


@dataclass(slots=True)
class WarcDownload:
    """A file that is being downloaded, and how far it is."""

    url: str
    path: Path  # of the whole file
    done: int = 0
    total: int | None = None
    validator: str = ""  # that all parts must have, an ETag or a date (RFC 9110, 8.8)
    restarts: int = 0
    failure: str | None = None

    def restart(self) -> bool:
        """Begin at the first byte again, for the parts are of another file; return False if that was done before."""
        if self.restarts or not self.done:
            return False
        self.restarts, self.done, self.validator = 1, 0, ""
        return True

    @property
    def part(self) -> Path:
        """Where the parts are put together."""
        return self.path.with_name(self.path.name + ".part")

    @property
    def note(self) -> Path:
        """Where the validator of the parts stands."""
        return self.path.with_name(self.path.name + ".validator")


class WarcDownloadSpider(scrapy.Spider):
    """Requests a file part after part, and appends each to what is there."""

    name = "download"

    def __init__(
        self,
        *,
        session: CrawlSession,
        outlet: Outlet,
        download: WarcDownload,
        is_ending: Callable[[], bool],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.session = session
        self.outlet = outlet
        self.download = download
        self.is_ending = is_ending
        self.sites = frozenset({urls.get_host(download.url)})
        self.robots_delays: dict[str, float] = {}

    async def start(self) -> AsyncIterator[Request]:
        """Request the first part that is missing."""
        yield self._make_request()

    def _make_request(self) -> Request:
        download = self.download
        headers = {
            "Range": f"bytes={download.done}-{download.done + PART_BYTES - 1}",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
        }
        if download.validator:
            headers["If-Range"] = download.validator
        return Request(
            download.url,
            callback=self.parse_part,
            errback=self.handle_error,
            headers=headers,
            meta={"download_maxsize": PART_BYTES, "download_timeout": _PART_TIMEOUT},
            dont_filter=True,
        )

    def parse_part(self, response: Response) -> Request | None:
        """Append a part, and request the next one."""
        download = self.download
        headers = flatten_headers(response)
        if response.status == 416 and download.restart():  # no bytes behind the parts (RFC 9110, 15.5.17)
            return self._make_request()
        if response.status not in {200, 206}:
            failure = fetch_errors.classify_response(response.status, headers, response.body)
            sentence = failure.sentence if failure else f"answered {response.status}"
            download.failure = f"{sentence}; check the address, or download the file yourself, then import it"
            return None
        if response.status == 200:  # no parts, or the file is another than before
            download.done, download.total = 0, len(response.body)
        else:
            told = _RANGE.fullmatch(headers.get("content-range", ""))
            if told is None or int(told[1]) != download.done or not response.body:
                download.failure = "its server sends other parts than were asked for; download the file yourself"
                return None
            download.total = int(told[3])
        validator = headers.get("etag") or headers.get("last-modified") or ""
        download.validator = "" if validator.startswith("W/") else validator
        if download.total - download.done > shutil.disk_usage(download.path.parent).free - MIN_FREE_BYTES:
            download.failure = f"has {download.total / 1e6:,.0f} MB, for which the disk has no room; free some space"
            return None
        with self.session.abort_on_store_error():
            self._append(response.body)
        if download.done < download.total and not self.is_ending():
            return self._make_request()
        return None

    def _append(self, body: bytes) -> None:
        download = self.download
        download.note.write_text(download.validator, encoding="utf-8")
        with download.part.open("r+b" if download.done else "wb") as file:
            file.seek(download.done)
            file.write(body)
            file.truncate()
        download.done += len(body)

    def handle_error(self, failure: TwistedFailure) -> Request | None:
        """Note why a part did not come. A file that changed since the last part is requested from its beginning."""
        error = fetch_errors.classify_error(failure.value or DownloadFailedError())
        if error.code == "too-large" and self.download.restart():
            return self._make_request()
        sentence = error.sentence
        if error.code == "too-large":
            sentence = "its server sends no parts of it (RFC 9110, 14.2)"
        self.download.failure = f"{sentence}; download the file yourself, then import it"
        return None


async def download_warc(session: CrawlSession, address: str, *, is_ending: Callable[[], bool]) -> Path | None:
    """Return the path of a file in the desk folder, downloaded from an address; None if it was ended.

    What was downloaded before is kept if the server says that the file is the same. Raises WarcDownloadError.
    """
    url = urls.canonicalize(address)
    if url is None:
        raise WarcDownloadError("not an address that could be fetched; write a whole http:// or https:// address")
    folder = session.desk.folder / "imports" / hashlib.sha256(url.encode()).hexdigest()[:16]
    name = re.sub(r"[^\w.-]", "_", unquote(urlsplit(url).path).rpartition("/")[2])[-120:].lstrip(".") or "file.warc"
    download = WarcDownload(url=url, path=folder / name)
    if download.path.exists():
        return download.path
    folder.mkdir(parents=True, exist_ok=True)
    if download.part.exists() and download.note.exists() and (validator := download.note.read_text("utf-8")):
        download.done, download.validator = download.part.stat().st_size, validator
    outlet = Outlet(id="import", name=url, home=url, languages=("en",), kind="research", feeds=(url,))
    settings = crawl_settings(session.desk.crawl, outlet, max_seconds=0)
    settings.pop("ITEM_PIPELINES")
    # A file that is packed stays packed: what it unpacks to is read record by record.
    settings["DOWNLOADER_MIDDLEWARES"]["crawler.middlewares.compression.BoundedCompressionMiddleware"] = None
    await AsyncCrawlerRunner(settings).crawl(
        Crawler(WarcDownloadSpider, settings), session=session, outlet=outlet, download=download, is_ending=is_ending
    )
    if not download.part.exists():  # nothing came of it that a next run could go on with
        forget_download(download.path)
    if download.failure is not None:
        raise WarcDownloadError(download.failure)
    if download.total is None or download.done < download.total:
        if is_ending():
            return None
        raise WarcDownloadError("its download ended in the middle; run the same command again to go on")
    settle_file(download.part, download.path)
    return download.path


def forget_download(path: Path) -> None:
    """Delete a downloaded file and what belongs to it."""
    shutil.rmtree(path.parent, ignore_errors=True)
