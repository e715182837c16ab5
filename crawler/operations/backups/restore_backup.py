"""Restore a desk from a backup, into a folder that no process uses."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import os
import secrets
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from crawler.config.desk import CONFIG_FILE
from crawler.crawling.lock import LOCK_FILE, lock_desk
from crawler.operations.backups.backup_file import (
    END_NAME,
    MANIFEST_NAME,
    PACKING_ERRORS,
    BackupError,
    BackupManifest,
    is_allowed_name,
    read_manifest,
)
from db.database_backup import find_damage
from db.draft_files import is_disk_full, sync_folder

COPY_BLOCK_BYTES = 1 << 20
_GZIP_HEAD = b"\x1f\x8b"  # RFC 1952, 2.3.1


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredDesk:
    """What was restored. `moved_to` is the folder with what was there before, if anything was."""

    manifest: BackupManifest
    files: int
    bytes: int
    moved_to: Path | None


def restore_backup(file: Path, folder: Path, *, replace: bool = False) -> RestoredDesk:
    """Restore a backup into a desk folder that is new or empty.

    Its files are readable by their owner alone. With `replace` what is in the folder is moved into a folder inside it.
    Raises BackupError, and DeskBusy if a process uses the desk; then the folder is as it was.
    """
    folder = folder.absolute()
    _refuse_others(file)
    if _list_entries(folder) and not replace:
        raise BackupError(f"{folder}: is not empty; name a new folder with --desk, or add --replace to move that aside")
    is_new = not folder.exists()
    if is_new:
        folder.mkdir(parents=True, mode=0o700)
    try:
        with lock_desk(folder):
            return _restore_locked(file, folder)
    except BaseException:  # it is raised again
        if is_new:
            with contextlib.suppress(OSError):  # another process may have begun to use it
                (folder / LOCK_FILE).unlink(missing_ok=True)
                folder.rmdir()
        raise


def _refuse_others(file: Path) -> None:
    try:
        with file.open("rb") as packed:
            beginning = packed.read(len(_GZIP_HEAD))
    except OSError as error:
        raise BackupError(f"{file}: can't be read ({error.strerror}); name a file that `vigia backup` wrote") from error
    if beginning != _GZIP_HEAD:
        raise BackupError(f"{file}: is no backup of Vigía; name a file that `vigia backup` wrote")


def _restore_locked(file: Path, folder: Path) -> RestoredDesk:
    staging = folder / f".restore-{secrets.token_hex(4)}"
    there = _list_entries(folder)
    try:
        staging.mkdir(mode=0o700)
        manifest, files, size = _unpack(file, staging)
        _check_unpacked(file, staging)
        moved_to = _move_aside(folder, there) if there else None
        for path in sorted(staging.iterdir()):
            path.rename(folder / path.name)
        _sync_all(folder)
    except OSError as error:
        remedy = "free some space" if is_disk_full(error) else "check the permissions of the folder"
        what = error.strerror or str(error)
        raise BackupError(f"{error.filename or folder}: {what}; nothing was restored: {remedy}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return RestoredDesk(manifest=manifest, files=files, bytes=size, moved_to=moved_to)


def _unpack(file: Path, staging: Path) -> tuple[BackupManifest, int, int]:
    """Write the files of a backup below `staging`; return its manifest, their number and size."""
    files = size = 0
    has_end = False
    try:
        with gzip.open(file) as unpacked, tarfile.open(fileobj=unpacked, mode="r|") as tar:
            manifest = read_manifest(tar, file)
            if (free := shutil.disk_usage(staging).free) < manifest.total_bytes:
                raise BackupError(
                    f"{staging.parent}: the disk has {free / 1e6:,.1f} MB free and the backup holds"
                    f" {manifest.total_bytes / 1e6:,.1f} MB; free some space"
                )
            for entry in tar:
                if entry.name == END_NAME:
                    has_end = True
                elif entry.name != MANIFEST_NAME:
                    _write_entry(tar, entry, staging, file)
                    files, size = files + 1, size + entry.size
            while unpacked.read(COPY_BLOCK_BYTES):  # to its end, where gzip has its checksum
                pass
    except PACKING_ERRORS as error:
        raise BackupError(f"{file}: damaged or cut off ({error}); take another backup") from error
    if not has_end:
        raise BackupError(f"{file}: cut off before its end; take another backup")
    return manifest, files, size


def _write_entry(tar: tarfile.TarFile, entry: tarfile.TarInfo, staging: Path, file: Path) -> None:
    content = tar.extractfile(entry) if entry.isreg() else None
    if content is None or not is_allowed_name(entry.name):
        raise BackupError(
            f"{file}: holds {entry.name!r:.80}, which no backup of a desk does; it was changed, don't use it"
        )
    path = staging / entry.name
    for parent in reversed(path.relative_to(staging).parents):
        (staging / parent).mkdir(exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        shutil.copyfileobj(content, written, COPY_BLOCK_BYTES)
        written.flush()
        os.fsync(descriptor)
        os.utime(descriptor, (entry.mtime, entry.mtime))


def _check_unpacked(file: Path, staging: Path) -> None:
    if not (staging / CONFIG_FILE).is_file():
        raise BackupError(f"{file}: holds no {CONFIG_FILE}; take another backup")
    for path in sorted(staging.glob("*.db")):
        if damage := find_damage(path):
            raise BackupError(f"{file}: {path.name} in it is damaged ({damage}); take another backup")


def _move_aside(folder: Path, there: list[Path]) -> Path:
    """Move what is in the folder into a new folder in it, with journals of databases, and return that one."""
    aside = folder / f"replaced-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    aside.mkdir(mode=0o700)
    for path in there:
        path.rename(aside / path.name)
    return aside


def _list_entries(folder: Path) -> list[Path]:
    if folder.exists() and not folder.is_dir():
        raise BackupError(f"{folder}: is no folder; name another with --desk")
    return sorted(path for path in folder.iterdir() if path.name != LOCK_FILE) if folder.exists() else []


def _sync_all(folder: Path) -> None:
    """Write the folders to the disk, so that the names in them outlast a power cut (fsync(2))."""
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        sync_folder(path)
