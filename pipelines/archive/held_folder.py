"""A folder that stays open while files are made in it, and the way to make a new file last."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path


class NoFile(Exception):  # noqa: N818 - a state, not a fault
    """Something that is no file has the name."""


class HeldFolder:
    """A folder that is held by a descriptor: files are made in it even when it was moved to another path."""

    def __init__(self, path: Path) -> None:
        """Remember the path; `open` or the first `open_file` creates the folder."""
        self._path = path
        self._descriptor: int | None = None

    def open(self) -> int:
        """Create the folder if it is missing and return its descriptor. Raises OSError if that fails."""
        if self._descriptor is None:
            self._path.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        return self._descriptor

    def open_file(self, name: str) -> int:
        """Return a descriptor to read and append to a file of the folder; a new one is on the disk at once.

        Raises NoFile if something else has the name, OSError if the file can't be opened.
        """
        try:
            return _open_file(self.open(), name)
        except FileNotFoundError:  # the folder was deleted: make it again
            self.close()
            return _open_file(self.open(), name)

    def close(self) -> None:
        """Give the folder back; it can be opened again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _open_file(folder: int, name: str) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(name, flags | os.O_CREAT | os.O_EXCL, 0o640, dir_fd=folder)
        os.fsync(folder)
        return descriptor
    if not _is_file(folder, name):
        raise NoFile(f"{name} is no file")
    return os.open(name, flags, dir_fd=folder)


def _is_file(folder: int, name: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(name, dir_fd=folder).st_mode)
    except FileNotFoundError:  # a link to nowhere
        return False
