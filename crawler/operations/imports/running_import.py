"""How far the import of one file is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from crawler.operations.imports.foreign_records import ForeignRecord
from crawler.operations.imports.import_report import FileImport
from crawler.operations.imports.sources.find_warcs import show_path


@dataclass(slots=True)
class RunningImport:
    """The import of one file: what is done of it.

    label: what the file is called if it was taken out of another one. known: number and offset of a record, the first
    with that offset. noted: how many records the last note tells. may_have_unnoted: the import before was ended, and
    what it stored last may not be noted yet.
    """

    path: Path
    identity: str
    label: str = ""
    may_have_unnoted: bool = False
    records: int = 0
    known: tuple[int, int] = (0, 0)
    noted: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        """The name of the file, as the archive notes it."""
        return self.label or show_path(Path(self.path.name))

    def count(self, record: ForeignRecord, outcome: str) -> None:
        """Count a record as done."""
        self.counts[outcome] += 1
        self.records = record.number + 1
        if record.offset != self.known[1]:
            self.known = (record.number, record.offset)

    def describe(self) -> FileImport:
        """Return what is done of it."""
        return FileImport(file=self.label or show_path(self.path), records=self.records, counts=self.counts)
