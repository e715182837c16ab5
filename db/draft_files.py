"""Files that are written whole: beside their place first, then moved into it, so that a crash leaves old or new."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextlib.contextmanager
def name_target(target: Path) -> Iterator[None]:
    """Give an OSError of the block the name of what was to be written.

    An error of writing has no name, and one of opening may have a draft's.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(target)) from error


def is_disk_full(error: OSError) -> bool:
    """Return True for an error of writing for which there was no space, or no more that this user may have."""
    return error.errno in _NO_SPACE


def settle_file(draft: Path, target: Path) -> None:
    """Move a finished file to its place on the same file system, once its bytes are on the disk (fsync(2)).

    Programs that have the old file open go on reading that. Raises OSError; the draft is then still there, or moved.
    """
    _sync(draft)
    draft.replace(target)
    sync_folder(target.parent)


def write_file(target: Path, content: bytes) -> None:
    """Write a file by way of a draft beside it, which is not left behind. Raises OSError with the file's name."""
    draft = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with name_target(target):
            with draft.open("xb") as file:
                file.write(content)
            settle_file(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Write the folder to the disk, which a new name in it needs to be found after a crash (fsync(2))."""
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
