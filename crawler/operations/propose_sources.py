"""Look for other sources of an outlet whose own ones all fail. What is found is proposed, never taken."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import cast

from crawler import urls
from crawler.config.outlet import Outlet, Source, SourceKind
from crawler.crawling.session import CrawlSession
from crawler.operations.find_sources import MAX_PROPOSED_SOURCES, search_sources
from db.desk.sources import SourceProposal, read_source_proposals, save_source_proposal

MIN_FAILURES_BEFORE_SEARCH = 3  # in a row, of all sources of an outlet, before others are looked for
SEARCH_AGAIN_INTERVAL = dt.timedelta(days=7)  # if the home page could not be read either


def is_worth_a_search(session: CrawlSession, outlet: Outlet, *, failures: int) -> bool:
    """Return True if an outlet with so many failures in a row has not been looked at with its present sources."""
    if failures < MIN_FAILURES_BEFORE_SEARCH:
        return False
    known = read_source_proposals(session.stores.desk).get(outlet.id)
    if known is None or known.instead_of != _list_addresses(outlet):
        return True
    return known.problem is not None and session.now() - known.looked_at >= SEARCH_AGAIN_INTERVAL


async def propose_sources(session: CrawlSession, outlet: Outlet) -> None:
    """Search an outlet's home page for sources and save what was found beside its own ones."""
    failing = _list_addresses(outlet)
    async with contextlib.AsyncExitStack() as stack:
        for lock in session.site_locks({site for site in [urls.get_site(urls.get_host(outlet.home))] if site}):
            await stack.enter_async_context(lock)
        search = await search_sources(session, outlet)
    found: dict[str, list[str]] = {}
    for source, _ in search.sources[:MAX_PROPOSED_SOURCES]:
        if source.url not in failing:
            found.setdefault(source.kind, []).append(source.url)
    problem = search.failure or (None if found else "its home page names no source that could be read")
    save_source_proposal(
        session.stores.desk,
        SourceProposal(outlet=outlet.id, looked_at=session.now(), instead_of=failing, found=found, problem=problem),
    )


def list_sources(found: Mapping[str, Sequence[str]]) -> list[Source]:
    """Return the sources of a proposal (`SourceProposal.found`)."""
    return [Source(url=url, kind=cast("SourceKind", kind)) for kind, addresses in found.items() for url in addresses]


def _list_addresses(outlet: Outlet) -> tuple[str, ...]:
    return tuple(source.url for source in outlet.sources)
