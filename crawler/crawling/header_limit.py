"""Limit the header of a response.

Twisted limits each line of a header (16 kB), not their number: an endless header fills the memory, and no limit on
bodies sees it. HTTP/2 is not enabled, see DOWNLOAD_HANDLERS in crawler.settings.
"""

from __future__ import annotations

import asyncio
from typing import Any

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.crawler import Crawler
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from crawler.crawling.exceptions import HeaderTooLarge

MAX_HEADER_BYTES = 256 * 1024  # of a response, over all its lines: the limit of Chromium
MAX_HEADER_LINES = 1_000


class _BoundedParser(_LenientHTTPClientParser):
    """Parser that counts the header's lines and bytes, also those of interim answers (1xx)."""

    lines_seen = bytes_seen = 0  # here, because an existing parser is turned into one of this class

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take a line of the header. Raises HeaderTooLarge, which ends the connection."""
        self.lines_seen += 1
        self.bytes_seen += len(line) + 2
        if self.lines_seen > MAX_HEADER_LINES or self.bytes_seen > MAX_HEADER_BYTES:
            raise HeaderTooLarge(f"header larger than {MAX_HEADER_BYTES // 1024} kB or {MAX_HEADER_LINES} lines")
        super().lineReceived(line)


class _BoundedProtocol(_LenientHTTP11ClientProtocol):
    """Protocol with the parser above; it breaks the connection off instead of closing it in order."""

    def request(self, request: Any) -> Deferred[Any]:
        """Send a request."""
        answer: Deferred[Any] = super().request(request)
        if self._parser is not None:
            self._parser.__class__ = _BoundedParser
        return answer

    def _giveUp(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        super()._giveUp(reason)  # type: ignore[no-untyped-call]
        if isinstance(reason.value, HeaderTooLarge) and self.transport is not None:
            self.transport.abortConnection()  # an orderly end of TLS would wait for the other side, and read on


class _BoundedFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _BoundedProtocol:  # noqa: ARG002, N802 - Twisted's names
        """Return a protocol for a new connection."""
        return _BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class HeaderLimitedHTTP11(HTTP11DownloadHandler):
    """Scrapy's handler of HTTP/1.1 with a limit on the response's header."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _BoundedFactory

    async def close(self) -> None:
        """Close the connections, in a bounded time.

        Scrapy's own gives the result of a late close twice where the event loop stood still meanwhile, which ends in a
        trace.
        """
        closed: Deferred[Any] = self._pool.closeCachedConnections()  # type: ignore[no-untyped-call]
        await asyncio.wait([closed.asFuture(asyncio.get_running_loop())], timeout=self._disconnect_timeout)
