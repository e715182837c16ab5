"""What all splits of one import have in common, as a file that workers read."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from crawler.config.desk import Desk
from crawler.config.outlet import Outlet
from crawler.crawling.session import locate_topic
from crawler.operations.imports.foreign_records import ReadingLimits
from crawler.operations.splits.rules_digest import digest_rules, digest_topic
from db.draft_files import write_file
from db.model.verdict import Mark
from pipelines.relevance.topic import TopicPlace

_NAME = "job.json"
_MAX_BYTES = 400_000_000


class ImportJob(BaseModel):
    """How records are read and analysed: by which rules and topic, for which outlets, without which repeated lines.

    `lines`: by outlet. `marks`: by the page's key. `now`, `since` and `max_page_bytes` as in ReadingLimits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: str
    topic: TopicPlace
    topic_digest: str
    outlets: tuple[Outlet, ...]
    any_host: bool
    marks: Mapping[str, Mark]
    max_page_bytes: int
    since: dt.datetime | None
    now: dt.datetime
    lines: Mapping[str, tuple[str, ...]]

    @property
    def digest(self) -> str:
        """What names it, and makes the keys of its results."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

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
    topic = locate_topic(desk)
    return ImportJob(
        rules=digest_rules(),
        topic=TopicPlace(topic.file, topic.learned and str(Path(topic.learned).absolute())),
        topic_digest=digest_topic(topic),
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
    there = read_job(folder)
    if there is not None and there.is_like(job):
        return there
    folder.mkdir(parents=True, exist_ok=True)
    write_file(folder / _NAME, job.model_dump_json().encode())
    return job


def read_job(folder: Path) -> ImportJob | None:
    """Read the job of a folder; None if there is none that could be read."""
    path = folder / _NAME
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
        return ImportJob.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
