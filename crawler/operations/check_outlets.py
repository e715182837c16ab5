"""How each outlet answers today: a crawl of one page each, into a throw-away desk, and what it shows."""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crawler.config.desk import Desk
from crawler.config.outlet import Outlet
from crawler.crawling.reactor import install_resolver
from crawler.crawling.session import CrawlSession, locate_topic, resolve_proxy
from crawler.runner import CrawlResult, CrawlRunner
from db.connection import open_desk
from db.desk import hosts
from db.model.rejection import RejectionReason
from db.model.times import read_stamp
from db.news.trial_crawl import read_tried_page, read_tried_sources

# A source whose newest item is older says that it is dead, whatever its status; slow outlets write seldom.
MAX_NEWEST_AGE = dt.timedelta(days=30)
MAX_NEWEST_AGE_IF_SLOW = dt.timedelta(days=120)
SLOW_INTERVAL = dt.timedelta(hours=3)  # an interval from which on an outlet is one that writes seldom

# What a page may be without saying anything against how it was analysed.
HARMLESS_REASONS = {RejectionReason.OFF_TOPIC, RejectionReason.NO_ACTORS}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCheck:
    """One source: `problem` is None when it answered and can be used."""

    url: str
    items: int | None
    newest: str | None
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletCheck:
    """One outlet. `page` is the address that was analysed, `page_problem` why that did not go well."""

    id: str
    enabled: bool
    sources: tuple[SourceCheck, ...]
    robots: str
    page: str | None
    page_title: str | None
    page_problem: str | None

    @property
    def well(self) -> bool:
        """Whether the outlet can be watched: a source answers with fresh items, and a page of it can be read."""
        return any(source.problem is None for source in self.sources) and self.page_problem is None

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self) | {"well": self.well}


async def check_outlets(
    desk: Desk, outlets: Iterable[Outlet], *, on_end: Callable[[OutletCheck], None]
) -> list[OutletCheck]:
    """Crawl one page of each outlet with the desk's manners; `on_end` hears of each. The desk itself is not touched."""
    chosen = [outlet.model_copy(update={"max_pages": 1, "enabled": True}) for outlet in outlets]
    enabled = {outlet.id for outlet in desk.enabled}
    checked: list[OutletCheck] = []
    with tempfile.TemporaryDirectory(prefix="vigia-check-") as folder:
        async with CrawlSession(desk_in_folder(desk, Path(folder), chosen), full=True) as session:
            install_resolver(session)
            _copy_back_offs(session, desk)

            def ended(crawled: CrawlResult) -> None:
                checked.append(build_outlet_check(session, crawled.outlet, enabled=crawled.outlet.id in enabled))
                on_end(checked[-1])

            await CrawlRunner(session).crawl(chosen, on_end=ended)
    return checked


def _copy_back_offs(session: CrawlSession, desk: Desk) -> None:
    """What hosts asked of the desk (Retry-After, failures) holds for the check as well."""
    if not desk.desk_db.exists():
        return
    with contextlib.closing(open_desk(desk.desk_db, readonly=True)) as private:
        for host, (until, reason) in hosts.read_back_offs(private, now=session.now()).items():
            hosts.back_off(session.stores.desk, host, until=until, reason=reason)


def desk_in_folder(desk: Desk, folder: Path, outlets: list[Outlet]) -> Desk:
    """The desk with its manners, but with empty databases in another folder."""
    return desk.model_copy(
        update={
            "folder": folder,
            "outlets": tuple(outlets),
            "crawl": desk.crawl.model_copy(update={"proxy": resolve_proxy(desk)}),
            "desk": desk.desk.model_copy(update={"topic": str(locate_topic(desk))}),
        }
    )


def build_outlet_check(session: CrawlSession, outlet: Outlet, *, enabled: bool) -> OutletCheck:
    """What the crawl of one outlet has shown."""
    stale = MAX_NEWEST_AGE_IF_SLOW if outlet.interval >= SLOW_INTERVAL else MAX_NEWEST_AGE
    rows = read_tried_sources(session.stores.desk, outlet.id)
    sources = tuple(_source(row, now=session.now(), stale=stale) for row in rows)
    page = read_tried_page(session.stores.news, session.stores.desk, outlet.id)
    problem = None
    if page is None:
        problem = "no page was found to try"
    elif page["problem"] and page["problem"] not in HARMLESS_REASONS:
        problem = f"{page['problem']}: {page['detail']}" if page["detail"] else str(page["problem"])
    robots = "allowed"
    if (page and page["problem"] == RejectionReason.ROBOTS) or any(
        "robots.txt forbids" in (s.problem or "") for s in sources
    ):
        robots = "forbidden"
    elif any("robots.txt" in (s.problem or "") for s in sources):
        robots = "could not be asked"
    return OutletCheck(
        id=outlet.id,
        enabled=enabled,
        sources=sources,
        robots=robots,
        page=page["url"] if page else None,
        page_title=page["title"] if page else None,
        page_problem=problem,
    )


def _source(row: dict[str, Any], *, now: dt.datetime, stale: dt.timedelta) -> SourceCheck:
    problem = None
    if row["failures"]:
        problem = row["detail"]
    elif row["outcome"] == "empty":
        problem = row["detail"] or "lists nothing"
    elif row["newest"] and now - read_stamp(row["newest"]) > stale:
        problem = f"its newest item is of {row['newest'][:10]}"
    return SourceCheck(url=row["url"], items=row["items"], newest=row["newest"], problem=problem)
