"""Read the gzip members of a file; in the archive each is one WARC record."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

GZIP_MAGIC = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"  # the beginning of a gzip member by zlib, without name and time
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class GzipMember:
    """One complete gzip member of a file: its offsets and the record in it."""

    start: int
    end: int
    content: bytes = field(repr=False)

    @property
    def header(self) -> bytes:
        """The WARC header block."""
        return self.content.partition(b"\r\n\r\n")[0]

    @property
    def block(self) -> bytes:
        """The content of the record: for a response, HTTP headers and body."""
        return self.content.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n\r\n")

    def has_type(self, kind: str) -> bool:
        """Return True if it is a complete record of that WARC-Type."""
        return self.content.endswith(b"\r\n\r\n") and f"\r\nWARC-Type: {kind}\r\n".encode() in self.header + b"\r\n"


def read_members(file: BinaryIO, start: int = 0) -> Iterator[GzipMember]:
    """Yield the members from `start` on, up to the first incomplete one."""
    while (member := read_member(file, start)) is not None:
        yield member
        start = member.end


def read_member(file: BinaryIO, start: int) -> GzipMember | None:
    """Return the member that begins at `start`, with its CRC checked.

    Returns None if there is none or it is incomplete.
    """
    file.seek(start)
    decompressor = zlib.decompressobj(zlib.MAX_WBITS + 16)
    pieces: list[bytes] = []
    read = 0
    while chunk := file.read(_CHUNK_BYTES):
        read += len(chunk)
        try:
            pieces.append(decompressor.decompress(chunk))
        except zlib.error:
            return None
        if decompressor.eof:
            return GzipMember(start, start + read - len(decompressor.unused_data), b"".join(pieces))
    return None
