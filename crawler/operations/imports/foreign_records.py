"""Read the pages of any WARC file, record by record, within bounds of work and memory.

FastWARC finds the records: compressed or not, in gzip members of any size, WARC/0.17 to 1.1. What is in a
record is read here.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from fastwarc.warc import ArchiveIterator

from crawler import urls
from crawler.discovery.candidates import EARLIEST_DATE
from crawler.operations.imports.http_body import BodyError, HttpAnswer, read_http_answer, undo_codings
from crawler.operations.imports.skip_reason import SkipReason
from crawler.operations.splits.byte_ranges import (
    VERSION,
    begins_record,
    find_inside,
    has_wrong_length,
    is_member_of,
    open_records,
)
from crawler.operations.splits.member_stream import MEMBER, MemberStream
from pipelines.analysis.page_kind import is_html
from pipelines.analysis.pdf.pdf_reader import is_pdf
from pipelines.page import OutletProfile, Page

_MAX_RECORD_HEADER_BYTES = 64 * 1024
_MAX_HTTP_HEADER_BYTES = 256 * 1024  # that stand before a body in its record
_LATEST_YEAR = dt.MAXYEAR - 1  # a date of the last one may have no UTC
_MAX_RESTARTS = 1_000  # behind damaged records of one file
_MAX_REPEATED_BYTES = 1 << 33  # that are unpacked once more for these, in all
_MAX_SEARCHED_BYTES = 1 << 30  # of the content behind one
_SCAN_BYTES = 1 << 20

FindOutlet = Callable[[str], "OutletProfile | SkipReason"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRecord:
    """A record that was read: its page, or why it has none. `number`: from 0, in the order of the file."""

    number: int
    offset: int  # of the record in the file, or of the gzip member in which it begins
    page: Page | None = None
    skipped: SkipReason | None = None
    record_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLimits:
    """The largest page that is read, in bytes, and the present, which no capture is later than.

    since: the moment before which no capture is read, if there is one.
    """

    max_page_bytes: int
    now: dt.datetime
    since: dt.datetime | None = None


def read_foreign_records(
    file: BinaryIO, *, find_outlet: FindOutlet, limits: ReadingLimits, done: int = 0, known: tuple[int, int] = (0, 0)
) -> Iterator[ForeignRecord]:
    """Yield the records of a file, without the first `done`.

    known: number and offset of one of these, the first with that offset; it is read from there if a record begins
        there.

    Behind a damaged record, the next one that can be found is read.
    """
    number, start = known if begins_record(file, known[1]) else (0, 0)

    def read(record: Any, number: int, offset: int) -> ForeignRecord:
        if number < done:
            return ForeignRecord(number=number, offset=offset)
        found = _read_page(record, find_outlet=find_outlet, limits=limits)
        if isinstance(found, SkipReason):
            return ForeignRecord(number=number, offset=offset, skipped=found)
        return ForeignRecord(number=number, offset=offset, page=found, record_id=str(record.record_id or "")[:200])

    yield from (one for one in _find_all(file, start, number, read) if one.number >= done)


def _find_all(
    file: BinaryIO, start: int, number: int, read: Callable[[Any, int, int], ForeignRecord]
) -> Iterator[ForeignRecord]:
    start, number = yield from _find_lone_records(file, start, number, read)
    yield from _find_records(file, start, number, read)


def _find_lone_records(
    file: BinaryIO, start: int, number: int, read: Callable[[Any, int, int], ForeignRecord]
) -> Generator[ForeignRecord, None, tuple[int, int]]:
    """Yield what `read` makes of records as long as each is a gzip member of its own; return where to read on.

    FastWARC unpacks these itself, in half the time. It tells their places only if each begins its member, and ends
    where a member is empty. So the last one is left to be read again, with what follows.
    """
    file.seek(start)
    last: ForeignRecord | None = None
    try:
        for record in ArchiveIterator(file, parse_http=False, max_header_len=_MAX_RECORD_HEADER_BYTES):
            position: int = record.stream_pos
            told = (record.record_id, record.headers.get("WARC-Target-URI"), record.headers.get("Content-Length"))
            if (last and position <= start) or not is_member_of(file, position, told):
                break
            if last is not None:
                yield last
                number += 1
            start, last = position, read(record, number, position)
            record.reader.consume()
    except OSError:  # the other reader tells what it costs
        pass
    return start, number


def _find_records(
    file: BinaryIO, start: int, number: int, read: Callable[[Any, int, int], ForeignRecord]
) -> Iterator[ForeignRecord]:
    """Yield what `read` makes of FastWARC's records; one DAMAGED stands for all damage between two of them.

    A record is given back when its end was reached: if something else than a record follows, its length was wrong.
    """
    size = file.seek(0, os.SEEK_END)
    damaged_at: int | None = None
    last: ForeignRecord | None = None
    inside = repeated = 0
    for _ in range(_MAX_RESTARTS):
        position, length, is_whole = start, 0, True
        try:
            stream = open_records(file, start, inside)
            for record in ArchiveIterator(stream, parse_http=False, max_header_len=_MAX_RECORD_HEADER_BYTES):
                if last is not None:
                    yield last
                    last = None
                if damaged_at is not None:
                    yield ForeignRecord(number=number, offset=damaged_at, skipped=SkipReason.DAMAGED)
                    damaged_at, number = None, number + 1
                position, inside = _locate(record, stream)
                length = record.content_length
                last, number = read(record, number, position), number + 1
                record.reader.consume()
                is_whole = record.reader.tell() >= length  # else it claims more than there is
        except OSError:  # FastWARC's for every damage
            if last is not None and has_wrong_length(file, position, length, inside=inside):
                last = ForeignRecord(number=last.number, offset=position, skipped=SkipReason.DAMAGED)
            elif damaged_at is None:
                damaged_at = position
            is_whole = False
        if last is not None:
            yield last
            last = None
        if is_whole or repeated > _MAX_REPEATED_BYTES:
            break
        found, unpacked = find_inside(file, position, inside + 1, most=_MAX_SEARCHED_BYTES)
        repeated += unpacked + length
        if found is None:
            found = _find_next(file, position + 1, size)
        if found is None:
            break
        start, inside = found
    if damaged_at is not None:
        yield ForeignRecord(number=number, offset=damaged_at, skipped=SkipReason.DAMAGED)


def _locate(record: Any, stream: BinaryIO | MemberStream) -> tuple[int, int]:
    """Return the offset of a record, or of the gzip member in which it begins, and where in that member."""
    position: int = record.stream_pos
    if not isinstance(stream, MemberStream):
        return position, 0
    in_file, in_content = stream.locate(position)
    return in_file, position - in_content


def _read_page(record: Any, *, find_outlet: FindOutlet, limits: ReadingLimits) -> Page | SkipReason:
    kind = (record.headers.get("WARC-Type") or "").lower()  # FastWARC's record_type knows one spelling of the name
    if kind == "revisit":
        return SkipReason.REVISIT
    if kind not in {"response", "resource"}:
        return SkipReason.OTHER_RECORD
    if any(record.headers.get(name) for name in ("WARC-Truncated", "WARC-Segment-Number")):
        return SkipReason.TRUNCATED
    if record.content_length > limits.max_page_bytes + _MAX_HTTP_HEADER_BYTES:
        return SkipReason.TOO_LARGE
    url = urls.canonicalize((record.headers.get("WARC-Target-URI") or "").strip("<> "))
    if url is None:
        return SkipReason.BAD_ADDRESS
    outlet = find_outlet(url)
    if isinstance(outlet, SkipReason):
        return outlet
    captured_at = _read_capture_date(record, limits)
    if isinstance(captured_at, SkipReason):
        return captured_at
    block = record.reader.read(limits.max_page_bytes + _MAX_HTTP_HEADER_BYTES)
    if len(block) < record.content_length:
        return SkipReason.DAMAGED
    try:
        content_type = record.headers.get("Content-Type") or ""
        if _is_http(content_type, block, kind):
            answer = read_http_answer(block)
        else:
            answer = HttpAnswer(status=200, headers=(("Content-Type", content_type),), body=block)
        if answer.status != 200:
            return SkipReason.STATUS
        body = undo_codings(answer, max_bytes=limits.max_page_bytes)
    except BodyError as error:
        return SkipReason.TOO_LARGE if error.is_too_large else SkipReason.DAMAGED
    page = Page(
        url=url,
        key=urls.key(url),
        answered_url=url,
        body=body,
        outlet=outlet,
        fetched_at=captured_at,
        headers=answer.headers,
    )
    return page if is_html(page) or is_pdf(page.body) else SkipReason.NOT_HTML


def _is_http(content_type: str, block: bytes, kind: str) -> bool:
    """Whether a block is an HTTP message, not only its body: what its Content-Type says, or that of its kind."""
    if block.startswith(b"HTTP/"):
        return True
    return content_type.lower().startswith("application/http") or (kind == "response" and not content_type)


def _read_capture_date(record: Any, limits: ReadingLimits) -> dt.datetime | SkipReason:
    told = record.record_date or _read_day(record.headers.get("WARC-Date") or "")
    if told is None or not EARLIEST_DATE.year <= told.year <= _LATEST_YEAR:
        return SkipReason.NO_CAPTURE_DATE
    captured_at: dt.datetime = min(told.astimezone(dt.UTC), limits.now)
    return SkipReason.OTHER_DAY if limits.since and captured_at < limits.since else captured_at


def _read_day(text: str) -> dt.datetime | None:
    """Read a date that FastWARC does not: a day alone, as WARC/1.1 permits, or a time without zone, which is in UTC."""
    try:
        told = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return told.replace(tzinfo=told.tzinfo or dt.UTC)


def _find_next(file: BinaryIO, start: int, size: int) -> tuple[int, int] | None:
    """Return the offset of the next gzip member or record from `start` on, and 0; None if there is none."""
    file.seek(0)
    is_packed = file.read(len(MEMBER)) == MEMBER
    mark = MEMBER if is_packed else VERSION
    while start < size:
        file.seek(start)
        block = file.read(_SCAN_BYTES + len(mark))
        if (at := block.find(mark)) >= 0:
            return start + at, 0
        start += _SCAN_BYTES
    return None
