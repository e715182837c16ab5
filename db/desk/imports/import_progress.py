"""How far each foreign WARC file was imported (desk.db), so that an import that was stopped goes on."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlite_utils import Database

from db.model.times import read_stamp, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """How many records of a file are done, and what became of them.

    known: number and offset of one of them, the first with that offset, from which the file can be read on.
    finished: aware, UTC; None if the end of the file was not reached. is_begun: whether an import has begun with it.
    """

    records: int = 0
    known: tuple[int, int] = (0, 0)
    counts: Mapping[str, int] = field(default_factory=Counter)
    finished: dt.datetime | None = None
    is_begun: bool = True


def read_import_progress(db: Database, identity: str) -> ImportProgress:
    """Return the progress of a file, by what identifies its content and how it is read."""
    row = next(db.query("SELECT * FROM imports WHERE identity = :identity", {"identity": identity}), None)
    if row is None:
        return ImportProgress(is_begun=False)
    return ImportProgress(
        records=row["records"],
        known=(row["known_record"], row["known_offset"]),
        counts=Counter(json.loads(row["counts"])),
        finished=row["finished"] and read_stamp(row["finished"]),
    )


def save_import_progress(db: Database, identity: str, progress: ImportProgress, *, file: str, now: dt.datetime) -> None:
    """Store the progress of a file. `file`: its name, for people."""
    with db.atomic():
        db.execute(
            """
            INSERT INTO imports (identity, file, records, known_record, known_offset, counts, updated, finished)
            VALUES (:identity, :file, :records, :known_record, :known_offset, :counts, :now, :finished)
            ON CONFLICT (identity) DO UPDATE SET
                file = excluded.file, records = excluded.records, known_record = excluded.known_record,
                known_offset = excluded.known_offset, counts = excluded.counts, updated = excluded.updated,
                finished = excluded.finished
            """,
            {
                "identity": identity,
                "file": file,
                "records": progress.records,
                "known_record": progress.known[0],
                "known_offset": progress.known[1],
                "counts": json.dumps(dict(progress.counts)),
                "now": stamp(now),
                "finished": progress.finished and stamp(progress.finished),
            },
        )
