"""Ranges cover a file once, begin with records, and can be halved down to one."""

from __future__ import annotations

import gzip
import io

import pytest

from crawler.operations.splits.byte_ranges import ByteRange, choose_split_bytes, divide, find_record, halve
from tests.fixtures.foreign_warcs import article, page_record

RECORDS = [page_record(article(number), f"nota-{number}") for number in range(12)]
PACKED = [gzip.compress(record, mtime=0) for record in RECORDS]


def starts(parts: list[bytes]) -> list[int]:
    return [sum(map(len, parts[:number])) for number in range(len(parts))]


@pytest.mark.parametrize(
    ("megabytes", "threads", "expected"), [(0.1, 2, 1), (13, 2, 1), (67, 2, 8), (67, 8, 2), (1_000, 2, 16)]
)
def test_a_small_file_still_has_splits_for_all_threads(megabytes: float, threads: int, expected: float) -> None:
    assert choose_split_bytes(int(megabytes * 1e6), threads) == expected * 1e6


@pytest.mark.parametrize("parts", [RECORDS, PACKED], ids=["plain", "packed"])
@pytest.mark.parametrize("size", [1, 700, 3_000, 10**9])
def test_ranges_cover_a_file_once_and_begin_with_records(parts: list[bytes], size: int) -> None:
    content = b"".join(parts)
    ranges = list(divide(io.BytesIO(content), start=0, end=len(content), size=size))
    assert [one.start for one in ranges[1:]] == [one.end for one in ranges[:-1]]
    assert (ranges[0].start, ranges[-1].end) == (0, len(content))
    assert {one.start for one in ranges} <= set(starts(parts))
    assert len(ranges) == (len(parts) if size == 1 else len(ranges))


@pytest.mark.parametrize("parts", [RECORDS, PACKED], ids=["plain", "packed"])
def test_later_ranges_are_the_same_wherever_the_first_begins(parts: list[bytes]) -> None:
    content = b"".join(parts)
    whole = list(divide(io.BytesIO(content), start=0, end=len(content), size=1_500))
    rest = list(divide(io.BytesIO(content), start=starts(parts)[2], end=len(content), size=1_500))
    assert rest[1:] == whole[-len(rest) + 1 :]


@pytest.mark.parametrize("parts", [RECORDS, PACKED], ids=["plain", "packed"])
def test_halves_of_halves_are_single_records(parts: list[bytes]) -> None:
    file = io.BytesIO(b"".join(parts))
    waiting, single = [ByteRange(0, len(file.getvalue()))], []
    while waiting:
        halves = halve(file, one := waiting.pop())
        if halves is None:
            single.append(one.start)
        else:
            assert (halves[0].start, halves[0].end, halves[1].end) == (one.start, halves[1].start, one.end)
            waiting.extend(halves)
    assert sorted(single) == starts(parts)


def test_a_member_that_is_no_record_and_a_file_of_one_member_begin_nothing() -> None:
    content = PACKED[0] + gzip.compress(b"no record", mtime=0) + PACKED[1]
    assert find_record(io.BytesIO(content), 1, len(content)) == len(content) - len(PACKED[1])
    one = gzip.compress(b"".join(RECORDS), mtime=0)
    assert list(divide(io.BytesIO(one), start=0, end=len(one), size=500)) == [ByteRange(0, len(one))]
