"""Analyse the archived pages of one split, on any machine, into a file of results."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from crawler.operations.rebuilds.analyse_archived import analyse_archived
from crawler.operations.rebuilds.page_inputs import LostPage
from crawler.operations.rebuilds.page_split import PageSplit, RebuildJob
from crawler.operations.splits.analysis_host import AnalysisHost
from crawler.operations.splits.split_job import load_job
from crawler.operations.splits.split_results import ResultWriter, SplitResultError, SplitRow, open_result
from pipelines.analysis.text.repeated_lines import choose_hashes, hash_lines
from pipelines.archive.warc_files import Archive

LOST = "lost"  # pages that could not be read, in the counts of a split


def analyse_pages(split: PageSplit) -> None:
    """Write the file of results of a split, if it is not there. Raises SplitRefused, OSError and WorkersError.

    What earlier files of this part of the archive have of its pages is copied, if the repeated lines of the outlet cut
    the same lines of the page now. Pages that can't be read get no row.
    """
    if split.target.exists():
        return
    job = load_job(split.folder, split.job_digest, RebuildJob)
    host = AnalysisHost.of_process(job)
    split.target.parent.mkdir(parents=True, exist_ok=True)
    host.run(lambda: _analyse(split, job, host))


async def _analyse(split: PageSplit, job: RebuildJob, host: AnalysisHost) -> None:
    repeated = {outlet: hash_lines(lines) for outlet, lines in job.inputs.lines.items()}
    with ResultWriter(split.target, split.key) as results:
        done = copy_earlier_rows(split, results, repeated)
        left = [(page, inputs) for page, inputs in split.pages if inputs not in done]
        rows = [page for page, _ in left]
        analysed = analyse_archived(rows, archive=Archive(job.archive), inputs=job.inputs, workers=host.workers)
        digests = iter(left)
        async with contextlib.aclosing(analysed):
            async for one in analysed:
                page, inputs = next(digests)
                if isinstance(one, LostPage):
                    results.count(LOST)
                else:
                    cut = choose_hashes(one.outcome.line_hashes, repeated.get(page.outlet, b""))
                    row = SplitRow(offset=page.place.offset, inputs=inputs, cut=cut, page=one.page, outcome=one.outcome)
                    results.add_row(row)
        results.finish()


def copy_earlier_rows(split: PageSplit, results: ResultWriter, repeated: Mapping[str, bytes]) -> set[str]:
    """Copy the rows of a split's pages from other files of its part; return the digests of what was found.

    repeated: the hashes of the repeated lines of each outlet.
    """
    outlets = {inputs: page.outlet for page, inputs in split.pages}
    found: set[str] = set()

    def is_wanted(inputs: str, line_hashes: bytes, cut: bytes) -> bool:
        if inputs in found or (outlet := outlets.get(inputs)) is None:
            return False
        return choose_hashes(line_hashes, repeated.get(outlet, b"")) == cut

    for path in sorted(split.target.parent.glob("*.parquet")):
        with contextlib.suppress(SplitResultError):  # what can't be read there is analysed anew
            if earlier := open_result(path, key=None):
                found |= results.copy_rows(earlier, is_wanted)
    return found
