"""What all splits of one run have in common, as a file that workers read."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Self, TypedDict, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from crawler.config.desk import Desk
from crawler.crawling.session import locate_topic
from crawler.operations.splits.rules_digest import digest_rules, digest_topic
from db.draft_files import write_file
from pipelines.relevance.topic import TopicPlace

JOB_FILE = "job.json"
_MAX_BYTES = 400_000_000


class SplitRefused(Exception):  # noqa: N818 - what a worker answers
    """A worker can't do what it is asked for: it sees other files, or has another version. The text is one line."""


class Rules(TypedDict):
    """By which code and topic pages are analysed: the fields of SplitJob."""

    rules: str
    topic: TopicPlace
    topic_digest: str


class SplitJob(BaseModel):
    """By which rules and topic pages are analysed; a subclass says what else decides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: str
    topic: TopicPlace
    topic_digest: str

    @property
    def digest(self) -> str:
        """Its name, which is part of the keys of an import's results."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def write(self, folder: Path) -> Self:
        """Write it into a folder, which is created. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        write_file(folder / JOB_FILE, self.model_dump_json().encode())
        return self


JobT = TypeVar("JobT", bound=SplitJob)


def find_rules(desk: Desk) -> Rules:
    """Return the rules and the topic of a desk as they are now. Raises TopicError, OSError."""
    topic = locate_topic(desk)
    return Rules(
        rules=digest_rules(),
        topic=TopicPlace(topic.file, topic.learned and str(Path(topic.learned).absolute())),
        topic_digest=digest_topic(topic),
    )


def read_job(folder: Path, kind: type[JobT]) -> JobT | None:
    """Read the job of a folder; None if there is none of this kind that could be read."""
    path = folder / JOB_FILE
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


@functools.lru_cache(maxsize=2)
def load_job(folder: Path, digest: str, kind: type[JobT]) -> JobT:
    """Return the job of a folder, read once in a process. Raises SplitRefused if it is another one."""
    job = read_job(folder, kind)
    if job is None or job.digest != digest:
        raise SplitRefused(f"{folder}: holds no job, or another one; the folder must be the same on all machines")
    return job
