"""Where a rebuild has its pages analysed: in the worker processes of the session, or by splits on Dask."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from crawler.crawling.session import CrawlSession
from crawler.operations.rebuilds.analyse_archived import analyse_archived
from crawler.operations.rebuilds.analyse_pages import LOST, analyse_pages
from crawler.operations.rebuilds.page_inputs import Analysed, AnalysedPage, PageInputs
from crawler.operations.rebuilds.page_split import PageSplit, RebuildJob, SplitMaker
from crawler.operations.rebuilds.rebuild_report import StoppedEarly
from crawler.operations.splits.dask_engine import DaskEngine
from crawler.operations.splits.split_job import find_rules
from crawler.operations.splits.split_queue import SplitQueue
from crawler.operations.splits.split_results import ResultWriter, SplitResult, SplitRow
from db.model.rejection import Rejection, RejectionReason
from db.news.rebuilds.archived_pages import ArchivedPage
from pipelines.archive.warc_files import ArchiveError

_MAX_BATCH_PAGES = 32  # of the session's workers, that are stored in one transaction
_MAX_SPLIT_BATCH = 200  # of a split's results


class PageSource(Protocol):
    """Analyses pages of the archive."""

    def analyse(self, pages: Iterable[ArchivedPage], inputs: PageInputs) -> AsyncGenerator[list[Analysed]]:
        """Yield the pages in their order with their outcomes, in batches for one transaction each."""

    def finish(self) -> None:
        """Forget what this rebuild, of all outlets, has not used."""


class SessionSource:
    """The worker processes of a session."""

    def __init__(self, session: CrawlSession) -> None:
        self._stores = session.stores

    async def analyse(self, pages: Iterable[ArchivedPage], inputs: PageInputs) -> AsyncGenerator[list[Analysed]]:
        """Yield pages in batches."""
        analysed = analyse_archived(pages, archive=self._stores.archive, inputs=inputs, workers=self._stores.workers)
        async with contextlib.aclosing(analysed):
            batch: list[Analysed] = []
            async for page in analysed:
                batch.append(page)
                if len(batch) >= _MAX_BATCH_PAGES:
                    yield batch
                    batch = []
            if batch:
                yield batch

    def finish(self) -> None:
        """There is nothing to forget."""


class SplitSource:
    """Splits on Dask, as SplitWork has them. Results stay for the next rebuild, as long as rules and topic do."""

    function = staticmethod(analyse_pages)

    def __init__(self, session: CrawlSession, engine: DaskEngine, *, is_ending: Callable[[], bool]) -> None:
        self._session = session
        self._engine = engine
        self._is_ending = is_ending
        self._rules = find_rules(session.desk)
        self._root = (session.desk.folder / "imports" / "results" / "archive").absolute()
        digest = f"{self._rules['rules'][:16]}-{self._rules['topic_digest'][:16]}"
        self._folder = self._root / digest
        self._used: set[Path] = set()
        self._inputs: PageInputs

    async def analyse(self, pages: Iterable[ArchivedPage], inputs: PageInputs) -> AsyncGenerator[list[Analysed]]:
        """Yield pages in batches. Raises StoppedEarly if the rebuild is ending, and WorkersError."""
        archive = self._session.stores.archive
        self._inputs = inputs
        folder = self._session.desk.archive.absolute()
        job = RebuildJob(**self._rules, archive=folder, inputs=inputs).write(self._folder)
        self._forget_other_rules()
        if source := self._find_file():
            await self._engine.check_workers(self._folder, *source)
        splits = SplitMaker(archive, job, self._folder)
        queue = SplitQueue(self._engine, self, splits.make_splits(pages))
        async with contextlib.aclosing(queue.take_results(self._is_ending)) as results:
            async for split, result in results:
                self._used.add(result.path)
                rows = await self._read_rows(split, result)
                for start in range(0, len(rows), _MAX_SPLIT_BATCH):
                    yield rows[start : start + _MAX_SPLIT_BATCH]
        if queue.pending:
            raise StoppedEarly

    def _forget_other_rules(self) -> None:
        """Delete the results of other rules and topics."""
        for other in self._root.iterdir():
            if other != self._folder and other.is_dir():
                shutil.rmtree(other)

    def _find_file(self) -> tuple[Path, int] | None:
        """Return a file of the archive and its size, None if there is none."""
        for name in self._session.stores.archive.files():
            path = self._session.desk.archive.absolute() / name
            return path, path.stat().st_size
        return None

    async def _read_rows(self, split: PageSplit, result: SplitResult) -> list[Analysed]:
        """Return the pages of a split. What a worker could not read is read here, which may tell why it can't be."""
        found = {row.inputs: row for row in result.read_rows()}
        missing = [page for page, inputs in split.pages if inputs not in found]
        stores = self._session.stores
        read_here = analyse_archived(missing, archive=stores.archive, inputs=self._inputs, workers=stores.workers)
        async with contextlib.aclosing(read_here):
            return [
                AnalysedPage(page, found[inputs].page, found[inputs].outcome)
                if inputs in found
                else await anext(read_here)
                for page, inputs in split.pages
            ]

    def finish(self) -> None:
        """Delete the results that this rebuild has not used, drafts of workers that died, and emptied folders."""
        for path in self._folder.glob("*/*/*"):
            if path not in self._used:
                path.unlink(missing_ok=True)
        for path in (*self._folder.glob("*/*"), *self._folder.glob("*")):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()

    def make_call(self, split: PageSplit) -> PageSplit:
        """Return the split itself: a worker is given all of it."""
        return split

    def halve(self, split: PageSplit) -> Sequence[PageSplit] | None:
        """Return the first and the second half of its pages, None for one page."""
        middle = len(split.pages) // 2
        halves = split.pages[:middle], split.pages[middle:]
        return [replace(split, pages=pages) for pages in halves] if middle else None

    def write_crashed(self, split: PageSplit) -> None:
        """Write that the page ended its process."""
        split.target.parent.mkdir(parents=True, exist_ok=True)
        with ResultWriter(split.target, split.key) as results:
            ((row, inputs),) = split.pages
            try:
                page = self._inputs.read_page(self._session.stores.archive, row)
            except ArchiveError:
                results.count(LOST)
            else:
                rejection = Rejection(
                    url=page.url,
                    key=page.key,
                    outlet=page.outlet.id,
                    reason=RejectionReason.ANALYSIS_CRASHED,
                    title=page.hint.title,
                    detail="analysis ended its process",
                )
                page = replace(page, headers=())
                results.add_row(SplitRow(offset=row.place.offset, inputs=inputs, page=page, outcome=rejection))
            results.finish()

    def describe(self, split: PageSplit) -> str:
        """Name the part of the archive."""
        return f"{self._session.desk.archive}, part {split.part}"
