"""Read the block of a response record: status, headers and the decoded body. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import cast

from crawler.crawling.response_limits import (
    MAX_HEADER_BYTES,
    MAX_HEADER_LINES,
    MAX_SMALL_CHUNKS,
    MIN_CHUNK_BYTES,
)
from crawler.discovery.decompression import Coding, decompress

_MAX_CODINGS = 3  # of one body
_MAX_INTERIM_ANSWERS = 5  # before the final one
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})(?: [^\r\n]*)?")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]{0,200})?\r?\n")
_CODING_NAMES = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate", "br": "br", "zstd": "zstd"}
_GZIP_MEMBER = b"\x1f\x8b\x08"  # the beginning of one (RFC 1952, 2.3)
_MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}


class BodyError(Exception):
    """The block can't be read. `is_too_large`: it is larger than a page may be."""

    def __init__(self, *, is_too_large: bool = False) -> None:
        super().__init__()
        self.is_too_large = is_too_large


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """An HTTP response as an archive holds it; the body is as it was sent."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """Return the value of a header, "" if there is none."""
        return next((value for known, value in self.headers if known.lower() == name), "")

    def list_header(self, name: str) -> list[str]:
        """Return the members of a header that is a list, of all its lines (RFC 9110, 5.3), in small letters."""
        lines = ",".join(value for known, value in self.headers if known.lower() == name)
        return [member.strip() for member in lines.lower().split(",") if member.strip()]


def read_http_answer(block: bytes) -> HttpAnswer:
    """Read status line and headers. Raises BodyError if they are no HTTP, or too long.

    Interim answers (103 Early Hints), which some proxies record before the final one, are passed over.
    """
    for _ in range(_MAX_INTERIM_ANSWERS):
        answer = _read_answer(block)
        if not 100 <= answer.status < 200 or not answer.body.startswith(b"HTTP/"):
            break
        block = answer.body
    return answer


def _read_answer(block: bytes) -> HttpAnswer:
    status = _STATUS.match(block)
    if status is None:
        raise BodyError
    ends = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := block.find(mark, 0, MAX_HEADER_BYTES)) >= 0]
    if not ends:
        raise BodyError
    end, length = min(ends)
    lines = block[:end].splitlines()[1:]
    if len(lines) > MAX_HEADER_LINES:
        raise BodyError
    pairs = (line.decode("latin-1").partition(":") for line in lines)
    return HttpAnswer(
        status=int(status[1]),
        headers=tuple((name.strip(), value.strip()) for name, colon, value in pairs if colon),
        body=block[end + length :],
    )


def undo_codings(answer: HttpAnswer, *, max_bytes: int) -> bytes:
    """Return the body without transfer and content codings.

    Many crawlers store the decoded body under the headers as they were sent, so a coding that is only claimed is
    ignored. Some archives leave the header out, so a body that is gzip all the same is unpacked if it can be.
    Raises BodyError for a body that is broken or unpacks to more than `max_bytes`.
    """
    body = answer.body
    if "chunked" in answer.list_header("transfer-encoding"):
        body = join_chunks(body)
    named = answer.list_header("content-encoding")
    if not named and body.startswith(_GZIP_MEMBER):
        unpacked = decompress(body, "gzip", max_bytes=max_bytes)
        body = body if unpacked.too_large or unpacked.fault else unpacked.body
    for name in reversed(named[:_MAX_CODINGS]):
        coding = _CODING_NAMES.get(name)
        if coding is None or not body.startswith(_MAGIC.get(coding, b"")):
            continue
        unpacked = decompress(body, cast("Coding", coding), max_bytes=max_bytes)
        if unpacked.too_large:
            raise BodyError(is_too_large=True)
        if unpacked.fault and coding in _MAGIC:
            raise BodyError
        if not unpacked.fault:  # deflate and Brotli have no mark: a body that is none was decoded before
            body = unpacked.body
    if len(body) > max_bytes:
        raise BodyError(is_too_large=True)
    return body


def join_chunks(body: bytes) -> bytes:
    """Join the chunks of a body (RFC 9112, 7.1). A body that does not begin with a chunk is returned as it is.

    Raises BodyError if it is torn, or cut into more chunks than a server that writes line by line would send.
    """
    parts: list[bytes] = []
    at = total = 0
    while size := _CHUNK_SIZE.match(body, at):
        length = int(size[1], 16)
        if length == 0:
            return b"".join(parts)
        part = body[size.end() : size.end() + length]
        parts.append(part)
        total += len(part)
        at = size.end() + length
        if len(part) < length or len(parts) > MAX_SMALL_CHUNKS + total // MIN_CHUNK_BYTES:
            raise BodyError
        at += 2 if body.startswith(b"\r\n", at) else body.startswith(b"\n", at)
    if parts:
        raise BodyError
    return body
