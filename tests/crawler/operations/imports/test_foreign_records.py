"""Any WARC file is read record by record, within bounds; what is damaged costs itself."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import time
import zlib
from collections.abc import Sequence

import pytest

from crawler.operations.imports.foreign_records import ForeignRecord, ReadingLimits, read_foreign_records
from crawler.operations.imports.skip_reason import SkipReason
from crawler.operations.splits.byte_ranges import begins_record
from pipelines.page import OutletProfile
from tests.fixtures.foreign_warcs import answer, day, record

LIMITS = ReadingLimits(max_page_bytes=100_000, now=day("2026-11-22"))
FARO = OutletProfile(id="faro", name="El Faro del Callao")
PAGE = b"<html><p>El puerto de Chancay</p></html>"


def find_outlet(url: str) -> OutletProfile | SkipReason:
    return FARO if "faro" in url else SkipReason.UNKNOWN_OUTLET


def read(content: bytes, *, done: int = 0, known: tuple[int, int] = (0, 0)) -> list[ForeignRecord]:
    file = io.BytesIO(content)
    return list(read_foreign_records(file, find_outlet=find_outlet, limits=LIMITS, done=done, known=known))


def outcomes(content: bytes) -> list[str]:
    return [one.page.url.rpartition("/")[2] if one.page else str(one.skipped) for one in read(content)]


def page(name: str, **options: object) -> bytes:
    return record(answer(PAGE), url=f"https://faro.example/{name}", **options)  # type: ignore[arg-type]


def pack_each(records: Sequence[bytes]) -> bytes:
    return b"".join(map(gzip.compress, records))


def pack_parts(content: bytes, size: int) -> bytes:
    return b"".join(gzip.compress(content[at : at + size]) for at in range(0, len(content), size))


THREE = [page("a"), page("b"), page("c")]


LAYOUTS = {
    "plain": b"".join(THREE),
    "each": pack_each(THREE),
    "one": gzip.compress(b"".join(THREE)),
    "last two": pack_each([THREE[0], THREE[1] + THREE[2]]),
    "first two": pack_each([THREE[0] + THREE[1], THREE[2]]),
    "after others": pack_each([THREE[0], THREE[1] + record(b"", kind="metadata"), THREE[2]]),
    "with blanks": pack_each([THREE[0], b"", b"\r\n" + THREE[1], THREE[2] + b"\r\n"]),
    "in parts": pack_parts(b"".join(THREE), 100),
    "no blank lines": b"".join(THREE).replace(b"\r\n\r\nWARC/", b"WARC/"),
}


@pytest.mark.parametrize("content", LAYOUTS.values(), ids=LAYOUTS)
def test_records_are_found_however_the_file_is_packed(content: bytes) -> None:
    whole = read(content)
    assert [one for one in outcomes(content) if one != SkipReason.OTHER_RECORD] == ["a", "b", "c"]
    for number in range(len(whole) + 1):  # where an import was stopped
        offset = whole[number - 1].offset if number else 0
        first = next(one.number for one in whole if one.offset == offset)
        assert read(content, done=number, known=(first, offset)) == whole[number:]


@pytest.mark.parametrize("content", LAYOUTS.values(), ids=LAYOUTS)
def test_a_record_lies_in_the_member_that_has_its_beginning(content: bytes) -> None:
    whole = read(content)
    starts = {one.offset for one in whole} | {0}
    for begin in (start for start in starts if begins_record(io.BytesIO(content), start)):
        rest = [one for one in whole if one.offset >= begin]
        assert [(one.offset, one.page) for one in read(content, known=(0, begin))] == [
            (one.offset, one.page) for one in rest
        ]
    assert max(starts) < len(content)


def test_old_and_new_versions_of_the_format_are_read() -> None:
    assert outcomes(b"".join(page(name, version=name) for name in ("0.18", "1.0", "1.1"))) == ["0.18", "1.0", "1.1"]


def test_a_page_has_address_body_headers_and_time_of_its_capture() -> None:
    (found,) = read(page("a?utm_source=x", date="2019-06-03T15:00:00.25Z"))
    assert found.page is not None
    assert (found.page.url, found.page.key, found.page.body) == ("https://faro.example/a", "faro.example/a", PAGE)
    assert found.page.fetched_at == day("2019-06-03").replace(hour=15, microsecond=250_000)
    assert found.page.content_type == "text/html; charset=utf-8"
    assert found.record_id.startswith("<urn:test:")


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("2019-06-03", day("2019-06-03")),
        ("2019-06-03T15:00", day("2019-06-03").replace(hour=15)),
        ("2019-06-03T15:00:00", day("2019-06-03").replace(hour=15)),
        ("2019-06-03T15:00:00+02:00", day("2019-06-03").replace(hour=13)),
        ("2019-06-03T15:00:00.123456789Z", day("2019-06-03").replace(hour=15, microsecond=123456)),
    ],
)
def test_a_capture_date_may_have_any_precision_of_the_standard(date: str, moment: dt.datetime) -> None:
    (found,) = read(page("a", date=date))
    assert found.page is not None
    assert found.page.fetched_at == moment


def test_a_capture_from_the_future_counts_as_of_now() -> None:
    (found,) = read(page("a", date="2999-01-01T00:00:00Z"))
    assert found.page is not None
    assert found.page.fetched_at == LIMITS.now


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (record(b"", kind="warcinfo"), SkipReason.OTHER_RECORD),
        (record(b"GET / HTTP/1.1\r\n\r\n", kind="request"), SkipReason.OTHER_RECORD),
        (record(answer(b""), kind="revisit"), SkipReason.REVISIT),
        (record(answer(PAGE, status="404 Not Found")), SkipReason.STATUS),
        (record(answer(PAGE), url="https://elsewhere.example/"), SkipReason.UNKNOWN_OUTLET),
        (record(answer(PAGE), url="dns:faro.example"), SkipReason.BAD_ADDRESS),
        (page("a", date="yesterday"), SkipReason.NO_CAPTURE_DATE),
        (page("a", date="0001-01-01T00:00:00+14:00"), SkipReason.NO_CAPTURE_DATE),
        (page("a", date="9999-12-31T23:59:59-14:00"), SkipReason.NO_CAPTURE_DATE),
        (page("a", date="1970-01-01T00:00:00Z"), SkipReason.NO_CAPTURE_DATE),
        (record(answer(b"\x89PNG" + PAGE)), SkipReason.NOT_HTML),
        (record(answer(PAGE + b" " * 100_000)), SkipReason.TOO_LARGE),
        (page("a", more=[("WARC-Truncated", "length")]), SkipReason.TRUNCATED),
        (page("a", more=[("WARC-Segment-Number", "1")]), SkipReason.TRUNCATED),
        (record(PAGE), SkipReason.DAMAGED),
    ],
)
def test_what_is_no_page_of_an_outlet_is_skipped_with_its_reason(content: bytes, reason: SkipReason) -> None:
    assert outcomes(content + page("next")) == [str(reason), "next"]


def test_a_resource_is_a_page_too() -> None:
    assert outcomes(record(PAGE, url="https://faro.example/r", kind="resource")) == ["r"]


def test_the_names_of_headers_may_be_written_as_go_writes_them() -> None:
    written = page("a").replace(b"WARC-Type", b"Warc-Type").replace(b"WARC-Target-URI", b"Warc-Target-Uri")
    assert outcomes(written.replace(b"WARC-Date", b"Warc-Date") + page("next")) == ["a", "next"]


def test_the_block_of_any_record_is_what_its_content_type_says() -> None:
    bare = record(PAGE, url="https://faro.example/bare").replace(b"application/http; msgtype=response", b"text/html")
    http = record(answer(PAGE), url="https://faro.example/http", kind="resource")
    found = read(bare + http)
    assert [one.page and one.page.body for one in found] == [PAGE, PAGE]


@pytest.mark.parametrize("pack", [pack_each, b"".join], ids=["packed", "plain"])
def test_a_damaged_record_costs_itself(pack: object) -> None:
    lie = page("lie", length=10**9)
    for bad in (lie, b"WARC/1.0\r\nno header\r\n", b"\0" * 3_000, page("head").replace(b"WARC-Date", b"X" * 100_000)):
        found = outcomes(pack([THREE[0], bad, THREE[1], THREE[2]]))  # type: ignore[operator]
        assert [name for name in found if name in {"a", "b", "c"}] == ["a", "b", "c"], bad[:40]


WRONG_LENGTHS = {
    "small": page("wrong", length=len(answer(PAGE)) - 5),
    "large": page("wrong", length=len(answer(PAGE)) + 100),
    "none": page("wrong").replace(b"Content-Length", b"X-Length"),
    "of a request": record(b"GET / HTTP/1.1\r\n\r\n", kind="request", length=3),
}


def pack_one(records: Sequence[bytes]) -> bytes:
    return gzip.compress(b"".join(records))


def pack_blocks(records: Sequence[bytes]) -> bytes:
    return pack_parts(b"".join(records), 90)


@pytest.mark.parametrize("pack", [pack_each, pack_one, pack_blocks, b"".join], ids=["packed", "one", "blocks", "plain"])
@pytest.mark.parametrize("wrong", WRONG_LENGTHS.values(), ids=WRONG_LENGTHS)
def test_a_record_of_a_wrong_length_is_counted_once_and_its_block_is_no_page(wrong: bytes, pack: object) -> None:
    file = pack([THREE[0], wrong, THREE[1], THREE[2]])  # type: ignore[operator]
    whole = read(file)
    assert outcomes(file) == ["a", "damaged", "b", "c"]
    for number in range(4):
        first = next(one.number for one in whole if one.offset == whole[number].offset)
        assert read(file, done=number, known=(first, whole[number].offset)) == whole[number:]


def test_what_lies_between_two_records_costs_neither() -> None:
    assert outcomes(THREE[0] + b"neither\na record" + THREE[1]) == ["a", "damaged", "b"]
    assert outcomes(pack_each(THREE[:1]) + b"neither" + pack_each(THREE[1:])) == ["a", "damaged", "b", "c"]
    assert outcomes(pack_one([THREE[0], b"neither", THREE[1]] * 20)) == ["a", "damaged", "b"] * 20


@pytest.mark.parametrize("between", [b"", b"\r\n", b"\r\n\r\n"], ids=["nothing", "a line", "two lines"])
def test_members_without_a_record_are_passed_over(between: bytes) -> None:
    empty = gzip.compress(between)
    file = empty * 2 + pack_each(THREE[:1]) + empty + pack_each(THREE[1:]) + empty
    assert outcomes(file) == ["a", "b", "c"]
    whole = read(file)
    for number in range(1, 4):
        assert read(file, done=number, known=(number - 1, whole[number - 1].offset)) == whole[number:]


def test_a_file_of_many_empty_members_is_read_to_its_end() -> None:
    assert outcomes((gzip.compress(b"") + gzip.compress(THREE[0])) * 1_500) == ["a"] * 1_500


def test_a_torn_end_is_told_and_what_is_before_it_is_read() -> None:
    packed = pack_each(THREE)
    assert outcomes(packed[:-40]) == ["a", "b", "damaged"]
    assert outcomes(gzip.compress(b"".join(THREE))[:-10])[:2] == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"hello\n" * 1_000, b"\x1f\x8b\x08nothing", b"<html></html>"])
def test_what_is_no_warc_file_has_no_page(content: bytes) -> None:
    assert [one.page for one in read(content)] in ([], [None])


@pytest.mark.slow
def test_a_huge_record_and_a_bomb_cost_neither_memory_nor_much_time() -> None:
    packer = zlib.compressobj(9, wbits=31)
    head = record(b"", url="https://faro.example/huge", length=300_000_000)[:-4]
    zeros = b"\0" * 10_000_000
    bomb = b"".join([packer.compress(head), *(packer.compress(zeros) for _ in range(30)), packer.flush()])
    begun = time.process_time()
    assert outcomes(bomb + gzip.compress(page("next"))) == ["too-large", "next"]
    assert time.process_time() - begun < 10


def test_a_hundred_thousand_empty_records_are_read_one_by_one() -> None:
    tiny = gzip.compress(record(b"", kind="metadata") * 100_000, 1)
    assert sum(1 for _ in read_foreign_records(io.BytesIO(tiny), find_outlet=find_outlet, limits=LIMITS)) == 100_000
