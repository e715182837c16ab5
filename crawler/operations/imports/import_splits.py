"""Import a file by splits that workers analyse: one writer merges their results, in the order of the file.

Each split must begin where the one before it ended, which only its reader can tell. So records are the same, and come
in the same order, as if one process had read the file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from crawler.config.desk import Desk
from crawler.crawling.session import CrawlSession
from crawler.operations.imports.analyse_split import RecordsCall, analyse_split
from crawler.operations.imports.history_store import HistoryStore
from crawler.operations.imports.import_job import ImportJob, settle_job
from crawler.operations.imports.import_report import FileImport
from crawler.operations.imports.running_import import RunningImport
from crawler.operations.imports.sources.find_warcs import show_path
from crawler.operations.splits.byte_ranges import ByteRange, choose_split_bytes, divide, find_record, halve
from crawler.operations.splits.dask_engine import DaskEngine
from crawler.operations.splits.split_queue import SplitQueue
from crawler.operations.splits.split_results import ResultWriter, SplitResult
from db.model.rejection import RejectionReason
from pipelines.archive.warc_records import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitMerge:
    """How the writer stores results, notes how far it is, and tells it."""

    session: CrawlSession
    history: HistoryStore
    note: Callable[[RunningImport], None]
    progress: Callable[[FileImport, int, int], None]


async def import_splits(
    engine: DaskEngine,
    file: BinaryIO,
    running: RunningImport,
    *,
    job: ImportJob,
    merge: SplitMerge,
    is_ending: Callable[[], bool],
    split_bytes: int | None = None,
) -> bool:
    """Import what is not done of a file; return False if it was stopped before the end.

    Results that are there are not made again. Raises StoreFailed if a store or the workers fail.
    """
    with merge.session.abort_on_store_error():
        folder = locate_results(merge.session.desk, running)
        work = _SplitImport(engine, file, running, folder, settle_job(folder, job), merge)
        await engine.check_workers(folder, running.path.absolute(), work.size)
        return await work.run(split_bytes or choose_split_bytes(work.size, engine.threads), is_ending)


def locate_results(desk: Desk, running: RunningImport) -> Path:
    """Return the folder with the results of a file's splits."""
    return (desk.folder / "imports" / "results" / running.identity[:32]).absolute()


def forget_results(desk: Desk, running: RunningImport) -> None:
    """Delete the results of a file's splits, if there are any: a run before may have left some."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(locate_results(desk, running))


class _SplitImport:
    """The splits of one file, as SplitWork has them."""

    function = staticmethod(analyse_split)

    def __init__(
        self,
        engine: DaskEngine,
        file: BinaryIO,
        running: RunningImport,
        folder: Path,
        job: ImportJob,
        merge: SplitMerge,
    ) -> None:
        self.engine = engine
        self.file = file
        self.running = running
        self.folder = folder
        self.job_digest = job.digest
        self.merge = merge
        self.size = os.fstat(file.fileno()).st_size
        self.first = 0, 0  # where the first range begins, and how many of its records are done
        self.queue = SplitQueue(engine, self, iter(()))

    async def run(self, split_bytes: int, is_ending: Callable[[], bool]) -> bool:
        self._plan(split_bytes)
        async with contextlib.aclosing(self.queue.take_results(is_ending)) as results:
            async for byte_range, result in results:
                await self._merge(result)
                self._follow(byte_range, result.note.next)
        return not self.queue.pending

    def _plan(self, split_bytes: int) -> None:
        number, start = self.running.known
        if start and find_record(self.file, start, start + 1) is None:  # within a member of several records
            number, start = 0, 0
        self.first = start, self.running.records - number
        ranges = divide(self.file, start=start, end=self.size, size=split_bytes)
        if start == 0 and self.first[1]:  # nobody knows in which range they end
            ranges = iter([ByteRange(0, self.size)])
        self.queue.pending.extend(ranges)

    def make_call(self, byte_range: ByteRange) -> RecordsCall:
        done = self.first[1] if byte_range.start == self.first[0] else 0
        key = hashlib.sha256(f"{self.running.identity} {self.job_digest} {byte_range} {done}".encode()).hexdigest()
        return RecordsCall(
            folder=self.folder,
            job_digest=self.job_digest,
            key=key,
            source=self.running.path.absolute(),
            size=self.size,
            byte_range=byte_range,
            done=done,
        )

    def halve(self, byte_range: ByteRange) -> tuple[ByteRange, ByteRange] | None:
        return halve(self.file, byte_range)  # what is done lies in the first member

    def write_crashed(self, byte_range: ByteRange) -> None:
        call = self.make_call(byte_range)
        with ResultWriter(call.target, call.key, start=byte_range.start) as results:
            results.count(RejectionReason.ANALYSIS_CRASHED)
            results.finish(byte_range.end if byte_range.end < self.size else None)

    def describe(self, byte_range: ByteRange) -> str:
        return f"{show_path(self.running.path)}, bytes {byte_range}"

    async def _merge(self, result: SplitResult) -> None:
        """Store the rows of a split, then note all of it as done. What a run before stored of it is known again."""
        running = self.running
        counts = Counter(result.note.counts)
        for row in result.read_rows():
            origin = Origin(file=running.name, offset=row.offset, record_id=row.record_id)
            with self.merge.session.abort_on_store_error():
                outcome = await self.merge.history.store(
                    row.page, row.outcome, origin=origin, may_be_stored=running.may_have_unnoted
                )
            counts[outcome] += 1
        running.counts += counts
        running.records += result.note.records
        running.known = running.records, result.note.next or self.size
        self.merge.note(running)
        running.may_have_unnoted = False
        result.path.unlink()
        self.merge.progress(running.describe(), running.known[1], self.size)

    def _follow(self, byte_range: ByteRange, next_offset: int | None) -> None:
        """Let the next range begin where the one before ended: what seemed a record may lie within another."""
        pending = self.queue.pending
        end = byte_range.end if next_offset is None else next_offset
        while pending and (next_offset is None or pending[0].start < next_offset):
            end = pending.popleft().end
        if next_offset is not None and next_offset < end:
            pending.appendleft(ByteRange(next_offset, end))
