"""What all splits of one import have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from crawler.config.outlet import Outlet
from crawler.operations.imports.foreign_records import ReadingLimits
from crawler.operations.splits.split_job import SplitJob, read_job
from db.model.verdict import Mark


class ImportJob(SplitJob):
    """How records are read and analysed: by which rules and topic, for which outlets, without which repeated lines.

    `lines`: by outlet. `marks`: by the page's key.
    """

    outlets: tuple[Outlet, ...]
    any_host: bool
    marks: Mapping[str, Mark]
    limits: ReadingLimits
    lines: Mapping[str, tuple[str, ...]]

    def is_like(self, other: ImportJob) -> bool:
        """Whether another one differs in nothing but its moment and the lines that its own import has learned since."""
        limits = replace(self.limits, now=other.limits.now)
        return self.model_copy(update={"limits": limits, "lines": other.lines}) == other


def settle_job(folder: Path, job: ImportJob) -> ImportJob:
    """Return the job that is in the folder if it is like this one, so that its results still count; else write this."""
    there = read_job(folder, ImportJob)
    return there if there is not None and there.is_like(job) else job.write(folder)
