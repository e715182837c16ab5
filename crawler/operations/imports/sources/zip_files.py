"""Take the WARC files out of a WACZ, or any other zip file, one at a time."""

from __future__ import annotations

import contextlib
import io
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from crawler.monitoring.disk_space import MIN_FREE_BYTES
from crawler.operations.imports.sources.find_warcs import is_found_by_name

_MARK = b"PK\x03\x04"
_MAX_WARCS = 10_000  # in one file
_MAX_DIRECTORY_BYTES = 1 << 24  # it takes seven times as much memory
_COPIED_BYTES = 1 << 20  # at once
_CODINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those of a WACZ; memory for others is as large as a file asks
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)  # what zipfile raises


class ZipError(Exception):
    """The WARC files in a zip file can't be read. The text says why and what to do."""


class _ZipBytes(io.FileIO):
    """A file of which no more is read at once than a directory may have."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MAX_DIRECTORY_BYTES:
            raise ZipError("a zip file with too many files; unpack it, then import the folder")
        return super().read(size)


def is_zip(path: Path) -> bool:
    """Whether a file begins as zip files do, however it is named. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(_MARK)) == _MARK


@contextlib.contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip file and read its directory. Raises ZipError."""
    with contextlib.ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(stack.enter_context(_ZipBytes(path))))
        except (*_BROKEN, OSError) as error:
            raise ZipError("a damaged zip file; download or copy it again") from error
        yield archive


def list_warcs(archive: zipfile.ZipFile) -> list[str]:
    """Return the names of the WARC files in a zip file, in their order. Raises ZipError."""
    warcs = {name for name in archive.namelist() if is_found_by_name(PurePosixPath(name).name)}
    found = sorted(warcs, key=lambda name: (PurePosixPath(name).name, name))
    if not found:
        raise ZipError("a zip file without WARC files; unpack it and look what it has")
    if len(found) > _MAX_WARCS:
        raise ZipError(f"more than {_MAX_WARCS:,} WARC files in one; unpack it, then import the folder")
    return found


def unpack_warc(
    archive: zipfile.ZipFile, name: str, target: Path, *, is_ending: Callable[[], bool] = lambda: False
) -> bool:
    """Write a WARC file of a zip file to `target`; return False if it was ended. Raises ZipError."""
    info = archive.getinfo(name)
    if info.compress_type not in _CODINGS:
        raise ZipError("packed in another way than zip files usually are; unpack it yourself, then import the folder")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if info.file_size > shutil.disk_usage(target.parent).free - MIN_FREE_BYTES:
            size = f"{info.file_size / 1e6:,.0f} MB"
            raise ZipError(f"has {size}, for which the disk has no room; free some space")
        with archive.open(info) as packed, target.open("wb") as unpacked:
            while block := packed.read(_COPIED_BYTES):
                unpacked.write(block)
                if is_ending():
                    return False
    except _BROKEN as error:
        raise ZipError("damaged or encrypted; unpack it yourself, then import the folder") from error
    except OSError as error:
        raise ZipError(f"can't be unpacked ({error.strerror}); unpack it yourself, then import it") from error
    return True
