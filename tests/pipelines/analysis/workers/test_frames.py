"""Messages between this process and a worker: what is pickled, and the body behind it."""

from __future__ import annotations

import copy
import datetime as dt
import pickle

import pytest

from pipelines.analysis.workers.frames import HEADER_BYTES, MIN_BODY_BYTES, Kind, make_frame, unpack_header
from pipelines.page import OutletProfile, Page


def make_page(body: bytes) -> Page:
    outlet = OutletProfile(id="diario", name="El Diario")
    return Page(url="https://diario.test/a", key="a", body=body, outlet=outlet, fetched_at=dt.datetime.now(dt.UTC))


@pytest.mark.parametrize("size", [0, MIN_BODY_BYTES - 1, MIN_BODY_BYTES, 3_000_000])
def test_a_page_comes_back_as_it_was_and_a_large_body_is_not_pickled(size: int) -> None:
    page = make_page(b"a" * size)
    bodies: list[memoryview] = []
    frame = make_frame(Kind.JOB, 7, page, first=1, second=2, bodies=bodies)
    header = unpack_header(frame)
    assert (header.kind, header.number, header.first, header.second) == (Kind.JOB, 7, 1, 2)
    assert header.length == len(frame) - HEADER_BYTES
    assert header.body == (size if size >= MIN_BODY_BYTES else 0) == sum(map(len, bodies))
    received = pickle.loads(frame[HEADER_BYTES:], buffers=[bytes(body) for body in bodies])
    assert received == page
    assert type(received.body) is bytes


def test_only_the_first_large_body_follows_a_frame() -> None:
    bodies: list[memoryview] = []
    pages = [make_page(b"a" * MIN_BODY_BYTES), make_page(b"b" * MIN_BODY_BYTES)]
    frame = make_frame(Kind.JOB, 1, pages, bodies=bodies)
    assert unpack_header(frame).body == MIN_BODY_BYTES
    assert pickle.loads(frame[HEADER_BYTES:], buffers=[bytes(body) for body in bodies]) == pages


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_page_can_be_pickled_and_copied_in_any_other_way(protocol: int) -> None:
    page = make_page(b"a" * MIN_BODY_BYTES)
    assert pickle.loads(pickle.dumps(page, protocol=protocol)) == page == copy.copy(page)
    assert type(copy.copy(page).body) is bytes
