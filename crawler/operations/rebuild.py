"""Analyse the whole archive again with the current rules and report what changed.

Sends no requests. Pages without a record in news.db are analysed too, because news.db may be an older backup than the
archive.

First the repeated lines of each outlet are learned again, from a sample of pages drawn by the hashes of their
addresses. Then every page is analysed with the lines of its outlet. So the result depends on which pages the archive
holds, not on the order in which they were fetched.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from crawler.crawling.session import CrawlSession
from crawler.operations.compare_stories import compare_pending
from db.desk import repeated_lines
from db.model.article import Article, Place
from db.model.rejection import Rejection
from db.news.articles import find_known_keys, save_article, save_rejection
from db.news.marks import read_marked_verdicts
from db.news.page_lookup import ArchivedPage, read_archived_pages
from db.news.stories.pending import begin_stories_anew
from db.news.stories.wordings import WORDING_RETENTION, prune_wordings
from pipelines.archive.warc_files import Archive, ArchiveError, is_imported
from pipelines.item_pipelines import count_page_lines
from pipelines.page import OutletProfile, Page

MAX_PAGES_AHEAD = 16  # pages that are read and analysed before the first of them is stored


@dataclass(slots=True)
class RebuildReport:
    """What a rebuild did.

    `lost` has "address: reason" for each page that could not be read from the archive.
    """

    pages: int = 0
    archive_only: int = 0  # pages of which news.db had no record
    lines_learned: int = 0  # repeated lines that are left out of texts
    changes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield the report as lines of text."""
        yield (
            f"{self.pages} page{'s' * (self.pages != 1)} analysed again; "
            f"{self.lines_learned} lines that outlets repeat are left out of texts."
        )
        if self.archive_only:
            yield f"  {self.archive_only} of them lay in the archive alone: news.db knew nothing of them"
        for change in ("now an article", "now rejected", "record changed", "unchanged"):
            yield f"  {change}: {self.changes[change]}"
        for reason, number in self.reasons.most_common():
            yield f"    rejected, {reason}: {number}"
        if self.lost:
            yield f"  not in the archive any more: {len(self.lost)} (first: {self.lost[0]})"


async def rebuild_archive(
    session: CrawlSession, *, outlet: str | None, progress: Callable[[int, int], None]
) -> RebuildReport:
    """Analyse every archived page again and store the results; make all stories anew, if it is for all outlets.

    Calls `progress(done, total)` after each page.
    """
    settled = list(read_archived_pages(session.stores.news, outlet))
    unknown = await find_unknown_pages(session, outlet)
    report = RebuildReport(archive_only=len(unknown))
    sample = sample_pages(settled)
    settled += unknown
    total = len(sample) + len(settled)

    if outlet is None:
        begin_stories_anew(session.stores.news)
    repeated_lines.forget_lines(session.stores.desk, {row.outlet for row in settled})
    done = 0
    async for _, answer in _analyse_pages(session, sample, lines={}):
        done += 1
        if not isinstance(answer, ArchiveError):
            count_page_lines(session.stores, *answer, seen_at=answer[0].fetched_at)
        progress(done, total)

    outlets = {row.outlet for row in settled}
    lines = {id_: repeated_lines.read_repeated_lines(session.stores.desk, id_) for id_ in outlets}
    report.lines_learned = sum(len(known) for known in lines.values())
    async for row, answer in _analyse_pages(session, settled, lines=lines):
        if isinstance(answer, ArchiveError):
            report.lost.append(f"{row.url}: {answer}")
        else:
            await _store(session, row, *answer, report=report)
        done += 1
        progress(done, total)
    await compare_pending(session)  # those whose page is not in the archive
    prune_wordings(session.stores.news, before=session.now() - WORDING_RETENTION)
    return report


