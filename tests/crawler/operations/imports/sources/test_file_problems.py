"""What is no WARC file is told with what it is, and what to do."""

from __future__ import annotations

import gzip
import io

import pytest

from crawler.operations.imports.sources.file_problems import find_problem
from tests.fixtures.foreign_warcs import record


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (gzip.compress(b""), "empty"),
        (b"filedesc://a.arc 0.0.0.0 20060603120000 text/plain 76\n", "warcio recompress"),
        (gzip.compress(b"filedesc://a.arc 0.0.0.0 20060603120000 text/plain 76\n"), "warcio recompress"),
        (gzip.compress(b"") + gzip.compress(b"<html>"), "a page or an XML file"),
        (b"BZh91AY&SY", "packed with bzip2"),
        (b"a.warc".ljust(257, b"\0") + b"ustar\0", "a tar file"),
        (b"\n<!doctype html><title>Sign in</title>", "no WARC file; look whether its address"),
        (b"\x1f\x8b\x08nothing", "nothing could be read"),
        (b"hello\n", "nothing could be read"),
    ],
)
def test_a_file_is_told_by_how_it_begins(content: bytes, words: str) -> None:
    told = find_problem(io.BytesIO(content))
    assert told is not None
    assert words in told


def test_a_file_that_begins_as_a_warc_file_is_one_though_each_record_may_be_damaged() -> None:
    assert find_problem(io.BytesIO(record(b""))) is None
    assert find_problem(io.BytesIO(gzip.compress(record(b"")))) is None
