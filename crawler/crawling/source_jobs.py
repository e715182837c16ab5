"""Read sources in worker processes: whatever their bytes are, they can neither stop nor fill this process."""

from __future__ import annotations

import datetime as dt

from crawler.config.outlet import Outlet, Source
from crawler.discovery import DiscoveryResult
from pipelines.analysis.workers.jobs import JobLimits
from pipelines.analysis.workers.workers import Workers

SOURCE_MODULES = ("crawler.discovery.discover", "crawler.discovery.autodiscovery")  # what workers have loaded
SOURCE_LIMITS = JobLimits(seconds=30, memory_bytes=1_000_000_000, answer_bytes=50_000_000)


async def discover_in_worker(
    workers: Workers,
    source: Source,
    body: bytes,
    *,
    url: str,
    content_type: str,
    outlet: Outlet,
    since: dt.datetime | None = None,
    now: dt.datetime,
) -> DiscoveryResult:
    """Read a source's response as crawler.discovery.discover does; JobFailed if it passes a limit."""
    found: DiscoveryResult = await workers.run(
        "crawler.discovery.discover:discover",
        source,
        body,
        url=url,
        content_type=content_type,
        outlet=outlet,
        since=since,
        now=now,
        limits=SOURCE_LIMITS,
        key=outlet.id,
        label=source.url,
    )
    return found
