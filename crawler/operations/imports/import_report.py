"""What an import did, file by file, with every record counted once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

STORED = "stored"  # new articles, copies of others among them


@dataclass(frozen=True, slots=True, kw_only=True)
class FileImport:
    """What became of the records of one file; `counts` by outcome: "stored" or the reason why not.

    problem: why the file could not be read to its end, in one line. finished_before: when an earlier import had read it
    to its end; then nothing was done.
    """

    file: str
    records: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    problem: str | None = None
    finished_before: dt.datetime | None = None
    is_finished: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it as `vigia import --json` prints it."""
        return {
            "file": self.file,
            "finished": self.is_finished,
            "finished_before": self.finished_before and self.finished_before.isoformat(),
            "problem": self.problem,
            **count_outcomes(self.records, self.counts),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did. `is_stopped`: it was ended before its last file."""

    files: Sequence[FileImport]
    is_stopped: bool = False

    @property
    def counts(self) -> Counter[str]:
        """The outcomes of all files together, without those that an earlier import had read."""
        return sum((one.counts for one in self.files if one.finished_before is None), Counter[str]())

    @property
    def records(self) -> int:
        """How many records were read, now or before an import of the same file was stopped."""
        return sum(one.records for one in self.files if one.finished_before is None)

    def as_dict(self) -> dict[str, Any]:
        """Return it as `vigia import --json` prints it."""
        return {
            "stopped": self.is_stopped,
            **count_outcomes(self.records, self.counts),
            "files": [one.as_dict() for one in self.files],
        }


def add_import(whole: FileImport, one: FileImport, *, name: str, is_resumed: bool) -> FileImport:
    """Return what was done of a file that has others, with one of them more; that is called `name` in it.

    What an earlier import had read of them counts only if the import of the whole file is resumed.
    """
    is_counted = one.finished_before is None or is_resumed
    return replace(
        whole,
        records=whole.records + (one.records if is_counted else 0),
        counts=whole.counts + (one.counts if is_counted else Counter()),
        problem=whole.problem or (one.problem and f"{name} in it: {one.problem}"),
        is_finished=whole.is_finished and one.is_finished,
    )


def count_outcomes(records: int, counts: Counter[str]) -> dict[str, Any]:
    """Return the outcomes of records as JSON has them."""
    skipped = {reason: number for reason, number in counts.most_common() if reason != STORED}
    return {"records": records, "stored": counts[STORED], "skipped": skipped}
