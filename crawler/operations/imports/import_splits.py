"""Import a file by splits that workers analyse: one writer merges their results, in the order of the file.

Each split must begin where the one before it ended, which only its reader can tell. So records are the same, and come
in the same order, as if one process had read the file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from crawler.crawling.session import CrawlSession
from crawler.operations.imports.analyse_split import SplitCall, analyse_split
from crawler.operations.imports.history_store import HistoryStore
from crawler.operations.imports.import_job import ImportJob, settle_job
from crawler.operations.imports.import_report import FileImport
from crawler.operations.imports.running_import import RunningImport
from crawler.operations.splits.byte_ranges import ByteRange, choose_split_bytes, divide, find_record, halve
from crawler.operations.splits.dask_engine import DaskEngine, WorkerKilled
from crawler.operations.splits.split_results import ResultWriter, SplitResult, SplitResultError, open_result
from db.model.rejection import RejectionReason
from pipelines.analysis.workers.jobs import WorkersError
from pipelines.archive.warc_records import Origin

_WAIT_SECONDS = 0.5  # after which Ctrl-C is looked for
_SPLITS_AHEAD = 12  # for each thread, that have results before the first of them is merged
_MAX_ATTEMPTS = 3  # for results that don't arrive, or can't be read


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
        folder = (merge.session.desk.folder / "imports" / "results" / running.identity[:32]).absolute()
        work = _SplitImport(engine, file, running, folder, settle_job(folder, job), merge)
        await engine.check_workers(folder, running.path.absolute(), work.size)
        is_whole = await work.run(split_bytes or choose_split_bytes(work.size, engine.threads), is_ending)
        if is_whole:
            shutil.rmtree(folder)
        return is_whole


class _SplitImport:
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
        self.ranges: deque[ByteRange] = deque()  # that are not merged, in the order of the file
        self.asked: set[ByteRange] = set()
        self.suspects: deque[ByteRange] = (
            deque()
        )  # that a worker had when it died, perhaps beside the one that killed it
        self.attempts: Counter[ByteRange] = Counter()
        self.first = 0, 0  # where the first range begins, and how many of its records are done

    async def run(self, split_bytes: int, is_ending: Callable[[], bool]) -> bool:
        self._plan(split_bytes)
        while self.ranges:
            if is_ending():
                self.engine.cancel()
                return False
            self._ask()
            result = self._open(self.ranges[0])
            for call, error in await self.engine.wait(_WAIT_SECONDS if result is None else 0):
                self._hear(call, error)
            if result is not None:
                await self._merge(result)
                self._follow(result.note.next)
        self.engine.cancel()
        return True

    def _plan(self, split_bytes: int) -> None:
        number, start = self.running.known
        if start and find_record(self.file, start, start + 1) is None:  # within a member of several records
            number, start = 0, 0
        self.first = start, self.running.records - number
        self.ranges.extend(divide(self.file, start=start, end=self.size, size=split_bytes))
        if start == 0 and self.first[1]:  # nobody knows in which range they end
            self.ranges = deque([ByteRange(0, self.size)])

    def _call(self, byte_range: ByteRange) -> SplitCall:
        done = self.first[1] if byte_range.start == self.first[0] else 0
        key = hashlib.sha256(f"{self.running.identity} {self.job_digest} {byte_range} {done}".encode()).hexdigest()
        return SplitCall(
            folder=self.folder,
            job_digest=self.job_digest,
            key=key,
            source=self.running.path.absolute(),
            size=self.size,
            byte_range=byte_range,
            done=done,
        )

    def _ask(self) -> None:
        """Give the scheduler what it has room for, the first ranges first, and not far more than can be merged.

        What may have killed a worker is asked for alone, so that no other range is blamed for it.
        """
        while self.suspects and (self.suspects[0] not in self.ranges or self._call(self.suspects[0]).target.exists()):
            self.suspects.popleft()
        if self.suspects:
            if not self.asked:
                self._submit(self.suspects[0])
            return
        room = self.engine.room
        for byte_range in islice(self.ranges, self.engine.threads * _SPLITS_AHEAD):
            if room <= 0:
                return
            if byte_range not in self.asked and not self._call(byte_range).target.exists():
                self._submit(byte_range)
                room -= 1

    def _submit(self, byte_range: ByteRange) -> None:
        self.asked.add(byte_range)
        self.engine.submit(analyse_split, self._call(byte_range))

    def _hear(self, call: SplitCall, error: Exception | None) -> None:
        """Take what became of a split: ask again for one whose results are not there, and halve one that kills."""
        was_alone = bool(self.suspects) and call.byte_range == self.suspects[0]
        self.asked.discard(call.byte_range)
        if call.byte_range not in self.ranges or call.target.exists():
            return
        if error is None:
            self._count_attempt(call, "its results don't arrive; share the desk's folder with all workers")
        elif isinstance(error, WorkerKilled):
            if was_alone:
                self._halve(call)
            elif call.byte_range not in self.suspects:
                self.suspects.append(call.byte_range)
        else:
            raise WorkersError(f"{self.running.path}, bytes {call.byte_range}: {error}") from error

    def _halve(self, call: SplitCall) -> None:
        self.suspects.popleft()
        place = self.ranges.index(call.byte_range)
        halves = halve(self.file, call.byte_range)  # what is done lies in the first member
        if halves is not None:
            self.ranges[place] = halves[1]
            self.ranges.insert(place, halves[0])
            self.suspects.extendleft(reversed(halves))
            return
        with ResultWriter(call.target, call.key, call.byte_range) as results:
            results.count(RejectionReason.ANALYSIS_CRASHED)
            results.finish(call.byte_range.end if call.byte_range.end < self.size else None)

    def _count_attempt(self, call: SplitCall, problem: str) -> None:
        self.attempts[call.byte_range] += 1
        if self.attempts[call.byte_range] >= _MAX_ATTEMPTS:
            raise WorkersError(f"{self.running.path}, bytes {call.byte_range}: {problem}")

    def _open(self, byte_range: ByteRange) -> SplitResult | None:
        call = self._call(byte_range)
        try:
            return open_result(call.target, key=call.key)
        except SplitResultError as error:
            call.target.unlink(missing_ok=True)
            self._count_attempt(call, str(error))
            return None

    async def _merge(self, result: SplitResult) -> None:
        """Store the rows of a split, then note all of it as done. What a run before stored of it is known again."""
        running = self.running
        counts = Counter(result.note.counts)
        for row in result.read_rows():
            origin = Origin(file=running.path.name, offset=row.offset, record_id=row.record_id)
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

    def _follow(self, next_offset: int | None) -> None:
        """Let the next range begin where the one before ended: what seemed a record may lie within another."""
        self.ranges.popleft()
        end = next_offset
        while self.ranges and (next_offset is None or self.ranges[0].start < next_offset):
            end = self.ranges.popleft().end
        if next_offset is not None and end is not None and next_offset < end:
            self.ranges.appendleft(ByteRange(next_offset, end))
