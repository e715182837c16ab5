"""Check outlets for `vigia outlets check`: crawl one page of each into a temporary desk."""

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
from db.model.times import read_stamp, stamp
from db.news.trial_crawl import TriedSource, read_tried_page, read_tried_sources

# A source whose newest item is older than this has a problem, whatever its HTTP status.
MAX_NEWEST_AGE = dt.timedelta(days=30)
MAX_NEWEST_AGE_IF_SLOW = dt.timedelta(days=120)
SLOW_INTERVAL = dt.timedelta(hours=3)  # outlets with at least this interval publish seldom

# These rejections are no fault of the outlet: the page was read, but it is not about the topic.
HARMLESS_REASONS = {RejectionReason.OFF_TOPIC, RejectionReason.NO_ACTORS}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCheck:
    """The result for one source; `problem` is None if it answered and can be used.

    `status` is that of HTTP, None if there was no answer.
    """

    url: str
    status: int | None
    items: int | None
    newest: str | None
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletCheck:
    """The result for one outlet.

    `page` is the address that was analysed, `page_problem` what was wrong with it.
    """

    id: str
    enabled: bool
    checked_at: str  # UTC with `Z`
    sources: tuple[SourceCheck, ...]
    robots: str
    page: str | None
    page_title: str | None
    page_problem: str | None

    @property
    def is_well(self) -> bool:
        """True if a source answers with new items and a page can be read."""
        return any(source.problem is None for source in self.sources) and self.page_problem is None

    def as_dict(self) -> dict[str, Any]:
        """Return the result as `vigia outlets check --json` prints it."""
        return asdict(self) | {"well": self.is_well}


async def check_outlets(
    desk: Desk, outlets: Iterable[Outlet], *, on_end: Callable[[OutletCheck], None]
) -> list[OutletCheck]:
    """Crawl one page of each outlet, and call `on_end` with each result.

    The desk's [crawl] settings apply. The desk's own databases and archive are not changed.
    """
    chosen = [
        outlet.model_copy(
            update={"max_pages": 1, "enabled": True, "mailbox": anchor_reference(outlet.mailbox, desk.folder)}
        )
        for outlet in outlets
    ]
    enabled = {outlet.id for outlet in desk.enabled_outlets}
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


def anchor_reference(reference: str | None, folder: Path) -> str | None:
    """Return a reference that names the same file from any folder."""
    scheme, _, place = (reference or "").partition(":")
    return f"file:{folder.absolute() / place}" if scheme == "file" else reference


def _copy_back_offs(session: CrawlSession, desk: Desk) -> None:
    """Copy the back-offs of hosts from the desk, so that the check respects them."""
    if not desk.desk_db.exists():
        return
    with contextlib.closing(open_desk(desk.desk_db, readonly=True)) as private:
        for host, (until, reason) in hosts.read_back_offs(private, now=session.now()).items():
            hosts.back_off(session.stores.desk, host, until=until, reason=reason)


def desk_in_folder(desk: Desk, folder: Path, outlets: list[Outlet]) -> Desk:
    """Return the desk with these outlets and new databases in another folder.

    The [crawl] settings and the topic stay the same; the path of the desk's own topic file becomes absolute.
    """
    topic = locate_topic(desk).file
    return desk.model_copy(
        update={
            "folder": folder,
            "outlets": tuple(outlets),
            "crawl": desk.crawl.model_copy(update={"proxy": resolve_proxy(desk)}),
            "desk": desk.desk.model_copy(
                update={"topic": str(Path(topic).absolute()) if topic.endswith(".toml") else topic}
            ),
        }
    )


def build_outlet_check(session: CrawlSession, outlet: Outlet, *, enabled: bool) -> OutletCheck:
    """Build the result for one outlet from the records of its crawl."""
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
        checked_at=stamp(session.now()),
        sources=sources,
        robots=robots,
        page=page["url"] if page else None,
        page_title=page["title"] if page else None,
        page_problem=problem,
    )


def _source(row: TriedSource, *, now: dt.datetime, stale: dt.timedelta) -> SourceCheck:
    problem = None
    if row["failures"]:
        problem = row["detail"]
    elif row["outcome"] == "empty":
        problem = row["detail"] or "lists nothing"
    elif row["newest"] and now - read_stamp(row["newest"]) > stale:
        problem = f"its newest item is of {row['newest'][:10]}"
    return SourceCheck(
        url=row["url"],
        status=row["status"],
        items=row["items"],
        newest=row["newest"],
        problem=problem,
    )
