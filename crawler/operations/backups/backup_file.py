"""The form of a backup: a tar file, packed with gzip, that begins with a manifest and ends with a mark."""

from __future__ import annotations

import gzip
import json
import re
import tarfile
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

from crawler.config.desk import DeskError

MANIFEST_NAME = "vigia-backup.json"  # the first entry
END_NAME = "vigia-backup.end"  # the last one, empty: a backup without it was cut off
OUTSIDE_FOLDER = "outside-the-desk"  # for files that `file:` names outside of the desk folder
BACKUP_FORMAT = 1
MAX_MANIFEST_BYTES = 1_000_000
PACKING_ERRORS = (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error)
# Files of a desk in use: SQLite would apply a journal of another database, and the lock belongs to a process.
_NAME_IN_USE = re.compile(r"vigia\.lock|.*-(wal|shm|journal)")


class BackupError(DeskError):
    """A backup can't be written or restored. The text is one line: place, problem, remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupManifest:
    """What a backup says of itself. `outside` has the place of each file from outside of the desk folder."""

    made_at: str
    vigia: str  # the version that wrote it
    total_bytes: int  # of all files as they were when it began
    outside: dict[str, str] = field(default_factory=dict)  # name in the backup -> absolute path
    format: int = BACKUP_FORMAT

    def as_json(self) -> bytes:
        """Return the content of its entry."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()


def is_allowed_name(name: str) -> bool:
    """Return True if a backup may have an entry of that name: a path that stays inside, of no file in use. Pure."""
    path = PurePosixPath(name)
    parts = name.split("/")
    return (
        bool(name)
        and len(name) <= 1_000
        and name.isprintable()
        and not path.is_absolute()
        and all(part not in ("", ".", "..") for part in parts)
        and "\\" not in name
        and not _NAME_IN_USE.fullmatch(parts[-1])
    )


def read_manifest(tar: tarfile.TarFile, path: Path) -> BackupManifest:
    """Read the first entry. Raises BackupError if it is no manifest that this version knows."""
    try:
        entry = tar.next()
        file = tar.extractfile(entry) if entry and entry.name == MANIFEST_NAME and entry.isfile() else None
        if file is None:
            raise BackupError(f"{path}: is no backup of Vigía; name a file that `vigia backup` wrote")
        told = json.loads(file.read(MAX_MANIFEST_BYTES))
        if told["format"] != BACKUP_FORMAT:
            raise BackupError(f"{path}: written by a newer Vigía ({told['vigia']}); restore it with that one")
        outside = {str(name): str(place) for name, place in told["outside"].items()}
        return BackupManifest(
            made_at=str(told["made_at"]),
            vigia=str(told["vigia"]),
            total_bytes=int(told["total_bytes"]),
            outside=outside,
        )
    except (*PACKING_ERRORS, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(
            f"{path}: is no backup of Vigía, or damaged; name a file that `vigia backup` wrote"
        ) from error


def is_backup(path: Path) -> bool:
    """Return True if the file begins as a backup does. Raises OSError if it can't be read."""
    try:
        with gzip.open(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r|") as tar:
            read_manifest(tar, path)
    except (*PACKING_ERRORS, BackupError):
        return False
    return True
