"""Zip files of one form: stored, in one piece, without times. The same files make the same bytes.

Evidence packs and the WACZ in them have this form, so that every byte can be checked: what is no content of a file
follows from the names, sizes and CRCs. `zipfile` writes headers that differ between versions of Python.
The format is PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (directory) and 4.3.16 (end).
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

CHUNK_BYTES = 1 << 16
MAX_ENTRIES = 50_000
_LOCAL, _DIRECTORY, _END = "<4s5H3L2H", "<4s6H3L5H2L", "<4s4H2LH"
_LOCAL_BYTES, _DIRECTORY_BYTES, _END_BYTES = (struct.calcsize(form) for form in (_LOCAL, _DIRECTORY, _END))
_NEEDED_VERSION, _MADE_BY_UNIX = 20, 3 << 8 | 20
_NO_DATE = 1 << 5 | 1  # 1 January 1980, the first day that a zip file can say
_FILE_MODE = 0o100644 << 16
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}){0,9}")  # stays inside


class NotStoredZip(Exception):  # noqa: N818 - a state, not a fault
    """The file is no zip file of this form. The text says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """A file in a zip file; `start` and `content` are offsets of its header and of its bytes."""

    name: str
    start: int
    size: int
    crc: int

    @property
    def content(self) -> int:
        """The offset of its bytes."""
        return self.start + _LOCAL_BYTES + len(self.name)

    @property
    def end(self) -> int:
        """The offset behind its bytes."""
        return self.content + self.size


class StoredZipWriter:
    """Writes a zip file into an empty file that can seek. Names are ASCII, relative, and not used twice.

    It is given MAX_ENTRIES files at most.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Remember the file; `add` and `close` write to it."""
        self._file = file
        self._entries: list[StoredEntry] = []

    def add(self, name: str, content: Iterable[bytes]) -> tuple[int, str]:
        """Write a file and return its size and SHA-256."""
        start = self._file.tell()
        self._file.write(_local_header(StoredEntry(name=name, start=start, size=0, crc=0)))
        size, crc, digest = 0, 0, hashlib.sha256()
        for piece in content:
            self._file.write(piece)
            size, crc = size + len(piece), zlib.crc32(piece, crc)
            digest.update(piece)
        entry = StoredEntry(name=name, start=start, size=size, crc=crc)
        self._file.seek(start)
        self._file.write(_local_header(entry))
        self._file.seek(entry.end)
        self._entries.append(entry)
        return size, digest.hexdigest()

    def close(self) -> None:
        """Write the directory; the file stays open."""
        self._file.write(_directory(self._entries, self._file.tell()))


class FilePart(io.RawIOBase):
    """Bytes `start` to `end` of a file, as a file that is read from its beginning to its end."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        """Remember the part; each read seeks to its place, so that parts of one file can be read in turns."""
        super().__init__()
        self._file, self._at, self._end = file, start, end

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes into a buffer and return their number, 0 at the end."""
        self._file.seek(self._at)
        found = self._file.read(min(len(buffer), self._end - self._at))
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)


def read_part(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """Yield bytes `start` to `end` of a file in pieces."""
    part = FilePart(file, start, end)
    while piece := part.read(CHUNK_BYTES):
        yield piece


def read_entries(file: BinaryIO, start: int, end: int) -> tuple[list[StoredEntry], list[str]]:
    """Return the files of a zip file that lies between two offsets, and what is wrong with its headers, a line each.

    Offsets of the entries are those of the file. Reads the directory and the headers alone, no content of
    the files. Raises NotStoredZip if the directory can't be read.
    """
    if end - start < _END_BYTES:
        raise NotStoredZip("is no zip file, or was cut off")
    signature, _, _, count, total, size, offset, _ = struct.unpack(_END, _read(file, end - _END_BYTES, end))
    if signature != b"PK\5\6" or total > MAX_ENTRIES or start + offset + size + _END_BYTES != end or count != total:
        raise NotStoredZip("is no zip file as Vigía writes it: damaged, cut off, or packed anew by another program")
    entries = _parse_directory(_read(file, start + offset, start + offset + size), total, start, start + offset)
    faults = []
    at = start
    for entry in entries:
        if entry.start != at:
            faults.append(f"{entry.name}: does not begin where the file before it ends")
        elif _read(file, entry.start, entry.content) != _local_header(entry):
            faults.append(f"{entry.name}: its header in the zip file was changed")
        at = entry.end
    if at != start + offset:
        faults.append("the zip file has bytes that belong to no file in it")
    relative = [StoredEntry(name=one.name, start=one.start - start, size=one.size, crc=one.crc) for one in entries]
    if _read(file, start + offset, end) != _directory(relative, offset):
        faults.append("the directory at the end of the zip file was changed")
    return entries, faults


def _parse_directory(content: bytes, total: int, start: int, end: int) -> list[StoredEntry]:
    entries: list[StoredEntry] = []
    names: set[str] = set()
    at = 0
    for _ in range(total):
        if at + _DIRECTORY_BYTES > len(content):
            raise NotStoredZip("has a damaged directory: it ends too early")
        fields = struct.unpack_from(_DIRECTORY, content, at)
        crc, size, length, offset = fields[7], fields[9], fields[10], fields[16]
        name = content[at + _DIRECTORY_BYTES : at + _DIRECTORY_BYTES + length].decode("ascii", "replace")
        entry = StoredEntry(name=name, start=start + offset, size=size, crc=crc)
        if not _NAME.fullmatch(name):
            raise NotStoredZip(f"names a file {name!r:.80}, which no pack of Vigía holds; do not unpack it")
        if name in names:
            raise NotStoredZip(f"holds {name} twice; do not trust it")
        if entry.end > end:
            raise NotStoredZip(f"has a damaged directory: {name} would end outside of the file")
        names.add(name)
        entries.append(entry)
        at += _DIRECTORY_BYTES + length
    return entries


def _read(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(end - start)


def _local_header(entry: StoredEntry) -> bytes:
    name = entry.name.encode("ascii")
    sizes = (entry.crc, entry.size, entry.size, len(name), 0)
    return struct.pack(_LOCAL, b"PK\3\4", _NEEDED_VERSION, 0, 0, 0, _NO_DATE, *sizes) + name


def _directory(entries: list[StoredEntry], offset: int) -> bytes:
    """Return the directory that lies at `offset`, with the mark of its end."""
    rows: list[bytes] = []
    for entry in entries:
        name = entry.name.encode("ascii")
        versions = (_MADE_BY_UNIX, _NEEDED_VERSION, 0, 0, 0, _NO_DATE)
        sizes = (entry.crc, entry.size, entry.size, len(name), 0, 0, 0, 0, _FILE_MODE, entry.start)
        rows.append(struct.pack(_DIRECTORY, b"PK\1\2", *versions, *sizes) + name)
    content = b"".join(rows)
    return content + struct.pack(_END, b"PK\5\6", 0, 0, len(entries), len(entries), len(content), offset, 0)
