"""Divide a WARC file into byte ranges that begin with a record.

A place that only looks like the beginning of a record, inside another one, can't be told apart without reading all
before it. So whoever merges the results compares where each range ended with where the next one begins.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from crawler.operations.splits.member_stream import MEMBER, MemberStream

MIN_SPLIT_BYTES, MAX_SPLIT_BYTES = 1_000_000, 16_000_000
_SPLITS_PER_THREAD = 4  # at least, so that all end at about the same time
VERSION = b"WARC/"
_VERSION_LINE = re.compile(rb"WARC/[01]\.\d{1,2}\r?\n")
_MAX_VERSION_LINE = 12
_SCAN_BYTES = 1 << 20
_TRIED_BYTES = 1 << 12  # of a member, to see how it begins
_MAX_HEADER_BYTES = 1 << 16  # of a record
_MAX_BLANK_BYTES = 64  # that stand before one
_PIECE_BYTES = 1 << 16  # that a member is unpacked in


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


def begins_record(file: BinaryIO, offset: int) -> bool:
    """Whether a record, or a gzip member that begins with one, begins at an offset."""
    file.seek(offset)
    head = file.read(_TRIED_BYTES)
    return head.startswith(VERSION) or (head.startswith(MEMBER) and _begins_with_version(head))


def is_member_of(file: BinaryIO, offset: int, values: Iterable[str | None]) -> bool:
    """Whether a gzip member begins at an offset with a record that has these values in its header.

    The file's position stays.
    """
    position = file.tell()
    file.seek(offset)
    packed = file.read(_TRIED_BYTES)
    file.seek(position)
    try:
        head = zlib.decompressobj(wbits=31).decompress(packed, _TRIED_BYTES) if packed.startswith(MEMBER) else b""
    except zlib.error:
        return False
    header = head.partition(b"\r\n\r\n")[0]
    return header.startswith(VERSION) and all(
        value is None or value.encode("utf-8", "replace") in header for value in values
    )


def open_records(file: BinaryIO, start: int, inside: int = 0) -> BinaryIO | MemberStream:
    """Return what the records from an offset on are read from; of a gzip member, from the byte `inside` of its content.

    Raises OSError if the member is damaged before that.
    """
    file.seek(start)
    is_packed = file.read(len(MEMBER)) == MEMBER
    file.seek(start)
    stream = MemberStream(file, start) if is_packed else file
    _pass_over(stream, inside)
    return stream


def find_inside(file: BinaryIO, member: int, start: int, *, most: int) -> tuple[tuple[int, int] | None, int]:
    """Return the first place in gzip members at which a record seems to begin, and how many bytes were unpacked.

    It is looked for from `start` on in the content of the one at the offset `member`, in at most `most` bytes, and told
    as the offset of the member that has it and where in its content. None if there is none before the next damage.
    """
    stream = MemberStream(file, member)
    tail, at = b"", start
    try:
        _pass_over(stream, start)
        while at - start < most and (piece := stream.read(_PIECE_BYTES)):
            block = tail + piece
            if found := _VERSION_LINE.search(block):
                in_file, in_content = stream.locate(at + found.start())
                return (in_file, at + found.start() - in_content), stream.tell()
            tail = block[-_MAX_VERSION_LINE:]
            at += len(block) - len(tail)
    except OSError:
        return None, stream.tell()
    return None, stream.tell()


def has_wrong_length(file: BinaryIO, offset: int, length: int, *, inside: int = 0) -> bool:
    """Whether something else follows a record's block of `length` bytes than a blank line, a record or the end.

    inside: where the record begins within the content of its gzip member, which begins at `offset`.
    """
    try:
        stream = open_records(file, offset, inside)
        head = b""
        while (end := head.find(b"\r\n\r\n")) < 0:
            piece = stream.read(_PIECE_BYTES)
            if not piece or len(head) > _MAX_HEADER_BYTES:
                return True
            head += piece
        rest = head[end + 4 :]
        if len(rest) < length and not _pass_over(stream, length - len(rest)):
            return True
    except OSError:
        return True
    try:
        follows = rest[length : length + len(VERSION)] or stream.read(len(VERSION)) or b""
    except OSError:  # the block ends with its gzip member, and no other follows
        return False
    return not follows.startswith((b"\n", b"\r")) and not VERSION.startswith(follows)


def _pass_over(stream: BinaryIO | MemberStream, size: int) -> bool:
    """Read so many bytes; return False if there are fewer."""
    while size > 0 and (piece := stream.read(min(size, _PIECE_BYTES))):
        size -= len(piece)
    return size == 0


def _begins_with_version(packed: bytes) -> bool:
    try:
        head = zlib.decompressobj(wbits=31).decompress(packed, len(VERSION) + _MAX_BLANK_BYTES)
    except zlib.error:
        return False
    return head.lstrip(b"\r\n").startswith(VERSION)
