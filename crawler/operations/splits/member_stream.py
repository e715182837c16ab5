"""Unpack a file of gzip members, and tell in which of them a byte lies."""

from __future__ import annotations

import io
import zlib
from collections import deque
from typing import BinaryIO

MEMBER = b"\x1f\x8b\x08"  # the beginning of a gzip member (RFC 1952, 2.3)
_PACKED_BYTES = 1 << 15  # that are read at once


class MemberStream(io.RawIOBase):
    """The content of all members from an offset on, empty ones passed over.

    FastWARC by itself takes an empty member for the end of the file, and tells of a record that does not begin its
    member where the reading had come to, not where the member begins.
    """

    def __init__(self, file: BinaryIO, start: int) -> None:
        self._file = file
        self._next = start  # offset of what was not read
        self._packed = b""
        self._decoder = zlib.decompressobj(wbits=31)
        self._member: int | None = None  # where the present one begins; None between two
        self._unpacked = 0
        self._begins: deque[tuple[int, int]] = deque()  # of members with content: in the content, in the file

    def tell(self) -> int:
        """Return how much was unpacked."""
        return self._unpacked

    def read(self, size: int = _PACKED_BYTES, /) -> bytes:
        """Unpack up to `size` bytes; none at the end.

        Raises OSError where neither a sound member nor the end follows.
        """
        while True:
            if len(self._packed) < len(MEMBER) and not self._read_more() and self._member is None and not self._packed:
                return b""
            if self._member is None:
                self._begin_member()
            if piece := self._unpack(size):
                self._unpacked += len(piece)
                return piece

    def locate(self, position: int) -> tuple[int, int]:
        """Return where the member begins that has a byte of the content, in the file and in the content.

        No byte before that one may be asked for later.
        """
        while len(self._begins) > 1 and self._begins[1][0] <= position:
            self._begins.popleft()
        in_content, in_file = self._begins[0]
        return in_file, in_content

    def _read_more(self) -> bool:
        self._file.seek(self._next)
        packed = self._file.read(_PACKED_BYTES)
        self._next += len(packed)
        self._packed += packed
        return bool(packed)

    def _begin_member(self) -> None:
        if not self._packed.startswith(MEMBER):
            raise OSError("no gzip member")
        self._decoder = zlib.decompressobj(wbits=31)
        self._member = self._next - len(self._packed)

    def _unpack(self, most: int) -> bytes:
        is_at_end = not self._packed
        try:
            piece = self._decoder.decompress(self._packed, most)
        except zlib.error as error:
            raise OSError("damaged gzip member") from error
        if piece and self._member is not None and (not self._begins or self._begins[-1][1] != self._member):
            self._begins.append((self._unpacked, self._member))
        if self._decoder.eof:
            self._packed, self._member = self._decoder.unused_data, None
            return piece
        self._packed = self._decoder.unconsumed_tail
        if is_at_end and not piece:
            raise OSError("torn gzip member")
        return piece
