"""Import WARC files of other programs: their pages on the topic become articles of the past.

The pages are analysed side by side in worker processes, and stored in the order of the file (history_store).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import os
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Literal

from crawler.crawling.session import CrawlSession, locate_topic
from crawler.operations.imports.analyse_records import analyse_records
from crawler.operations.imports.foreign_records import ForeignRecord, ReadingLimits, read_foreign_records
from crawler.operations.imports.history_store import HistoryStore
from crawler.operations.imports.import_job import ImportJob
from crawler.operations.imports.import_report import STORED, FileImport, ImportReport, add_import
from crawler.operations.imports.import_splits import SplitMerge, forget_results, import_splits
from crawler.operations.imports.page_owners import PageOwners
from crawler.operations.imports.running_import import RunningImport
from crawler.operations.imports.skip_reason import SkipReason
from crawler.operations.imports.sources.download_warc import WarcDownloadError, download_warc, forget_download
from crawler.operations.imports.sources.file_problems import find_problem
from crawler.operations.imports.sources.find_warcs import WarcSource, show_path
from crawler.operations.imports.sources.zip_files import ZipError, is_zip, list_warcs, open_zip, unpack_warc
from crawler.operations.splits.dask_engine import DaskEngine
from crawler.operations.splits.split_job import find_rules
from db import __version__
from db.desk import repeated_lines
from db.desk.imports.import_progress import ImportProgress, read_import_progress, save_import_progress
from db.model.article import Article
from db.model.day_span import DayBounds
from db.model.rejection import Rejection
from db.model.times import read_stamp
from db.news.marks import read_marked_verdicts
from pipelines.archive.warc_records import Origin

OutletChoice = Literal["known", "any"]

_TOLD_EVERY = 200  # records between two calls of `progress`
_SAVED_EVERY = 2_000  # records without an article between two notes of the progress
_IDENTITY_BYTES = 1 << 20  # at each end of a file, by which it is known again


class WarcImport:
    """Imports files into the desk of a session."""

    def __init__(
        self,
        session: CrawlSession,
        *,
        outlets: OutletChoice = "known",
        again: bool = False,
        days: DayBounds = DayBounds(),  # noqa: B008 - frozen
        engine: DaskEngine | None = None,
        split_bytes: int | None = None,
        progress: Callable[[FileImport, int, int], None] = lambda *_: None,
        is_ending: Callable[[], bool] = lambda: False,
    ) -> None:
        """Calls `progress(file so far, bytes done, bytes in all)` now and then; `again` reads finished files too.

        days: whose articles are stored, by their day of publication. engine: where splits are analysed;
        without one, records are analysed in the worker processes of the session. split_bytes: about how large splits
        are; None: as suits the file and the engine.
        """
        self._session = session
        self._again = again
        self._any = outlets == "any"
        self._progress = progress
        self._is_ending = is_ending
        self._days = days
        self._engine = engine
        self._split_bytes = split_bytes
        self._history = HistoryStore(session, days=days)
        self._rules = f"{__version__} {locate_topic(session.desk)} {outlets}"
        if days != DayBounds():
            self._rules += f" {days.since} {days.until}"

    async def import_files(self, sources: Sequence[WarcSource]) -> ImportReport:
        """Import files one after the other. Raises StoreFailed if a store or the workers fail."""
        done: list[FileImport] = []
        for source in sources:
            one = None if self._is_ending() else await self._import_source(source)
            if one is None:
                return ImportReport(files=done, is_stopped=True)
            done.append(replace(one, file=str(source)))
        repeated_lines.prune_lines(self._session.stores.desk)
        return ImportReport(files=done, is_stopped=bool(done) and not (done[-1].is_finished or done[-1].problem))

    async def _import_source(self, source: WarcSource) -> FileImport | None:
        """Import one file; return None if it was ended while it was downloaded."""
        if source.path is not None:
            return await self._import_path(source.path)
        address = str(source)
        identity = hashlib.sha256(f"{address} {self._rules}".encode()).hexdigest()
        stores = self._session.stores
        before = read_import_progress(stores.desk, identity)
        if before.finished and not self._again:
            return _tell_finished(address, before)
        try:
            path = await download_warc(self._session, address, is_ending=self._is_ending)
        except WarcDownloadError as error:
            return FileImport(file=address, problem=str(error))
        if path is None:
            return None
        done = await self._import_path(path)
        if done.is_finished:
            self._note_whole(identity, replace(done, file=address))
        if done.is_finished or done.problem:  # what is no WARC file may be another one at the next try
            forget_download(path)
        return done

    async def _import_path(self, path: Path) -> FileImport:
        """Import a WARC file, or all that a WACZ or another zip file has."""
        try:
            is_packed = is_zip(path)
        except OSError as error:
            return FileImport(file=show_path(path), problem=f"can't be read ({error.strerror}); check its permissions")
        return await (self._import_zip(path) if is_packed else self._import_file(path))

    async def _import_zip(self, path: Path) -> FileImport:
        """Import the WARC files of a zip file one after the other, each unpacked into the desk's folder meanwhile."""
        shown = show_path(path)
        with path.open("rb") as file:
            identity = await asyncio.to_thread(self._identify, file)
        before = read_import_progress(self._session.stores.desk, identity)
        if before.finished and not self._again:
            return _tell_finished(shown, before)
        self._note_whole(identity, FileImport(file=shown))
        unpacked = self._session.desk.folder / "imports" / identity[:16] / "unpacked"
        is_resumed = before.is_begun and not before.records
        done = FileImport(file=shown, is_finished=True)
        try:
            with contextlib.ExitStack() as stack:
                archive = await asyncio.to_thread(stack.enter_context, open_zip(path))
                for name in list_warcs(archive):
                    label = f"{show_path(Path(path.name))}/{name}"
                    one = await self._import_packed(archive, name, unpacked, label=label)
                    if one is None:
                        return replace(done, is_finished=False)
                    done = add_import(done, one, name=name, is_resumed=is_resumed)
                    if not one.is_finished and not one.problem:
                        return done
        except ZipError as error:
            done = replace(done, problem=str(error), is_finished=False)
        finally:
            forget_download(unpacked)
        self._note_whole(identity, done)
        return done

    async def _import_packed(
        self, archive: zipfile.ZipFile, name: str, unpacked: Path, *, label: str
    ) -> FileImport | None:
        """Import one WARC file of a zip file by way of `unpacked`; return None if unpacking was ended."""
        try:
            is_whole = await asyncio.to_thread(unpack_warc, archive, name, unpacked, is_ending=self._is_ending)
        except ZipError as error:
            return FileImport(file=name, problem=str(error))
        return await self._import_file(unpacked, label=label) if is_whole else None

    def _note_whole(self, identity: str, done: FileImport) -> None:
        """Note an import of several steps: that it began, or what it did."""
        now = self._session.now()
        progress = ImportProgress(records=done.records, counts=done.counts, finished=now if done.is_finished else None)
        with self._session.abort_on_store_error():
            save_import_progress(self._session.stores.desk, identity, progress, file=done.file, now=now)

    async def _import_file(self, path: Path, *, label: str = "") -> FileImport:
        with path.open("rb") as file:
            running = RunningImport(path, await asyncio.to_thread(self._identify, file), label)
            stores = self._session.stores
            before = read_import_progress(stores.desk, running.identity)
            if before.finished and not self._again:
                return _tell_finished(show_path(path), before)
            if before.is_begun and not before.finished:
                running.records, running.known = before.records, before.known
                running.counts = Counter(before.counts)
                running.may_have_unnoted = True
            with self._session.abort_on_store_error():
                self._note(running)
            is_whole = await self._import_records(file, running)
            problem = find_problem(file) if is_whole and running.counts[SkipReason.DAMAGED] == running.records else None
            with self._session.abort_on_store_error():
                self._note(running, is_finished=is_whole and problem is None)
                if is_whole:
                    forget_results(self._session.desk, running)
        return FileImport(
            file=show_path(path),
            records=running.records,
            counts=running.counts,
            problem=problem,
            is_finished=is_whole and problem is None,
        )

    def _identify(self, file: BinaryIO) -> str:
        """Return what identifies a file's content, wherever it lies, and the rules by which it is read."""
        size = file.seek(0, os.SEEK_END)
        digest = hashlib.sha256(f"{size} {self._rules}".encode())
        for start in (0, max(0, size - _IDENTITY_BYTES)):
            file.seek(start)
            digest.update(file.read(_IDENTITY_BYTES))
        return digest.hexdigest()

    async def _import_records(self, file: BinaryIO, running: RunningImport) -> bool:
        """Import what is not done of a file; return False if it was stopped before the end."""
        size = os.fstat(file.fileno()).st_size
        self._progress(running.describe(), running.known[1], size)
        if self._engine is not None:
            return await import_splits(
                self._engine,
                file,
                running,
                job=self._make_job(),
                merge=SplitMerge(
                    session=self._session, history=self._history, note=self._note, progress=self._progress
                ),
                is_ending=self._is_ending,
                split_bytes=self._split_bytes,
            )
        owners = PageOwners(self._session.desk.outlets, any_host=self._any)
        records = read_foreign_records(
            file, find_outlet=owners.find, limits=self._make_limits(), done=running.records, known=running.known
        )
        analysed = analyse_records(records, self._history.analyse, is_ending=self._is_ending)
        with self._session.abort_on_store_error():
            async with contextlib.aclosing(analysed):
                async for record, outcome in analysed:
                    with self._session.abort_on_store_error():
                        await self._settle(running, record, outcome)
                    if running.records % _TOLD_EVERY == 0:
                        self._progress(running.describe(), running.known[1], size)
        return not self._is_ending()

    def _make_limits(self) -> ReadingLimits:
        return ReadingLimits(
            max_page_bytes=self._session.desk.crawl.max_page_bytes,
            now=self._session.now(),
            since=_find_first_capture(self._days),
        )

    def _make_job(self) -> ImportJob:
        desk = self._session.desk
        return ImportJob(
            **find_rules(desk),
            outlets=tuple(desk.outlets),
            any_host=self._any,
            marks=read_marked_verdicts(self._session.stores.news),
            limits=self._make_limits(),
            lines=self._history.lines,
        )

    async def _settle(
        self, running: RunningImport, record: ForeignRecord, analysed: Article | Rejection | None
    ) -> None:
        """Store what became of a record, then count it as done."""
        outcome: str = record.skipped or SkipReason.DAMAGED
        if analysed is not None and record.page is not None:
            origin = Origin(file=running.name, offset=record.offset, record_id=record.record_id)
            outcome = await self._history.store(
                record.page, analysed, origin=origin, may_be_stored=running.may_have_unnoted
            )
            if outcome == STORED:  # each article is noted before the next is stored
                running.may_have_unnoted = False
        running.count(record, outcome)
        if outcome == STORED or running.records - running.noted >= _SAVED_EVERY:
            self._note(running)

    def _note(self, running: RunningImport, *, is_finished: bool = False) -> None:
        now = self._session.now()
        running.noted = running.records
        save_import_progress(
            self._session.stores.desk,
            running.identity,
            ImportProgress(
                records=running.records,
                known=running.known,
                counts=running.counts,
                finished=now if is_finished else None,
            ),
            file=show_path(running.path),
            now=now,
        )


def _tell_finished(file: str, before: ImportProgress) -> FileImport:
    return FileImport(
        file=file,
        records=before.records,
        counts=Counter(before.counts),
        finished_before=before.finished,
        is_finished=True,
    )


def _find_first_capture(days: DayBounds) -> dt.datetime | None:
    """Return the moment before which no page can show an article of these days, in any time zone."""
    return read_stamp(days.first_day) - dt.timedelta(days=1) if days.first_day else None
