"""HTTP/1.1 connections to the miniature web, with simulated faults."""

from __future__ import annotations

import datetime as dt
import email.utils
import gzip
import hashlib
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.demo.sources import DemoResponse
from crawler.demo.truth import DemoRequest

if TYPE_CHECKING:
    from crawler.demo.server import DemoWeb

_STATUS = {"500": 500, "503": 503, "429": 429, "403": 403}
_RETRY_AFTER = {429: "120", 503: "120"}  # seconds
_PLAIN = "text/plain; charset=utf-8"


class Server(ThreadingHTTPServer):
    """A server whose threads end with the program.

    `web` is the miniature web that it serves.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    web: DemoWeb

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors of a connection, such as a client that closes it early."""


class Connection(BaseHTTPRequestHandler):
    """Answers requests to the miniature web.

    Reads them in proxy form (`GET http://host/path`) and in origin form with a Host header.
    """

    protocol_version = "HTTP/1.1"
    server_version = "demo"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60  # seconds that an idle connection is kept
    server: Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own word
        """Log nothing: `DemoWeb.hits` records each request."""

    def do_HEAD(self) -> None:
        """Answer as to GET, without the body."""
        self.do_GET()

    def do_GET(self) -> None:
        """Answer from the miniature web, as steered."""
        try:
            parts = urlsplit(self.path)
        except ValueError:  # not an address, such as "http://["
            self.send_error(400)
            return
        self._host = (parts.netloc or self.headers.get("Host", "")).lower()
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        web, fault = self.server.web, self.server.web.fault(self._host)
        if fault == "slow":
            web.ended.wait(web.slow)
        if fault == "drop":
            self._record(0)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status = 503 if fault == "robots503" and parts.path == "/robots.txt" else _STATUS.get(fault)
        if status is not None:
            self._send(DemoResponse(_PLAIN, b"", status=status), {"Retry-After": _RETRY_AFTER.get(status)})
            return
        response = web.answer(self._host, self._target)
        if response is None:
            self._send(DemoResponse(_PLAIN, f"no such host here: {self._host}\n".encode(), status=502), {})
            return
        if fault in {"garbage", "empty"} and response.status == 200 and parts.path != "/robots.txt":
            body = response.body[: len(response.body) // 2] + b"<<&\x00\xff" if fault == "garbage" else b""
            response = DemoResponse(response.content_type, body, modified=response.modified)
        self._send_or_not_modified(response)

    def _send_or_not_modified(self, response: DemoResponse) -> None:
        """RFC 9110, section 13: If-None-Match wins over If-Modified-Since."""
        if response.status != 200:
            self._send(response, {"Location": response.location})
            return
        tag = f'"{hashlib.sha256(response.body).hexdigest()[:20]}"'
        modified = response.modified.replace(microsecond=0) if response.modified else None
        headers: dict[str, str | None] = {"ETag": tag}
        if modified is not None:
            headers["Last-Modified"] = email.utils.format_datetime(modified, usegmt=True)
        if self._is_unchanged(tag, modified):
            self._record(304)
            self.send_response(304)
            self._send_headers(headers)
            self.end_headers()
            return
        outlet = self._host.removeprefix("www.").removeprefix("m.")
        is_gzipped = any(one.gzip for one in self.server.web.outlets if one.host == outlet)
        if is_gzipped and "gzip" in self.headers.get("Accept-Encoding", "") and "x-gzip" not in response.content_type:
            response = DemoResponse(
                response.content_type, gzip.compress(response.body, mtime=0), modified=response.modified
            )
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        self._send(response, headers)

    def _is_unchanged(self, tag: str, modified: dt.datetime | None) -> bool:
        match, since = self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
        if match:
            return match.strip() == "*" or tag in {part.strip().removeprefix("W/") for part in match.split(",")}
        if not since or modified is None:
            return False
        try:
            return email.utils.parsedate_to_datetime(since) >= modified
        except (TypeError, ValueError):
            return False

    def _send(self, response: DemoResponse, headers: dict[str, str | None]) -> None:
        self._record(response.status)
        self.send_response(response.status)
        self._send_headers(
            {"Content-Type": response.content_type, "Content-Length": str(len(response.body)), **headers}
        )
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def _send_headers(self, headers: dict[str, str | None]) -> None:
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)

    def _record(self, status: int) -> None:
        self.server.web.record(
            DemoRequest(
                host=self._host,
                path=self._target,
                method=self.command,
                headers={name.lower(): value for name, value in self.headers.items()},
                at=dt.datetime.now(dt.UTC),
                status=status,
            )
        )
