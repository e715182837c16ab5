"""Store what a rebuild made of archived pages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from crawler.crawling.session import CrawlSession
from crawler.operations.rebuilds.page_inputs import Analysed, AnalysedPage, LostPage, PageInputs
from crawler.operations.rebuilds.rebuild_report import RebuildReport
from db.model.article import Article, Place
from db.news.articles import save_article, save_rejection
from pipelines.archive.warc_files import Archive, ArchiveError, is_imported
from pipelines.page import Page


class OutcomeStore:
    """Stores outcomes in the databases of a session and counts them in a report."""

    def __init__(self, session: CrawlSession, report: RebuildReport) -> None:
        self._stores = session.stores
        self._report = report

    async def store(self, batch: Sequence[Analysed], inputs: PageInputs) -> None:
        """Store pages in one transaction, after the copies of those that go from rejected to kept pages."""
        settled = [await self._find_place(analysed, inputs) for analysed in batch]
        with self._stores.news.atomic():
            for analysed, place in settled:
                if isinstance(analysed, AnalysedPage):
                    self._store_page(analysed, place)
                else:
                    self._report.count_lost(f"{analysed.row.url}: {analysed.problem}")

    async def _find_place(self, analysed: Analysed, inputs: PageInputs) -> tuple[Analysed, Place]:
        """Return where a page lies for good; it is lost if it must be copied and can't be read any more."""
        row, archive = analysed.row, self._stores.archive
        if isinstance(analysed, LostPage) or not (isinstance(analysed.outcome, Article) and is_rejected(row.place)):
            return analysed, row.place
        try:
            page = await asyncio.to_thread(inputs.read_page, archive, row)
        except ArchiveError as error:
            return LostPage(row, str(error)), row.place
        return analysed, await move_to_kept_pages(archive, page, row.place)

    def _store_page(self, analysed: AnalysedPage, place: Place) -> None:
        row, page, outcome, report = analysed.row, analysed.page, analysed.outcome, self._report
        report.pages += 1
        news = self._stores.news
        if isinstance(outcome, Article):
            saved = save_article(
                news,
                outcome,
                seen_at=page.fetched_at,
                place=place,
                rebuilt=True,
                backfilled=is_imported(place),
                matcher=self._stores.matcher,
            )
            change = "record changed" if saved.outcome == "revised" else "unchanged"
            report.changes[change if row.is_article else "now an article"] += 1
            return
        changed = save_rejection(news, outcome, seen_at=page.fetched_at, place=place, replace=True)
        report.reasons[str(outcome.reason)] += 1
        report.changes["now rejected" if row.is_article and changed else "unchanged"] += 1


async def move_to_kept_pages(archive: Archive, page: Page, place: Place) -> Place:
    """Copy an article's page from a file of rejected pages, which will be pruned; return its new place."""
    return await asyncio.to_thread(archive.write, page, rejected=False) if is_rejected(place) else place


def is_rejected(place: Place) -> bool:
    """Whether a page lies in a file of rejected pages."""
    return place.file.startswith("rejected-")
