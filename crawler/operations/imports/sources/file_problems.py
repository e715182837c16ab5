"""Tell people what a file is of which no record could be read, by its first bytes."""

from __future__ import annotations

from typing import BinaryIO

from crawler.operations.splits.byte_ranges import VERSION, open_records

_HEAD_BYTES = 1 << 10
_UNREADABLE = "no WARC file, or damaged from its beginning on; nothing could be read"
_UNPACK_FIRST = "unpack it, then import the WARC files in it"
_OTHER_FORMATS = (
    (b"filedesc://", "an ARC file, the format before WARC; convert it: warcio recompress FILE NEW.warc.gz"),
    (b"\xfd7zXZ\x00", f"packed with xz; {_UNPACK_FIRST}"),
    (b"BZh", f"packed with bzip2; {_UNPACK_FIRST}"),
    (b"7z\xbc\xaf\x27\x1c", f"a 7z file; {_UNPACK_FIRST}"),
    (b"<", "a page or an XML file, no WARC file; look whether its address or a login led elsewhere"),
)


def find_problem(file: BinaryIO) -> str | None:
    """Return why nothing could be read of a file, in one line; None if it begins as a WARC file all the same."""
    try:
        head = open_records(file, 0).read(_HEAD_BYTES)
    except OSError:
        return _UNREADABLE
    if not head:
        return "empty; there is nothing to import"
    if head.startswith(VERSION):
        return None
    if head[257:262] == b"ustar":
        return f"a tar file; {_UNPACK_FIRST}"
    for mark, sentence in _OTHER_FORMATS:
        if head.lstrip().startswith(mark):
            return sentence
    return _UNREADABLE
