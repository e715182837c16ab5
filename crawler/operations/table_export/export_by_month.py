"""Export the tables of news.db by month into a folder; again, only what changed since is written."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from crawler.operations.table_export.table_files import TABLE_FORMATS, TableExportError, check_format
from db.draft_files import name_target, settle_file, write_file
from db.export_tables import EXPORT_TABLES, list_months, open_for_export, read_batches

LIST_NAME = "vigia-export.json"
_FILE_NAME = re.compile(r"[a-z]+(?:/[0-9]{4}-[0-9]{2})?\.(?:csv|parquet)")


class ExportedFile(BaseModel):
    """A file of an export: its rows, and the SHA-256 of what was read for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    sha256: str


class ExportList(BaseModel):
    """The list of an export's files, vigia-export.json."""

    model_config = ConfigDict(extra="forbid")

    format: str
    files: dict[str, ExportedFile] = {}


@dataclass(slots=True)
class TableExport:
    """What an export did: the files that it wrote, kept and removed, and the rows of each table."""

    written: list[str] = field(default_factory=list)
    kept: int = 0
    removed: list[str] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)


def export_by_month(news_db: Path, folder: Path, *, format: str, with_text: bool) -> TableExport:  # noqa: A002 - its name
    """Write each table and month that changed since the last export into that folder.

    Each file is written beside its place and then moved there; the list of them last, and an empty one first in a new
    folder. Memory is that of a batch. Raises TableExportError if the folder has something else or another format,
    StoreError and OSError with the name of the file.
    """
    check_format(format)
    before = _read_list(folder, format)
    found = TableExport()
    after = ExportList(format=format)
    with open_for_export(news_db) as db:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / LIST_NAME).exists():
            _write_list(folder, before)  # what an export leaves that is ended early is known by it
        for table in EXPORT_TABLES:
            columns = table.choose_columns(with_text=with_text)
            found.rows[table.name] = 0
            for month in list_months(db, table):
                name = f"{table.name}/{month}.{format}" if month else f"{table.name}.{format}"
                # Most months are as they were: to read what changed twice is cheaper than to write all.
                digest, rows = hashlib.sha256(repr(columns).encode()), 0
                for batch in read_batches(db, table, month, with_text=with_text):
                    digest.update(repr(batch).encode())
                    rows += len(batch)
                after.files[name] = ExportedFile(rows=rows, sha256=digest.hexdigest())
                found.rows[table.name] += rows
                target = folder / name
                if before.files.get(name) == after.files[name] and target.is_file():
                    found.kept += 1
                    continue
                target.parent.mkdir(exist_ok=True)
                draft = target.with_name(f".{target.name}.part")
                try:
                    with name_target(target):
                        TABLE_FORMATS[format](draft, columns, read_batches(db, table, month, with_text=with_text))
                        settle_file(draft, target)
                finally:
                    draft.unlink(missing_ok=True)
                found.written.append(name)
    for name in sorted(before.files.keys() - after.files.keys()):
        (folder / name).unlink(missing_ok=True)
        found.removed.append(name)
    _write_list(folder, after)
    return found


def _write_list(folder: Path, files: ExportList) -> None:
    write_file(folder / LIST_NAME, f"{files.model_dump_json(indent=1)}\n".encode())


def _read_list(folder: Path, format: str) -> ExportList:  # noqa: A002 - its name
    """Read what the last export wrote; an empty list for a new or empty folder."""
    path = folder / LIST_NAME
    if not path.exists():
        if folder.is_dir() and any(folder.iterdir()):
            raise TableExportError(f"{folder}: holds something other than an export; name a new folder")
        return ExportList(format=format)
    try:
        there = ExportList.model_validate(json.loads(path.read_bytes()))
    except (ValueError, ValidationError) as error:
        raise TableExportError(f"{path}: not a list of an export; remove the folder, or name a new one") from error
    if there.format != format:
        raise TableExportError(f"{folder}: holds an export as {there.format}; name a new folder for {format}")
    if wrong := next((name for name in there.files if not _FILE_NAME.fullmatch(name)), None):
        raise TableExportError(f"{path}: names {wrong!r:.60}, which no export writes; name a new folder")
    return there
