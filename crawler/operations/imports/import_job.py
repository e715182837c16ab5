"""What all splits of one import have in common."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from crawler.config.desk import Desk
from crawler.config.outlet import Outlet
from crawler.operations.imports.foreign_records import ReadingLimits
from crawler.operations.splits.split_job import SplitJob, find_rules, read_job
from db.model.verdict import Mark


class ImportJob(SplitJob):
    """How records are read and analysed: by which rules and topic, for which outlets, without which repeated lines.

    `lines`: by outlet. `marks`: by the page's key. `now`, `since` and `max_page_bytes` as in ReadingLimits.
    """

    outlets: tuple[Outlet, ...]
    any_host: bool
    marks: Mapping[str, Mark]
    max_page_bytes: int
    since: dt.datetime | None
    now: dt.datetime
    lines: Mapping[str, tuple[str, ...]]

    @property
    def limits(self) -> ReadingLimits:
        """Within what bounds records are read."""
        return ReadingLimits(max_page_bytes=self.max_page_bytes, now=self.now, since=self.since)

    def is_like(self, other: ImportJob) -> bool:
        """Whether another one differs in nothing but its moment and the lines that its own import has learned since."""
        return self.model_copy(update={"now": other.now, "lines": other.lines}) == other


def make_import_job(
    desk: Desk,
    *,
    limits: ReadingLimits,
    any_host: bool,
    lines: Mapping[str, tuple[str, ...]],
    marks: Mapping[str, Mark],
) -> ImportJob:
    """Return the job of an import that begins now."""
    return ImportJob(
        **find_rules(desk),
        outlets=tuple(desk.outlets),
        any_host=any_host,
        marks=marks,
        max_page_bytes=limits.max_page_bytes,
        since=limits.since,
        now=limits.now,
        lines=lines,
    )


def settle_job(folder: Path, job: ImportJob) -> ImportJob:
    """Return the job that is in the folder if it is like this one, so that its results still count; else write this."""
    there = read_job(folder, ImportJob)
    return there if there is not None and there.is_like(job) else job.write(folder)
