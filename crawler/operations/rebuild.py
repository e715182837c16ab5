"""The whole archive analysed again with today's rules, and what changed by it. No request goes to anyone.

Pages of which news.db knows nothing are analysed too: it may be an older backup than the archive.

First the outlets' furniture is learned anew, from pages drawn by their addresses' hashes; then every page is analysed
with what was learned of its outlet. So what comes out hangs on which pages there are, not on when they came.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from crawler.crawling.session import CrawlSession
from db.desk import repeated_lines as furniture
from db.model.article import Article, Place
from db.model.rejection import Rejection
from db.news.articles import find_known_keys, save_article, save_rejection
from db.news.marks import read_marked_verdicts
from db.news.page_lookup import ArchivedPage, read_archived_pages
from pipelines.analysis.text.repeated_lines import is_spared
from pipelines.archive.warc_files import Archive, ArchiveError
from pipelines.page import OutletProfile, Page

MAX_PAGES_AHEAD = 16  # pages that are read from the archive before their turn to be stored comes


@dataclass(slots=True)
class RebuildReport:
    """What a rebuild did. `lost` names pages that the archive no longer gives, with the reason."""

    pages: int = 0
    found: int = 0  # of them in the archive alone
    furniture: int = 0  # lines that were learned
    changes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """For a person."""
        yield (
            f"{self.pages} page{'s' * (self.pages != 1)} analysed again; {self.furniture} lines that outlets repeat "
            "are left out of texts."
        )
        if self.found:
            yield f"  {self.found} of them lay in the archive alone: news.db knew nothing of them"
        for change in ("now an article", "now rejected", "record changed", "unchanged"):
            yield f"  {change}: {self.changes[change]}"
        for reason, number in self.reasons.most_common():
            yield f"    rejected, {reason}: {number}"
        if self.lost:
            yield f"  not in the archive any more: {len(self.lost)} (first: {self.lost[0]})"


async def rebuild_archive(
    session: CrawlSession, *, outlet: str | None, progress: Callable[[int, int], None]
) -> RebuildReport:
    """Analyse every settled page from the archive and store what today's rules make of it; `progress(done, total)`."""
    settled = list(read_archived_pages(session.stores.news, outlet))
    unknown = await find_unknown_pages(session, outlet)
    rebuilt = RebuildReport(found=len(unknown))
    lesson = sample_pages(settled)
    settled += unknown
    total = len(lesson) + len(settled)

    furniture.forget_lines(session.stores.desk, {row.outlet for row in settled})
    done = 0
    async for row, answer in _analyse_pages(session, lesson, lines={}):
        done += 1
        if not isinstance(answer, ArchiveError):
            page, outcome = answer
            if outcome.sighting:
                furniture.count_lines(
                    session.stores.desk,
                    outcome.sighting,
                    key=row.key,
                    outlet=row.outlet,
                    seen_at=page.fetched_at,
                    is_spared=lambda text: is_spared(text, session.topic),
                )
        progress(done, total)

    lines = {id_: furniture.read_repeated_lines(session.stores.desk, id_) for id_ in {row.outlet for row in settled}}
    rebuilt.furniture = sum(len(known) for known in lines.values())
    async for row, answer in _analyse_pages(session, settled, lines=lines):
        if isinstance(answer, ArchiveError):
            rebuilt.lost.append(f"{row.url}: {answer}")
        else:
            await _store(session, row, *answer, rebuilt=rebuilt)
        done += 1
        progress(done, total)
    return rebuilt


async def find_unknown_pages(session: CrawlSession, outlet: str | None) -> list[ArchivedPage]:
    """Pages that lie in the archive and are neither article nor rejection; of several of an address the latest."""

    def walk() -> dict[str, ArchivedPage]:
        return {
            page.key: ArchivedPage(url=page.url, key=page.key, outlet=page.outlet, place=place, kept=False, read=False)
            for place, page in session.stores.archive.pages(outlet)
        }

    found = await asyncio.to_thread(walk)
    known = find_known_keys(session.stores.news, list(found))
    return [row for key, row in found.items() if key not in known]


def sample_pages(settled: Iterable[ArchivedPage]) -> list[ArchivedPage]:
    """The pages of each outlet from which its furniture is learned: of all times, and the same in whatever order."""
    pages: dict[str, list[ArchivedPage]] = defaultdict(list)
    for row in settled:
        if row.read:
            pages[row.outlet].append(row)
    return [
        row
        for _, rows in sorted(pages.items())
        for row in sorted(rows, key=lambda row: hashlib.blake2b(row.key.encode()).digest())[
            : furniture.MAX_OUTLET_PAGES
        ]
    ]


async def _analyse_pages(
    session: CrawlSession, rows: Iterable[ArchivedPage], *, lines: Mapping[str, tuple[str, ...]]
) -> AsyncIterator[tuple[ArchivedPage, tuple[Page, Article | Rejection] | ArchiveError]]:
    """Each row with its page and what today's rules make of it, in their order; or why it can't be read."""
    profiles = {known.id: known.profile for known in session.desk.outlets}
    said = read_marked_verdicts(session.stores.news)

    async def again(row: ArchivedPage) -> tuple[Page, Article | Rejection] | ArchiveError:
        try:
            found = await asyncio.to_thread(session.stores.archive.read, row.place)
        except ArchiveError as error:
            return error
        page = found.page(profiles.get(row.outlet) or OutletProfile(id=row.outlet, name=row.outlet))
        page = replace(page, mark=said.get(row.key))
        return page, await session.stores.workers.analyse(page, furniture=lines.get(row.outlet, ()))

    running: deque[tuple[ArchivedPage, asyncio.Task[tuple[Page, Article | Rejection] | ArchiveError]]] = deque()
    for row in rows:
        running.append((row, asyncio.create_task(again(row))))
        if len(running) >= MAX_PAGES_AHEAD:
            first, task = running.popleft()
            yield first, await task
    while running:
        first, task = running.popleft()
        yield first, await task


async def _store(
    session: CrawlSession, row: ArchivedPage, page: Page, outcome: Article | Rejection, *, rebuilt: RebuildReport
) -> None:
    rebuilt.pages += 1
    news = session.stores.news
    if isinstance(outcome, Article):
        place = await move_to_kept_pages(session.stores.archive, page, row.place)
        saved = save_article(news, outcome, seen_at=page.fetched_at, place=place, rebuilt=True)
        change = "record changed" if saved.outcome == "revised" else "unchanged"
        rebuilt.changes[change if row.kept else "now an article"] += 1
        return
    changed = save_rejection(news, outcome, seen_at=page.fetched_at, place=row.place, replace=True)
    rebuilt.reasons[str(outcome.reason)] += 1
    rebuilt.changes["now rejected" if row.kept and changed else "unchanged"] += 1


async def move_to_kept_pages(archive: Archive, page: Page, place: Place) -> Place:
    """Where the page of an article lies: it may not stay in a file of rejected pages, for those are pruned."""
    if not place.file.startswith("rejected-"):
        return place
    return await asyncio.to_thread(archive.write, page, rejected=False)
