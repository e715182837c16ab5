"""The body of a response is what its page was, however the archive keeps it."""

from __future__ import annotations

import gzip
import time

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.operations.imports.http_body import BodyError, join_chunks, read_http_answer, undo_codings
from tests.fixtures.foreign_warcs import answer

PAGE = b"<html><p>El puerto de Chancay</p></html>"
CHUNKED, GZIP = "Transfer-Encoding: chunked", "Content-Encoding: gzip"


def chunks(body: bytes, size: int = 7) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (PAGE, ()),
        (chunks(PAGE), (CHUNKED,)),
        (gzip.compress(PAGE), (GZIP,)),
        (chunks(gzip.compress(PAGE)), (CHUNKED, GZIP)),
        (brotli.compress(PAGE), ("Content-Encoding: br",)),
        (PAGE, (CHUNKED, GZIP)),
        (chunks(PAGE), (CHUNKED, GZIP)),
        (gzip.compress(PAGE), (CHUNKED, GZIP)),
        (PAGE, ("Content-Encoding: br",)),
        (PAGE, ("Content-Encoding: unheard-of",)),
        (brotli.compress(gzip.compress(PAGE)), (GZIP, "Content-Encoding: br")),
        (gzip.compress(PAGE), ()),
        (gzip.compress(PAGE), ("Content-Encoding:",)),
        (chunks(gzip.compress(PAGE)), (CHUNKED,)),
    ],
)
def test_a_coding_is_undone_and_one_that_is_only_claimed_is_ignored(body: bytes, headers: tuple[str, ...]) -> None:
    read = read_http_answer(answer(body, *headers))
    assert (read.status, undo_codings(read, max_bytes=10_000)) == (200, PAGE)


def test_the_answer_is_the_final_one_behind_interim_ones() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    read = read_http_answer(early * 2 + answer(PAGE))
    assert (read.status, read.body) == (200, PAGE)
    assert read_http_answer(early * 50 + answer(PAGE)).status == 103
    assert read_http_answer(early).status == 103


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"<html>no HTTP</html>",
        b"HTTP/1.1 200 OK\r\nno end of the header",
        b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 5_000 + b"\r\n<html>",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\n\r\n<html>",
    ],
)
def test_a_block_without_a_sound_header_is_refused(block: bytes) -> None:
    with pytest.raises(BodyError):
        read_http_answer(block)


@pytest.mark.parametrize("body", [gzip.compress(b"\0" * 20_000_000), gzip.compress(PAGE)[:-9]], ids=["large", "cut"])
def test_a_file_that_is_gzip_itself_stays_what_it_is(body: bytes) -> None:
    assert len(body) < 1_000_000
    assert undo_codings(read_http_answer(answer(body)), max_bytes=1_000_000) == body


def test_a_body_that_unpacks_to_more_than_a_page_may_have_is_too_large() -> None:
    bomb = answer(gzip.compress(b"\0" * 20_000_000), GZIP)
    with pytest.raises(BodyError) as caught:
        undo_codings(read_http_answer(bomb), max_bytes=1_000_000)
    assert caught.value.is_too_large


@pytest.mark.parametrize("body", [chunks(PAGE)[:-20], b"1\r\na\r\n" * 500_000 + b"0\r\n\r\n"])
def test_torn_chunks_and_millions_of_tiny_ones_are_refused(body: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(BodyError):
        join_chunks(body)
    assert time.process_time() - begun < 10


@given(st.binary(max_size=300), st.integers(1, 50))
@settings(max_examples=30)
def test_chunks_of_any_size_are_joined_again(body: bytes, size: int) -> None:
    assert join_chunks(chunks(body, size)) == body
