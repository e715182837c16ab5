"""Divide a WARC file into byte ranges that begin with a record.

A place that only looks like the beginning of a record, inside another one, can't be told apart without reading all
before it. So whoever merges the results compares where each range ended with where the next one begins.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MIN_SPLIT_BYTES, MAX_SPLIT_BYTES = 1_000_000, 16_000_000
_SPLITS_PER_THREAD = 4  # at least, so that all end at about the same time
MEMBER = b"\x1f\x8b\x08"  # the beginning of a gzip member (RFC 1952, 2.3)
VERSION = b"WARC/"
_SCAN_BYTES = 1 << 20
_TRIED_BYTES = 1 << 12  # of a member, to see how it begins
_MAX_HEADER_BYTES = 1 << 16  # of a record
_PIECE_BYTES = 1 << 16  # that a member is unpacked in
_EMPTY_END = bytes(8)  # CRC and length of a member without content


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The records that begin from `start` on and before `end`."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


def choose_split_bytes(file_bytes: int, threads: int) -> int:
    """Return how large the splits of a file are for so many threads.

    It is one of few sizes, so that results still count after a worker more or less.
    """
    size = MAX_SPLIT_BYTES
    while size > MIN_SPLIT_BYTES and file_bytes < size * threads * _SPLITS_PER_THREAD:
        size //= 2
    return size


def divide(file: BinaryIO, *, start: int, end: int, size: int) -> Iterator[ByteRange]:
    """Yield ranges of about `size` bytes. Where they begin does not depend on `start`, but for the first."""
    while start < end:
        middle = (start // size + 1) * size
        found = find_record(file, middle, end) if middle < end else None
        yield ByteRange(start, found or end)
        start = found or end


def halve(file: BinaryIO, whole: ByteRange) -> tuple[ByteRange, ByteRange] | None:
    """Return the halves of a range; None if only one record, or one gzip member, begins in it."""
    middle = (whole.start + whole.end) // 2
    found = find_record(file, middle, whole.end) if middle > whole.start else None
    found = found or find_record(file, whole.start + 1, middle)
    return (ByteRange(whole.start, found), ByteRange(found, whole.end)) if found else None


def find_record(file: BinaryIO, start: int, end: int) -> int | None:
    """Return the first offset from `start` on and before `end` at which a record seems to begin."""
    file.seek(0)
    mark = MEMBER if file.read(len(MEMBER)) == MEMBER else b"\n" + VERSION
    shift = 0 if mark is MEMBER else 1
    start -= shift
    while start < end:
        file.seek(start)
        block = file.read(_SCAN_BYTES + _TRIED_BYTES)
        at = block.find(mark, 0, _SCAN_BYTES + len(mark))
        while at >= 0:
            if start + at + shift >= end:
                return None
            if shift or _begins_with_version(block[at : at + _TRIED_BYTES]):
                return start + at + shift
            at = block.find(mark, at + 1, _SCAN_BYTES + len(mark))
        start += _SCAN_BYTES
    return None


def find_behind_empty_members(file: BinaryIO, start: int) -> int | None:
    """Return the offset of the first member with content behind the first run of empty ones from `start` on.

    start: of a member. FastWARC takes an empty one, such as ends each file of bgzip, for the end of the file.
    """
    if not _begins_with(file, start, MEMBER) or not _holds(file, start, _EMPTY_END):
        return None
    at: int | None = start
    is_behind = False
    while at is not None and _begins_with(file, at, MEMBER):
        member = _Member(file, at)
        try:
            is_empty = not sum(map(len, member.unpack()))
        except zlib.error:
            return None
        if is_behind and not is_empty:
            return at
        is_behind, at = is_behind or is_empty, member.end
    return None


def has_wrong_length(file: BinaryIO, offset: int, length: int) -> bool:
    """Whether something else follows a record's block of `length` bytes than a blank line, a record or the end.

    False too if that can't be told: if the record is not the first of its gzip member.
    """
    if _begins_with(file, offset, VERSION):
        file.seek(offset)
        pieces = iter(lambda: file.read(_PIECE_BYTES), b"")
    elif _begins_with(file, offset, MEMBER):
        pieces = _Member(file, offset).unpack()
    else:
        return False
    try:
        return _follows_oddly(pieces, length)
    except zlib.error:
        return True


def _follows_oddly(pieces: Iterator[bytes], length: int) -> bool:
    head = b""
    while (end := head.find(b"\r\n\r\n")) < 0:
        piece = next(pieces, b"")
        if not piece or len(head) > _MAX_HEADER_BYTES:
            return True
        head += piece
    told = re.search(rb"\ncontent-length:[ \t]*(\d{1,18})\r", head[:end].lower() + b"\r")
    if told is not None and int(told[1]) != length:
        return False
    rest, left = head[end + 4 :], length
    while len(rest) < left + len(VERSION) and (piece := next(pieces, b"")):
        left, rest = max(0, left - len(rest)), rest[left:] + piece
    follows = rest[left:]
    return len(rest) < left or (bool(follows) and not follows.startswith((b"\n", b"\r", VERSION)))


class _Member:
    """A gzip member, unpacked in pieces. `end`: the offset behind it, None before that is reached."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self._file = file
        self._start = start
        self.end: int | None = None

    def unpack(self) -> Iterator[bytes]:
        """Yield its content. Raises zlib.error if it is damaged."""
        decoder = zlib.decompressobj(wbits=31)
        at = self._start
        while not decoder.eof:
            self._file.seek(at)
            packed = self._file.read(_PIECE_BYTES)
            if not packed:
                return
            at += len(packed)
            while packed and not decoder.eof:
                if piece := decoder.decompress(packed, _PIECE_BYTES):
                    yield piece
                packed = decoder.unconsumed_tail
        self.end = at - len(decoder.unused_data)


def _begins_with(file: BinaryIO, offset: int, mark: bytes) -> bool:
    file.seek(offset)
    return file.read(len(mark)) == mark


def _holds(file: BinaryIO, start: int, mark: bytes) -> bool:
    file.seek(start)
    before = b""
    while block := file.read(_SCAN_BYTES):
        if mark in before + block:
            return True
        before = block[-len(mark) :]
    return False


def _begins_with_version(packed: bytes) -> bool:
    try:
        return zlib.decompressobj(wbits=31).decompress(packed, len(VERSION)) == VERSION
    except zlib.error:
        return False
