"""Find the end of a file's last complete page; what is behind it is from a write that was killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from pipelines.archive.gzip_members import GZIP_MAGIC, read_member, read_members
from pipelines.archive.warc_records import read_description, read_page

_TAIL_BYTES = 64 << 20  # from the end of a file, in which the last complete page is searched; pages are much smaller
_MAX_INFO_BYTES = 2000  # of a warcinfo record that the archive writes


def find_whole_end(file: BinaryIO) -> int | None:
    """Return the end of a file's last complete page; None if another program wrote the file.

    Bytes after it are from a write that was killed. Only the tail is read, backwards to the last metadata record whose
    page is complete: all pages before it are complete, because each is on the disk before the next is begun.
    """
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return 0
    for start in _starts_backwards(file, size):
        member = read_member(file, start)
        if member is None:
            continue
        if member.has_type("metadata") and (description := read_description(member)):
            page = read_page(file, description["offset"])
            if page is not None and page[1] == member.end:
                return member.end
        if start == 0 and member.has_type("warcinfo") and len(tuple(islice(read_members(file, member.end), 3))) < 3:
            return 0  # the first write (an info record and a page's three records) was killed: start again
    file.seek(0)
    begin = file.read(_MAX_INFO_BYTES + 1)
    return 0 if len(begin) <= _MAX_INFO_BYTES and GZIP_MAGIC.startswith(begin[: len(GZIP_MAGIC)]) else None


def _starts_backwards(file: BinaryIO, size: int) -> Iterator[int]:
    """Yield the offsets where gzip members may begin, from the end of the file backwards."""
    end = size
    while end > max(0, size - _TAIL_BYTES):
        start = max(0, end - (1 << 18))
        file.seek(start)
        block = file.read(end - start + len(GZIP_MAGIC) - 1)  # the magic bytes may lie across two blocks
        at = block.rfind(GZIP_MAGIC)
        while at >= 0:
            if start + at < end:
                yield start + at
            at = block.rfind(GZIP_MAGIC, 0, at + len(GZIP_MAGIC) - 1)
        end = start
