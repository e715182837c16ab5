"""`/-/health`: 200 or 503 with JSON for a monitoring program, without login and with nothing private."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from crawler.config.desk import Desk
from crawler.monitoring.health import read_desk_health
from db.connection import StoreError

HEALTH_PATH = "/-/health"
ANSWER_SECONDS = 5.0  # that an answer is given again: any number of requests costs one look in that time
_HEADERS = [(b"content-type", b"application/json; charset=utf-8"), (b"cache-control", b"no-store")]


class HealthEndpoint:
    """An ASGI application that answers with the desk's health. `desk` gives the present configuration."""

    def __init__(
        self,
        desk: Callable[[], Desk],
        *,
        now: Callable[[], dt.datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk = desk
        self._now = now
        self._monotonic = monotonic
        self._started_at = now()
        self._looking = asyncio.Lock()
        self._answer: tuple[float, int, bytes] | None = None  # when, status, body

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],  # noqa: ARG002 - ASGI's signature
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Answer a request."""
        async with self._looking:
            if self._answer is None or self._monotonic() - self._answer[0] >= ANSWER_SECONDS:
                status, body = await asyncio.to_thread(self._look)
                self._answer = (self._monotonic(), status, body)
            _, status, body = self._answer
        await send({"type": "http.response.start", "status": status, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})

    def _look(self) -> tuple[int, bytes]:
        try:
            told = read_desk_health(self._desk(), started_at=self._started_at, now=self._now()).as_dict()
        except (StoreError, OSError):  # without the reason, which names paths; `vigia check` tells it
            told = {"healthy": False, "problems": ["database"]}
        return 200 if told["healthy"] else 503, json.dumps(told, indent=1).encode()
