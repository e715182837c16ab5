"""Write a backup of a desk, also while `vigia up` runs on it."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import os
import secrets
import shutil
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from crawler.config.desk import CONFIG_FILE, SESSION_KEY_FILE, Desk
from crawler.config.references import list_references
from crawler.operations.backups.backup_file import (
    END_NAME,
    MANIFEST_NAME,
    OUTSIDE_FOLDER,
    BackupError,
    BackupManifest,
    is_allowed_name,
    is_backup,
)
from db import __version__
from db.database_backup import copy_database
from db.draft_files import is_disk_full, settle_file
from db.model.times import stamp
from pipelines.alerts.channels.log_file import LOG_FILE_NAME
from pipelines.archive.warc_files import Archive

GZIP_LEVEL = 1  # most bytes are WARC files, which are packed already
SPARE_BYTES = 10_000_000  # of the disk, that stay free


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPlan:
    """What a backup will hold: files by their names in it. `notes` say what is missing, one line each."""

    desk: Desk
    databases: dict[str, Path]  # in the order in which they are copied
    files: dict[str, Path]
    outside: dict[str, str]
    notes: tuple[str, ...]

    @property
    def database_bytes(self) -> int:
        """The size of both databases with their write-ahead logs."""
        return sum(_measure_database(path) for path in self.databases.values())

    @property
    def file_bytes(self) -> int:
        """The size of all other files but the archive."""
        return sum(path.stat().st_size for path in self.files.values())

    @property
    def archive_bytes(self) -> int:
        """The size of the archive."""
        return Archive(self.desk.archive).size()

    @property
    def total_bytes(self) -> int:
        """The size of everything: a backup is never larger by more than a thousandth."""
        return self.database_bytes + self.file_bytes + self.archive_bytes

    @property
    def needed_bytes(self) -> int:
        """How much must be free: the backup, and one database at a time beside it."""
        largest = max((_measure_database(path) for path in self.databases.values()), default=0)
        return self.total_bytes + self.total_bytes // 500 + largest + SPARE_BYTES


def plan_backup(desk: Desk) -> BackupPlan:
    """List what a backup of the desk must hold: all that a restored desk needs to go on."""
    folder = desk.folder.absolute()
    # desk.db first: a candidate leaves it when its article is in news.db, so each is at least in one of them.
    databases = {path.name: path for path in (desk.desk_db, desk.news_db) if path.exists()}
    files = {CONFIG_FILE: folder / CONFIG_FILE}
    files |= {name: folder / name for name in (SESSION_KEY_FILE, LOG_FILE_NAME) if (folder / name).exists()}
    files |= {
        f"topics/{desk.learned.name}/{path.name}": path for path in sorted(desk.learned.absolute().glob("*.json*"))
    }
    outside: dict[str, str] = {}
    notes = []
    wanted = [(one.place, one.reference, one.locate_file(folder)) for one in list_references(desk)]
    if desk.desk.topic.endswith(".toml"):
        wanted.append(("[desk] topic", desk.desk.topic, Path(os.path.normpath(folder / desk.desk.topic))))
    for place, reference, path in wanted:
        if path is None:
            continue
        name = _name_in_backup(path, folder)
        if not is_allowed_name(name) or not _is_plain_file(path):
            notes.append(f"{place}: {reference}: there is no such file, so the backup is without it")
        elif name not in databases:
            files.setdefault(name, path)
            if name.startswith(f"{OUTSIDE_FOLDER}/"):
                outside[name] = str(path)
    names = sorted({one.reference for one in list_references(desk) if one.reference.startswith("env:")})
    if names:
        notes.append(f"{', '.join(names)}: the environment is not in the backup; keep these values elsewhere")
    return BackupPlan(desk=desk, databases=databases, files=files, outside=outside, notes=tuple(notes))


def write_backup(plan: BackupPlan, target: Path) -> int:
    """Write the backup to `target`, readable by its owner alone, and return its size in bytes.

    An earlier backup is replaced in one step. Raises BackupError if that fails (then nothing is left behind),
    StoreError if a database can't be read.
    """
    target = target.absolute()
    check_target(plan, target)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    copy = draft.with_name(f"{draft.name}.db")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with (
            os.fdopen(descriptor, "wb") as raw,
            gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=GZIP_LEVEL) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            _fill_tar(tar, plan, copy)
        settle_file(draft, target)
    except OSError as error:
        remedy = "free some space" if is_disk_full(error) else "check that its folder may be written"
        what = error.strerror or str(error)
        raise BackupError(f"{error.filename or target}: {what}; no backup was written: {remedy}") from error
    finally:
        for path in (draft, copy, *(copy.with_name(copy.name + suffix) for suffix in ("-wal", "-shm", "-journal"))):
            path.unlink(missing_ok=True)
    return target.stat().st_size


def check_target(plan: BackupPlan, target: Path) -> None:
    """Raise BackupError if `target` is another file, or its disk has too little room."""
    if not target.parent.is_dir():
        raise BackupError(f"{target.parent}: no such folder; make it, or name another file")
    if target.exists() and not (target.is_file() and is_backup(target)):
        raise BackupError(f"{target}: is there and is no backup of Vigía; move it away or name another file")
    free = shutil.disk_usage(target.parent).free
    if free < plan.needed_bytes:
        raise BackupError(
            f"{target}: the disk has {free / 1e6:,.1f} MB free, the backup may need {plan.needed_bytes / 1e6:,.1f} MB;"
            " free some space or name a file on another disk"
        )


def _fill_tar(tar: tarfile.TarFile, plan: BackupPlan, copy: Path) -> None:
    made_at = stamp(dt.datetime.now(dt.UTC))
    manifest = BackupManifest(made_at=made_at, vigia=__version__, total_bytes=plan.total_bytes, outside=plan.outside)
    _add_bytes(tar, MANIFEST_NAME, manifest.as_json())
    for name, path in plan.databases.items():
        copy_database(path, copy)
        with copy.open("rb") as file:
            _add_file(tar, name, file)
        copy.unlink()
    for name, path in plan.files.items():
        with path.open("rb") as file:
            _add_file(tar, name, file)
    # Listed now, after news.db: each page that it names lies in the archive already.
    for name, path in _list_archive(plan.desk.archive):
        try:
            file = path.open("rb")
        except FileNotFoundError:  # rejected pages that were old enough to be deleted meanwhile
            continue
        with file:
            _add_file(tar, name, file)
    _add_bytes(tar, END_NAME, b"")


def _list_archive(folder: Path) -> Iterator[tuple[str, Path]]:
    for name in Archive(folder).files():
        yield f"{folder.name}/{name}", folder / name


def _add_file(tar: tarfile.TarFile, name: str, file: BinaryIO) -> None:
    """Add as many bytes as the file has now; what is appended meanwhile is left out."""
    status = os.fstat(file.fileno())
    tar.addfile(_make_entry(name, size=status.st_size, mtime=int(status.st_mtime)), file)


def _add_bytes(tar: tarfile.TarFile, name: str, body: bytes) -> None:
    tar.addfile(_make_entry(name, size=len(body), mtime=0), io.BytesIO(body))


def _make_entry(name: str, *, size: int, mtime: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, mtime, 0o600
    return entry


def _name_in_backup(path: Path, folder: Path) -> str:
    if path.is_relative_to(os.path.normpath(folder)):
        return path.relative_to(os.path.normpath(folder)).as_posix()
    return f"{OUTSIDE_FOLDER}/{path.as_posix().lstrip('/')}"


def _is_plain_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _measure_database(path: Path) -> int:
    sizes = (_size_of(path.with_name(path.name + suffix)) for suffix in ("", "-wal"))
    return sum(sizes)


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
