"""Files for `vigia analyse` that can't be read are refused in a line, without unpacking what is too large."""

from __future__ import annotations

import datetime as dt
import gzip
import tracemalloc
from pathlib import Path

import pytest

from crawler.config.desk import Desk, DeskError
from crawler.operations.analyse_files import MAX_FILE_BYTES, FileTask, page_of_file

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
PAGE = gzip.compress(b"<html>" * 100_000)


def page_of(file: Path, body: bytes) -> bytes:
    file.write_bytes(body)
    desk = Desk.model_construct(outlets=())
    return page_of_file(FileTask(file=file, url="https://faro.example/1"), desk, now=NOW).body


def test_a_packed_file_is_unpacked(tmp_path: Path) -> None:
    assert page_of(tmp_path / "page", PAGE) == b"<html>" * 100_000


@pytest.mark.parametrize(
    ("body", "sentence"), [(PAGE[:-100], "cut short"), (PAGE[:50] + bytes(50) + PAGE[100:], "broken gzip")]
)
def test_a_damaged_file_is_named(tmp_path: Path, body: bytes, sentence: str) -> None:
    with pytest.raises(DeskError, match=f"page: can't be unpacked .*{sentence}"):
        page_of(tmp_path / "page", body)


def test_a_file_that_unpacks_to_gigabytes_takes_no_memory(tmp_path: Path) -> None:
    million = gzip.compress(bytes(1_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(DeskError, match="over 50 MB"):
            page_of(tmp_path / "page", million * 500)
        assert tracemalloc.get_traced_memory()[1] < 4 * MAX_FILE_BYTES
    finally:
        tracemalloc.stop()
