"""Decompress responses with a bound on nesting, members and size.

Scrapy's own follows any number of codings, copies what is left of a deflated body at each step, and opens gzip members
without end, all of it in the thread of every crawl.
"""

from __future__ import annotations

from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.responsetypes import responsetypes

from crawler.crawling.exceptions import NestedCompression
from crawler.discovery.decompression import Coding, decompress

MAX_CODINGS = 2  # of one response, RFC 9110, 8.4: servers use one, and a proxy may add another
_NAMES: dict[str, Coding] = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate", "br": "br", "zstd": "zstd"}


class BoundedCompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's middleware with our decoders: a body that is too large or nested ends in IgnoreRequest."""

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Response:  # noqa: ARG002
        """Decompress a response; a broken body gives what can be read."""
        written = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1").lower()
        codings = [name.strip() for name in written.split(",") if name.strip() not in {"", "identity"}]
        if not codings or request.method == "HEAD" or not response.body:
            return response
        if len(codings) > MAX_CODINGS:
            raise NestedCompression(f"compressed {len(codings)} times over; at most {MAX_CODINGS} are undone")
        max_bytes = int(request.meta.get("download_maxsize", self._max_size))
        body = response.body
        while codings and codings[-1] in _NAMES:
            unpacked = decompress(body, _NAMES[codings.pop()], max_bytes=max_bytes)
            if unpacked.too_large:
                raise IgnoreRequest(f"{response.url}: {unpacked.fault}")
            body = unpacked.body
        headers = response.headers.copy()
        if codings:  # of a kind that nobody here knows: the body stays as it is
            headers["Content-Encoding"] = ", ".join(codings)
        else:
            del headers["Content-Encoding"]
        kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
        return response.replace(cls=kind, body=body, headers=headers)