async def find_unknown_pages(session: CrawlSession, outlet: str | None) -> list[ArchivedPage]:
    """Return the archived pages that are neither article nor rejection, the latest of each address."""

    def walk() -> dict[str, ArchivedPage]:
        return {
            page.key: ArchivedPage(url=page.url, key=page.key, outlet=page.outlet, place=place, kept=False, read=False)
            for place, page in session.stores.archive.pages(outlet)
        }

    found = await asyncio.to_thread(walk)
    known = find_known_keys(session.stores.news, list(found))
    return [row for key, row in found.items() if key not in known]


def sample_pages(settled: Iterable[ArchivedPage]) -> list[ArchivedPage]:
    """Choose the pages of each outlet from which its repeated lines are learned.

    They are chosen by the hash of their keys, so they cover all times and do not depend on the order of the pages.
    """
    pages: dict[str, list[ArchivedPage]] = defaultdict(list)
    for row in settled:
        if row.read:
            pages[row.outlet].append(row)
    return [
        row
        for _, rows in sorted(pages.items())
        for row in sorted(rows, key=lambda row: hashlib.blake2b(row.key.encode()).digest())[
            : repeated_lines.MAX_OUTLET_PAGES
        ]
    ]


async def _analyse_pages(
    session: CrawlSession, rows: Iterable[ArchivedPage], *, lines: Mapping[str, tuple[str, ...]]
) -> AsyncIterator[tuple[ArchivedPage, tuple[Page, Article | Rejection] | ArchiveError]]:
    """Yield each row in order, with its page and the outcome of its analysis.

    If the page can't be read, the row comes with the error of the archive.
    """
    profiles = {known.id: known.profile for known in session.desk.outlets}
    marks = read_marked_verdicts(session.stores.news)

    async def again(row: ArchivedPage) -> tuple[Page, Article | Rejection] | ArchiveError:
        try:
            found = await asyncio.to_thread(session.stores.archive.read, row.place)
        except ArchiveError as error:
            return error
        page = found.to_page(profiles.get(row.outlet) or OutletProfile(id=row.outlet, name=row.outlet))
        page = replace(page, mark=marks.get(row.key))
        return page, await session.stores.workers.analyse(page, repeated=lines.get(row.outlet, ()))

    running: deque[tuple[ArchivedPage, asyncio.Task[tuple[Page, Article | Rejection] | ArchiveError]]] = deque()
    try:
        for row in rows:
            running.append((row, asyncio.create_task(again(row))))
            if len(running) >= MAX_PAGES_AHEAD:
                yield running[0][0], await running[0][1]
                running.popleft()
        while running:
            yield running[0][0], await running[0][1]
            running.popleft()
    finally:  # after an error nobody takes the others: asyncio would print a traceback for each that fails as well
        for _, task in running:
            task.cancel()
        await asyncio.gather(*(task for _, task in running), return_exceptions=True)


async def _store(
    session: CrawlSession, row: ArchivedPage, page: Page, outcome: Article | Rejection, *, report: RebuildReport
) -> None:
    report.pages += 1
    news = session.stores.news
    if isinstance(outcome, Article):
        place = await move_to_kept_pages(session.stores.archive, page, row.place)
        saved = save_article(
            news,
            outcome,
            seen_at=page.fetched_at,
            place=place,
            rebuilt=True,
            backfilled=is_imported(place),
            matcher=session.stores.matcher,
        )
        change = "record changed" if saved.outcome == "revised" else "unchanged"
        report.changes[change if row.kept else "now an article"] += 1
        return
    changed = save_rejection(news, outcome, seen_at=page.fetched_at, place=row.place, replace=True)
    report.reasons[str(outcome.reason)] += 1
    report.changes["now rejected" if row.kept and changed else "unchanged"] += 1


async def move_to_kept_pages(archive: Archive, page: Page, place: Place) -> Place:
    """Copy an article's page from a file of rejected pages, which will be pruned; return its new place."""
    if not place.file.startswith("rejected-"):
        return place
    return await asyncio.to_thread(archive.write, page, rejected=False)
