"""Compressed bodies: whole ones are read, hostile ones cost no more than their size allows."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.decompression import MAX_MEMBERS, Coding, decompress, zstd
from crawler.discovery.source_response import MAX_UNPACKED_BYTES, unpack
from tests.fixtures.growth import measure_growth


def deflate_raw(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


PACKERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda body: brotli.compress(body, quality=4),  # the best is a hundred times slower
    "zstd": zstd.compress,
}
CODINGS: tuple[Coding, ...] = ("gzip", "deflate", "br", "zstd")
BODIES = st.binary(max_size=2_000) | st.builds(
    lambda piece, n: piece * n, st.binary(max_size=50), st.integers(0, 9_000)
)


@given(BODIES, st.sampled_from(CODINGS))
def test_what_was_packed_is_read_whole(body: bytes, coding: Coding) -> None:
    unpacked = decompress(PACKERS[coding](body), coding, max_bytes=1_000_000)
    assert (unpacked.body, unpacked.fault) == (body, None)
    assert decompress(deflate_raw(body), "deflate", max_bytes=1_000_000).body == body


@given(BODIES, st.sampled_from(CODINGS), st.integers(0, 300), st.integers(0, 5_000))
def test_the_result_is_a_beginning_of_the_body_and_within_the_limit(
    body: bytes, coding: Coding, cut: int, limit: int
) -> None:
    packed = PACKERS[coding](body)
    unpacked = decompress(packed[: max(0, len(packed) - cut)], coding, max_bytes=limit)
    assert len(unpacked.body) <= limit
    assert body.startswith(unpacked.body)
    assert unpacked.body == body or unpacked.fault


@given(st.binary(max_size=3_000), st.sampled_from(CODINGS))
def test_any_bytes_give_a_fault_and_no_error(body: bytes, coding: Coding) -> None:
    unpacked = decompress(body, coding, max_bytes=10_000)
    assert unpacked.fault is None or "\n" not in unpacked.fault


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_members_are_joined_up_to_a_limit(coding: Coding) -> None:
    member = PACKERS[coding](b"a")
    assert decompress(member * MAX_MEMBERS, coding, max_bytes=1_000_000).body == b"a" * MAX_MEMBERS
    fault = decompress(member * (MAX_MEMBERS + 1), coding, max_bytes=1_000_000).fault
    assert fault == f"more than {MAX_MEMBERS} {coding} members, the rest left out"


def test_two_million_empty_members_packed_once_more_are_left_out() -> None:
    packed = gzip.compress(gzip.compress(b"", mtime=0) * 2_000_000)
    assert len(packed) < 150_000
    body, warnings = unpack(packed)
    assert (body, warnings) == (b"", (f"more than {MAX_MEMBERS} gzip members, the rest left out",))


@pytest.mark.slow
@pytest.mark.parametrize("coding", CODINGS)
def test_the_work_grows_with_the_size(coding: Coding) -> None:
    noise = bytes(zlib.crc32(number.to_bytes(4, "big")) & 0xFF for number in range(500_000))
    for make in (lambda n: PACKERS[coding](noise * n), lambda n: PACKERS[coding](b"") * (n * 100_000)):
        growth = measure_growth(lambda body: decompress(body, coding, max_bytes=MAX_UNPACKED_BYTES), make, size=8)
        assert growth <= 3
