"""Read sources in worker processes: whatever their bytes are, they can neither stop nor fill this process.

The functions that read them are named here, not imported: only the workers call them.
"""

from __future__ import annotations

import datetime as dt

from protego import Protego

from crawler.config.outlet import Outlet, Source
from crawler.crawling.fetch_errors import FetchFailure, Retry
from crawler.discovery import DiscoveryResult
from crawler.discovery.home_page import HomePage
from pipelines.analysis.workers.jobs import JobFailed, JobLimits
from pipelines.analysis.workers.workers import Workers

# What the process has loaded from which workers are forked.
SOURCE_MODULES = ("crawler.discovery.discover", "crawler.discovery.home_page", "crawler.discovery.robots_rules")

DISCOVER = "crawler.discovery.discover:discover"
UNREADABLE = "unreadable"  # the code of a source whose reading was ended

SOURCE_LIMITS = JobLimits(seconds=30, memory_bytes=1_000_000_000, answer_bytes=50_000_000)
ROBOTS_LIMITS = JobLimits(seconds=10, memory_bytes=300_000_000, answer_bytes=30_000_000)


async def read_source(
    workers: Workers,
    source: Source,
    body: bytes,
    *,
    url: str,
    content_type: str,
    outlet: Outlet,
    since: dt.datetime | None = None,
    passed_over: bytes = b"",
    now: dt.datetime,
) -> DiscoveryResult:
    """Read a source's response as crawler.discovery.discover does; JobFailed if it passes a limit."""
    found: DiscoveryResult = await workers.run(
        DISCOVER,
        source,
        body,
        url=url,
        content_type=content_type,
        outlet=outlet,
        since=since,
        passed_over=passed_over,
        now=now,
        limits=SOURCE_LIMITS,
        key=outlet.id,
        label=source.url,
    )
    return found


async def read_rules(workers: Workers, body: bytes, *, host: str, user_agent: str) -> Protego:
    """Read what a host's robots.txt says to one user agent; JobFailed if that passes a limit."""
    rules: Protego = await workers.run(
        "crawler.discovery.robots_rules:select_rules",
        body,
        user_agent,
        limits=ROBOTS_LIMITS,
        key=host,
        label=f"robots.txt of {host}",
    )
    return rules


async def read_home(workers: Workers, html: bytes, robots: bytes, *, url: str, content_type: str) -> HomePage:
    """Read what a home page and its robots.txt say of the outlet; JobFailed if that passes a limit."""
    home: HomePage = await workers.run(
        "crawler.discovery.home_page:read_home_page",
        html,
        robots,
        url=url,
        content_type=content_type,
        limits=SOURCE_LIMITS,
        key=url,
        label=url,
    )
    return home


async def propose_pattern(workers: Workers, addresses: list[str], *, url: str) -> str | None:
    """Guess an article_pattern from addresses; JobFailed if that passes a limit."""
    pattern: str | None = await workers.run(
        "crawler.discovery.article_pattern:guess_pattern", addresses, limits=SOURCE_LIMITS, key=url, label=url
    )
    return pattern


def to_fetch_failure(failure: JobFailed) -> FetchFailure:
    """Return the failure of a source that could not be read within its limits."""
    return FetchFailure(code=UNREADABLE, sentence=f"reading it {failure}", retry=Retry.LATER)
