"""Analyse the whole archive again with the current rules and report what changed.

Sends no requests. Pages without a record in news.db are analysed too, because news.db may be an older backup than the
archive.

First the repeated lines of each outlet are learned again, from a sample of pages drawn by the hashes of their
addresses. Then every page is analysed with the lines of its outlet. So the result depends on which pages the archive
holds, not on the order in which they were fetched.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from itertools import islice

from crawler.crawling.session import CrawlSession
from crawler.operations.compare_stories import compare_pending
from crawler.operations.rebuilds.learning_sample import choose_sample, keep_sampled, learn_lines
from crawler.operations.rebuilds.outcome_store import OutcomeStore
from crawler.operations.rebuilds.page_inputs import Analysed, make_page_inputs
from crawler.operations.rebuilds.page_sources import PageSource, SessionSource, SplitSource
from crawler.operations.rebuilds.rebuild_report import RebuildReport, StoppedEarly
from crawler.operations.splits.dask_engine import DaskEngine
from db.desk import repeated_lines
from db.news.rebuilds.archived_pages import (
    ArchivedPage,
    add_unknown_pages,
    append_unknown_pages,
    begin_sampled_lines,
    begin_unknown_pages,
    list_archived_pages,
    mark_sampled,
    read_listed_outlets,
    read_listed_pages,
)
from db.news.stored_article import find_known_keys
from db.news.stories.pending import begin_stories_anew
from db.news.stories.wordings import WORDING_RETENTION, prune_wordings

_WALK_PAGES = 200  # of the archive that are looked up at once


async def rebuild_archive(
    session: CrawlSession,
    *,
    outlet: str | None,
    progress: Callable[[int, int], None],
    is_ending: Callable[[], bool] = lambda: False,
    engine: DaskEngine | None = None,
) -> RebuildReport:
    """Analyse every archived page again and store the results; make all stories anew, if it is for all outlets.

    Calls `progress(done, total)` now and then. engine: where splits are analysed; without one, pages are analysed in
    the worker processes of the session. Raises StoreFailed if a store or the workers fail.
    """
    with session.abort_on_store_error():
        source = SplitSource(session, engine, is_ending=is_ending) if engine else SessionSource(session)
        rebuild = _Rebuild(session, source, outlet=outlet, progress=progress, is_ending=is_ending)
        try:
            await rebuild.run()
        except StoppedEarly:
            rebuild.report.is_stopped = True
    return rebuild.report


class _Rebuild:
    def __init__(
        self,
        session: CrawlSession,
        source: PageSource,
        *,
        outlet: str | None,
        progress: Callable[[int, int], None],
        is_ending: Callable[[], bool],
    ) -> None:
        self.session = session
        self.source = source
        self.stores = session.stores
        self.outlet = outlet
        self.progress = progress
        self.is_ending = is_ending
        self.report = RebuildReport()
        self.store = OutcomeStore(session, self.report)
        self.done = self.total = 0

    async def run(self) -> None:
        news = self.stores.news
        stored = list_archived_pages(news, self.outlet)
        sample = choose_sample(read_listed_pages(news))
        mark_sampled(news, sample)
        self.report.archive_only = await self._list_unknown_pages()
        self.total = stored + len(sample) + self.report.archive_only
        await self._learn_lines()
        await self._analyse_all()
        # This also compares the articles whose page is not in the archive.
        compared = await compare_pending(self.session, is_ending=self.is_ending)
        if compared.left:
            self._check_ending()
        prune_wordings(news, before=self.session.now() - WORDING_RETENTION)
        if self.outlet is None:
            self.source.finish()

    async def _list_unknown_pages(self) -> int:
        """List the archived pages that are neither article nor rejection; return their number."""
        news = self.stores.news
        walk: Iterator[ArchivedPage] = (
            ArchivedPage(
                url=page.url,
                key=page.key,
                outlet=page.outlet,
                place=place,
                is_stored=False,
                is_article=False,
                was_read=False,
            )
            for place, page in self.stores.archive.pages(self.outlet)
        )
        begin_unknown_pages(news)
        while batch := await asyncio.to_thread(lambda: list(islice(walk, _WALK_PAGES))):
            self._check_ending()
            known = find_known_keys(news, [page.key for page in batch])
            add_unknown_pages(news, (page for page in batch if page.key not in known))
        return append_unknown_pages(news)

    async def _learn_lines(self) -> None:
        """Learn the lines of each outlet again from its pages in the sample, once all of the sample is analysed."""
        news = self.stores.news
        begin_sampled_lines(news)
        pages = (page for _, page in read_listed_pages(news, sampled=True))
        inputs = make_page_inputs(self.session, {})
        async with contextlib.aclosing(self.source.analyse(pages, inputs)) as batches:
            async for batch in batches:
                keep_sampled(news, batch)
                self._advance(batch)
        for outlet in read_listed_outlets(news):
            learn_lines(self.stores, outlet)
            self._check_ending()
            await asyncio.sleep(0)

    async def _analyse_all(self) -> None:
        news = self.stores.news
        outlets = read_listed_outlets(news)
        lines = {id_: repeated_lines.read_repeated_lines(self.stores.desk, id_) for id_ in outlets}
        self.report.lines_learned = sum(len(known) for known in lines.values())
        if self.outlet is None:
            begin_stories_anew(news)
        inputs = make_page_inputs(self.session, lines)
        pages = (page for _, page in read_listed_pages(news))
        async with contextlib.aclosing(self.source.analyse(pages, inputs)) as batches:
            async for batch in batches:
                await self.store.store(batch, inputs)
                self._advance(batch)

    def _advance(self, batch: list[Analysed]) -> None:
        self.done += len(batch)
        self.progress(self.done, self.total)
        self._check_ending()

    def _check_ending(self) -> None:
        if self.is_ending():
            raise StoppedEarly
