"""Limit the header of a response, and the chunks of its body.

Twisted limits each line of a header (16 kB), not their number: an endless header fills the memory, and no limit on
bodies sees it. Each chunk of a body costs as much as a large one, so a body in chunks of one byte costs a thousand
times its size. HTTP/2 is not enabled, see DOWNLOAD_HANDLERS in crawler.settings.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.crawler import Crawler
from twisted.internet.defer import Deferred
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import _ChunkedTransferDecoder

from crawler.crawling.exceptions import HeaderTooLarge, TooManyChunks

MAX_HEADER_BYTES = 256 * 1024  # of a response, over all its lines: the limit of Chromium
MAX_HEADER_LINES = 1_000
MAX_SMALL_CHUNKS = 2_000  # of a body, beyond one in MIN_CHUNK_BYTES
MIN_CHUNK_BYTES = 16  # less than the mean line of a page: servers may write line by line, however long it is


class BoundedChunks(_ChunkedTransferDecoder):
    """Decoder of a chunked body that counts the chunks, and hands on those that arrived together as one."""

    def __init__(self, dataCallback: Callable[[bytes], None], finishCallback: Callable[[bytes], None]) -> None:  # noqa: N803 - Twisted's names
        super().__init__(self._collect, self._finish)
        self._take, self._end = dataCallback, finishCallback
        self._collected: list[bytes] = []
        self._chunks = self._bytes = 0

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take bytes of the body. Raises TooManyChunks, which ends the connection."""
        try:
            super().dataReceived(data)
        finally:  # also before a chunk that is broken
            self._hand_on()

    def _collect(self, chunk: bytes) -> None:
        self._chunks += 1
        self._bytes += len(chunk)
        if self._chunks > MAX_SMALL_CHUNKS + self._bytes // MIN_CHUNK_BYTES:
            raise TooManyChunks(f"{self._chunks:,} chunks for {self._bytes:,} bytes")
        self._collected.append(chunk)

    def _hand_on(self) -> None:
        if self._collected:
            data, self._collected = b"".join(self._collected), []
            self._take(data)

    def _finish(self, rest: bytes) -> None:
        self._hand_on()
        self._end(rest)


class _BoundedParser(_LenientHTTPClientParser):
    """Parser that counts the header's lines and bytes, also those of interim answers (1xx)."""

    _transferDecoders = {b"chunked": BoundedChunks}  # noqa: N815, RUF012 - Twisted's name
    lines_seen = bytes_seen = 0  # here, because an existing parser is turned into one of this class

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take a line of the header. Raises HeaderTooLarge, which ends the connection."""
        self.lines_seen += 1
        self.bytes_seen += len(line) + 2
        if self.lines_seen > MAX_HEADER_LINES or self.bytes_seen > MAX_HEADER_BYTES:
            raise HeaderTooLarge(f"header larger than {MAX_HEADER_BYTES // 1024} kB or {MAX_HEADER_LINES} lines")
        super().lineReceived(line)

    def connectionLost(self, reason: Any = connectionDone) -> None:  # noqa: N802 - Twisted's name
        """End the response; a refused body is an error of its own, not one that was torn on its way."""
        # Where the connection is kept for the next request, Twisted gives a bare exception, not a Failure.
        if isinstance(reason, Failure) and isinstance(reason.value, TooManyChunks):
            reader: Any = self.response._bodyProtocol  # Scrapy's, which knows no such end
            if reader is not None and not reader._finished.called:
                reader._finished.errback(reason)
        super().connectionLost(reason)


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
        if isinstance(reason.value, (HeaderTooLarge, TooManyChunks)) and self.transport is not None:
            self.transport.abortConnection()  # an orderly end of TLS would wait for the other side, and read on


class _BoundedFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _BoundedProtocol:  # noqa: ARG002, N802 - Twisted's names
        """Return a protocol for a new connection."""
        return _BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class LimitedHTTP11(HTTP11DownloadHandler):
    """Scrapy's handler of HTTP/1.1 with limits on the response's header and chunks."""

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
