"""Divide a WARC file into byte ranges that begin with a record.

A place that only looks like the beginning of a record, inside another one, can't be told apart without reading all
before it. So whoever merges the results compares where each range ended with where the next one begins.
"""

from __future__ import annotations

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


def _begins_with_version(packed: bytes) -> bool:
    try:
        return zlib.decompressobj(wbits=31).decompress(packed, len(VERSION)) == VERSION
    except zlib.error:
        return False
