"""Store pages of archives as articles of the past.

An article is dated by its page and counts as seen when it was captured. It is marked as of the past, so nothing is
sent about it, and no crawl is recorded. An article that the desk has keeps its text; other captures
of one of the past say when it was seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from crawler.crawling.session import CrawlSession
from crawler.operations.imports.import_report import STORED
from crawler.operations.imports.skip_reason import SkipReason
from db.copies.similarity import normalise
from db.desk import repeated_lines
from db.model.article import Article, Place
from db.model.day_span import DayBounds
from db.model.rejection import Rejection
from db.news.article_row import ArticleRow
from db.news.articles import save_article, widen_sight
from db.news.marks import find_marked_verdict
from db.news.stored_article import find_article_at
from pipelines.archive.captures import read_capture
from pipelines.archive.warc_records import Origin
from pipelines.item_pipelines import count_page_lines
from pipelines.page import Page


class HistoryStore:
    """Analyses pages in the worker processes of a session, and stores those on the topic."""

    def __init__(self, session: CrawlSession, *, days: DayBounds = DayBounds()) -> None:  # noqa: B008 - frozen
        """Stores articles of those days alone."""
        self._days = days
        self._stores = session.stores
        self._lines = repeated_lines.read_all_repeated_lines(session.stores.desk)

    @property
    def lines(self) -> Mapping[str, tuple[str, ...]]:
        """The repeated lines that are cut, by outlet: those known at its beginning, whatever its own pages teach.

        So an article is the same in whichever file, and on whichever machine, it is read.
        """
        return self._lines

    async def analyse(self, page: Page) -> Article | Rejection:
        """Analyse a page as a crawl would. Raises WorkersError if the workers fail."""
        stores = self._stores
        marked = replace(page, mark=find_marked_verdict(stores.news, [page.key]))
        return await stores.workers.analyse(marked, repeated=self._lines.get(page.outlet.id, ()))

    async def store(
        self, page: Page, analysed: Article | Rejection, *, origin: Origin, may_be_stored: bool = False
    ) -> str:
        """Store what a page became, and return the outcome to count: STORED, or why not.

        may_be_stored: a run before may have stored the article of this very record and ended before it counted it.
        """
        stores = self._stores
        if isinstance(analysed, Rejection):
            count_page_lines(stores, page, analysed, seen_at=page.fetched_at)
            return str(analysed.reason)
        if known := find_article_at(stores.news, page.key, page.url):
            if may_be_stored and self._is_place_of(known, origin):
                return STORED
            outcome = await asyncio.to_thread(_compare, known, analysed)
            same = analysed if outcome is SkipReason.KNOWN else None
            widen_sight(stores.news, known, at=page.fetched_at, same=same, matcher=stores.matcher)
            return outcome
        if analysed.published is None:
            return SkipReason.NO_DATE
        if not self._days.holds(analysed.published, analysed.published_precision):
            return SkipReason.OTHER_DAY
        place = await asyncio.to_thread(stores.archive.write, page, origin=origin)
        save_article(
            stores.news,
            analysed,
            seen_at=page.fetched_at,
            place=place,
            backfilled=True,
            matcher=stores.matcher,
        )
        count_page_lines(stores, page, analysed, seen_at=page.fetched_at)
        return STORED

    def _is_place_of(self, known: ArticleRow, origin: Origin) -> bool:
        """Whether an article was read from this record."""
        if known["archive_file"] is None or known["archive_offset"] is None:
            return False
        place = Place(file=known["archive_file"], offset=known["archive_offset"])
        capture = read_capture(self._stores.archive, place)
        return capture is not None and capture.origin == origin


def _compare(known: ArticleRow, analysed: Article) -> SkipReason:
    """Return whether a page shows an article as the desk has it, or another version of it."""
    before, after = (known["title"], known["text"]), (analysed.title, analysed.text)
    is_same = [normalise(part) for part in before] == [normalise(part) for part in after]
    return SkipReason.KNOWN if is_same else SkipReason.OTHER_VERSION
