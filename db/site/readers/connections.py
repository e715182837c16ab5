"""Connections of readers: how many there may be, and how long a request may take to arrive.

Without it, who opens connections and sends nothing takes all descriptors of the process, also from the crawl.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

MAX_HEAD_BYTES = 16_384  # of a request's first line and headers together; more is answered with 400
MAX_CONNECTIONS = 256
MAX_ACCEPTED_AT_ONCE = 64  # asyncio accepts so many before one of them can be ended
MAX_READ_BYTES = 4_096  # of one connection at once: chunks of a byte each cost as much as whole requests
MAX_UNREAD_BYTES = 8_192  # of a form that came after its answer
PARSED_AT_ONCE_BYTES = 512  # after which the chunks of a request's body are counted
MAX_FORM_CHUNKS = 50  # of a request's body, beyond one in MIN_FORM_CHUNK_BYTES; browsers send a form without chunks
MIN_FORM_CHUNK_BYTES = 256
REQUEST_ARRIVAL_SECONDS = 30.0  # for a whole request, with its form; also until the first one begins


class ReaderConnection(H11Protocol):
    """One connection. Where there are too many, the address that holds the most loses the one that waits longest."""

    transport: asyncio.Transport
    waiting_since: float | None  # for a whole request; None while one is answered
    _timer: asyncio.TimerHandle | None = None
    _answered_early: RequestResponseCycle | None = None
    _unread_bytes = 0
    _body_of: RequestResponseCycle | None = None  # whose body's lines and bytes are counted
    _body_lines = _body_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room for it, and begin to wait for its first request."""
        super().connection_made(transport)
        self._application = self.app
        self.app = self._answer
        transport.max_size = MAX_READ_BYTES  # type: ignore[attr-defined] # of asyncio's own transports
        self._wait_for_request()
        if len(self.connections) > MAX_CONNECTIONS:
            still_open = [
                one for one in cast("set[ReaderConnection]", self.connections) if not one.transport.is_closing()
            ]
            if len(still_open) > MAX_CONNECTIONS:
                _choose_surplus(still_open).transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read, and note whether a whole request is there."""
        for start in range(0, len(data), PARSED_AT_ONCE_BYTES):
            part = data[start : start + PARSED_AT_ONCE_BYTES]
            super().data_received(part)
            if self._has_small_chunks(part):
                self._refuse_body()
            if self.transport.is_closing():
                break
        self._note_state()
        if self._answered_early is not None and self._answered_early is self.cycle:
            self._unread_bytes += len(data)
            if self._unread_bytes > MAX_UNREAD_BYTES:
                self.transport.close()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, or for the rest of a form that was answered before it had arrived."""
        answered = self.cycle
        super().on_response_complete()
        self._note_state()
        self._answered_early = answered if answered.more_body else None
        self._unread_bytes = 0

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        """Give a request to the application, unless it was refused before its turn came."""
        if self.cycle.scope is not scope or not self.cycle.disconnected:
            await self._application(scope, receive, send)

    def _has_small_chunks(self, part: bytes) -> bool:
        """Return True if a body comes in more chunks than its bytes explain: each costs as much as a large one."""
        if self.cycle is None or not self.cycle.more_body:
            return False
        if self._body_of is not self.cycle:
            self._body_of, self._body_lines, self._body_bytes = self.cycle, 0, 0
        if not any(name == b"transfer-encoding" for name, _ in self.headers):
            return False
        self._body_lines += part.count(b"\n")
        self._body_bytes += len(part)
        return self._body_lines > 2 * (MAX_FORM_CHUNKS + self._body_bytes // MIN_FORM_CHUNK_BYTES)

    def _refuse_body(self) -> None:
        """Answer 400 if nothing was answered yet, and close."""
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        if self.cycle.response_started:
            self.transport.close()
        else:
            self.send_400_response("The form comes in too many small chunks.")

    def _note_state(self) -> None:
        is_arriving = self.cycle is None or self.cycle.response_complete or self.cycle.more_body
        if self.transport.is_closing() or not is_arriving:
            self._stop_waiting()
        elif self._timer is None:
            self._wait_for_request()

    def _wait_for_request(self) -> None:
        self.waiting_since = time.monotonic()
        self._timer = self.loop.call_later(REQUEST_ARRIVAL_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        self.waiting_since = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _choose_surplus(connections: list[ReaderConnection]) -> ReaderConnection:
    """Return the connection that is ended: of the address with the most, that which has waited longest."""
    held: Counter[Any] = Counter(_address(one) for one in connections)
    return min(connections, key=lambda one: (-held[_address(one)], one.waiting_since or float("inf")))


def _address(connection: ReaderConnection) -> str:
    return connection.client[0] if connection.client else ""
