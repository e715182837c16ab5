"""Analyse one split of a WARC file, on any machine, into a file of results."""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from crawler.operations.imports.analyse_records import analyse_records, read_batch
from crawler.operations.imports.foreign_records import ForeignRecord, read_foreign_records
from crawler.operations.imports.import_job import ImportJob
from crawler.operations.imports.page_owners import PageOwners
from crawler.operations.imports.skip_reason import SkipReason
from crawler.operations.splits.analysis_host import AnalysisHost
from crawler.operations.splits.byte_ranges import ByteRange
from crawler.operations.splits.split_job import SplitRefused, load_job
from crawler.operations.splits.split_results import ResultWriter, SplitRow
from db.model.article import Article
from db.model.rejection import Rejection
from pipelines.page import Page

READING_SECONDS = 300.0  # for one batch of records, after which the process that hangs in it is ended


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsCall:
    """What a worker is asked for: the results of a range of a file, without its first `done` records.

    folder: where the job lies and the results go. key: what the results are known by.
    """

    folder: Path
    job_digest: str
    key: str
    source: Path
    size: int
    byte_range: ByteRange
    done: int = 0

    @property
    def target(self) -> Path:
        """Where the results go."""
        return self.folder / f"{self.byte_range}-{self.key[:16]}.parquet"


def analyse_split(call: RecordsCall) -> None:
    """Write the file of results of a split, if it is not there. Raises SplitRefused, OSError and WorkersError."""
    if call.target.exists():
        return
    job = load_job(call.folder, call.job_digest, ImportJob)
    host = AnalysisHost.of_process(job)
    with call.source.open("rb") as file:
        if os.fstat(file.fileno()).st_size != call.size:
            raise SplitRefused(f"{call.source}: another file than where the import runs")
        host.run(lambda: _analyse(call, job, file, host))


async def _analyse(call: RecordsCall, job: ImportJob, file: BinaryIO, host: AnalysisHost) -> None:
    owners = PageOwners(job.outlets, any_host=job.any_host)
    begin, end = call.byte_range.start, call.byte_range.end
    found_next: list[int] = []

    def until_end() -> Iterator[ForeignRecord]:
        for record in read_foreign_records(
            file, find_outlet=owners.find, limits=job.limits, done=call.done, known=(0, begin)
        ):
            if record.offset < begin:
                raise SplitRefused(f"{call.source}: no record begins at byte {begin}; it was changed meanwhile")
            if record.offset >= end:
                found_next.append(record.offset)
                return
            yield record

    async def analyse(page: Page) -> Article | Rejection:
        marked = replace(page, mark=job.marks.get(page.key))
        return await host.workers.analyse(marked, repeated=job.lines.get(page.outlet.id, ()))

    with ResultWriter(call.target, call.key, start=begin) as results:
        async for record, outcome in analyse_records(until_end(), analyse, read=_read_watched):
            _add(results, record, outcome)
        results.finish(found_next[0] if found_next else None)


def _add(results: ResultWriter, record: ForeignRecord, outcome: Article | Rejection | None) -> None:
    if record.page is None or outcome is None:
        results.count(record.skipped or SkipReason.DAMAGED)
    elif isinstance(outcome, Rejection) and not outcome.seen_lines:
        results.count(outcome.reason)
    else:
        page = record.page if isinstance(outcome, Article) else replace(record.page, body=b"", headers=())
        results.add_row(SplitRow(offset=record.offset, record_id=record.record_id, page=page, outcome=outcome))


def _read_watched(records: Iterator[ForeignRecord]) -> list[ForeignRecord]:
    """Read a batch; end this process if that hangs, also inside C code. The engine finds the record that did it."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - not a path of ours
        faulthandler.dump_traceback_later(READING_SECONDS, exit=True, file=nowhere)
        try:
            return read_batch(records)
        finally:
            faulthandler.cancel_dump_traceback_later()
