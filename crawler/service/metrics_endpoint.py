"""`/-/metrics`: what the process did and how the desk is, in the text format of Prometheus."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

from crawler.config.desk import Desk
from crawler.monitoring.health import DeskHealth, read_desk_health
from db.connection import StoreError, explain_errors, open_desk
from db.outlet_status import count_waiting_by_outlet
from pipelines.activity_counters import ActivityCounters

METRICS_PATH = "/-/metrics"


class MetricsEndpoint:
    """An ASGI application that answers with metrics. `desk` gives the present configuration."""

    def __init__(self, desk: Callable[[], Desk], *, activity: ActivityCounters, now: Callable[[], dt.datetime]) -> None:
        self._desk = desk
        self._activity = activity
        self._now = now
        self._started_at = now()
        self._looking = asyncio.Lock()  # one look at a time, whoever asks

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],  # noqa: ARG002 - ASGI's signature
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Answer a request."""
        from prometheus_client import CONTENT_TYPE_LATEST  # noqa: PLC0415 - only who asks for metrics needs it

        async with self._looking:
            body = await asyncio.to_thread(self._write)
        headers = [(b"content-type", CONTENT_TYPE_LATEST.encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})

    def _write(self) -> bytes:
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - see above

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)  # type: ignore[arg-type, unused-ignore] # it has `collect`
        return bytes(generate_latest(registry))

    def collect(self) -> Iterator[Any]:
        """Yield the metric families. Prometheus' client calls this."""
        from prometheus_client.core import CounterMetricFamily, SummaryMetricFamily  # noqa: PLC0415 - see above

        for what, label, sentence in (
            ("crawls", "outcome", "Crawls of one outlet that ended in this process."),
            ("pages", "result", "Pages that were settled in this process."),
            ("rejections", "reason", "Pages that were rejected in this process."),
            ("deliveries", "state", "Attempts to deliver a message in this process."),
        ):
            counter = CounterMetricFamily(f"vigia_{what}", sentence, labels=[label])
            for word, count in sorted(self._activity.read_counts(what).items()):
                counter.add_metric([word], count)
            yield counter
        stages = SummaryMetricFamily("vigia_stage_seconds", "Time that pages and alerts took.", labels=["stage"])
        counts = self._activity.read_counts("stages")
        for stage, seconds in sorted(self._activity.read_seconds().items()):
            stages.add_metric([stage], count_value=counts.get(stage, 0), sum_value=seconds)
        yield stages
        yield from self._collect_health()

    def _collect_health(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 - see above

        desk = self._desk()
        try:
            health: DeskHealth | None = read_desk_health(desk, started_at=self._started_at, now=self._now())
            queued = _count_queued(desk)
        except (StoreError, OSError):  # `vigia check` tells the reason, which names paths
            health, queued = None, 0
        is_healthy = health is not None and not health.problems
        yield GaugeMetricFamily("vigia_healthy", "1 if nothing is wrong, as /-/health says.", value=is_healthy)
        if health is None:
            return
        for name, sentence, value in (
            ("queue_candidates", "Addresses that wait to be fetched.", queued),
            ("queue_deliveries", "Messages that wait to be delivered.", health.waiting),
            ("targets_given_up", "Targets whose last message was given up.", health.given_up),
            ("outlets_watched", "Outlets that are crawled.", health.watched),
            ("outlets_answered", "Of these, those that answered when they were last asked.", health.answered),
            ("disk_free_bytes", "Free bytes of the desk's disk.", health.free_bytes),
        ):
            yield GaugeMetricFamily(f"vigia_{name}", sentence, value=value)
        if health.last_crawl:
            told = "When the last crawl ended, in Unix time."
            yield GaugeMetricFamily("vigia_last_crawl_timestamp_seconds", told, value=health.last_crawl.timestamp())


def _count_queued(desk: Desk) -> int:
    if not desk.desk_db.exists():
        return 0
    with contextlib.closing(open_desk(desk.desk_db, readonly=True)) as private, explain_errors(desk.desk_db):
        return sum(count_waiting_by_outlet(private).values())
