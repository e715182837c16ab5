"""Decompress what an outlet sent: one pass, a bounded number of members, a bounded size. Pure."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Coding = Literal["gzip", "deflate", "br", "zstd"]

MAX_MEMBERS = 5_000  # of one body: a file of 50 MB in blocks of 64 kB has 800, and each costs as much as 10 kB of text
_INPUT_BYTES = 16_384  # a decoder copies what it leaves of its input, so it gets a little at a time
_OUTPUT_BYTES = 1_000_000  # taken of a decoder at a time
_ZSTD_WINDOW_LOG = 23  # RFC 9659: a window of at most 8 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """What could be decompressed, and why that is not all of it; `fault` is None for a whole body."""

    body: bytes = field(repr=False)
    fault: str | None
    too_large: bool = False


class _Decoder(Protocol):
    """One member's decoder. `left` is how many of the given bytes it did not take and wants again."""

    left: int
    ended: bool
    has_output: bool

    def take(self, data: bytes) -> bytes:
        """Take input, and return at most about _OUTPUT_BYTES."""


class _Zlib:
    has_output = False  # what it has not yet put out is in `left`

    def __init__(self, wbits: int) -> None:
        self.decoder = zlib.decompressobj(wbits)
        self.left = 0
        self.ended = False

    def take(self, data: bytes) -> bytes:
        output = self.decoder.decompress(data, _OUTPUT_BYTES)
        self.ended = self.decoder.eof
        self.left = len(self.decoder.unused_data if self.ended else self.decoder.unconsumed_tail)
        return output


class _Brotli:
    left = 0  # it keeps what it could not use, and allows no second member

    def __init__(self) -> None:
        self.decoder = brotli.Decompressor()
        self.ended = self.has_output = False

    def take(self, data: bytes) -> bytes:
        output: bytes = self.decoder.process(data, output_buffer_limit=_OUTPUT_BYTES)
        self.ended = self.decoder.is_finished()
        self.has_output = not self.ended and bool(output)  # whether there is more shows only when asked for it
        return output


class _Zstd:
    def __init__(self) -> None:
        self.decoder = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG})
        self.left = 0
        self.ended = self.has_output = False

    def take(self, data: bytes) -> bytes:
        output: bytes = self.decoder.decompress(data, _OUTPUT_BYTES)
        self.ended = self.decoder.eof
        self.has_output = not self.ended and not self.decoder.needs_input
        self.left = len(self.decoder.unused_data) if self.ended else 0
        return output


# How a member of each coding is decoded, and by what bytes the next is recognised. RFC 1952, 2.2 and RFC 8878, 3: a
# file may hold several members.
_CODINGS: dict[Coding, tuple[Callable[[], _Decoder], tuple[bytes, ...]]] = {
    "gzip": (lambda: _Zlib(31), (b"\x1f\x8b",)),
    "deflate": (lambda: _Zlib(15), ()),
    "br": (_Brotli, ()),
    "zstd": (_Zstd, (b"\x28\xb5\x2f\xfd", *(bytes((first, 0x2A, 0x4D, 0x18)) for first in range(0x50, 0x60)))),
}
_ERRORS = (zlib.error, brotli.error, zstd.ZstdError)


def decompress(body: bytes, coding: Coding, *, max_bytes: int) -> Unpacked:
    """Decompress a body to at most `max_bytes`.

    The work is bounded by the size of input and output together, whatever the bytes are. Bytes after the last member
    are ignored, as browsers do.
    """
    start, members = _CODINGS[coding]
    if coding == "deflate" and not _is_zlib(body):
        start = lambda: _Zlib(-15)  # noqa: E731 - raw deflate, as some servers send it
    parts: list[bytes] = []
    size = 0

    def result(fault: str | None, *, too_large: bool = False) -> Unpacked:
        return Unpacked(body=b"".join(parts)[:max_bytes], fault=fault, too_large=too_large)

    try:
        for part in _read_members(body, start, members):
            parts.append(part)
            size += len(part)
            if size > max_bytes:
                return result(f"larger than {max_bytes // 1_000_000} MB unpacked, the rest left out", too_large=True)
    except EOFError:
        return result(f"{coding} cut short")
    except _TooManyMembers:
        return result(f"more than {MAX_MEMBERS} {coding} members, the rest left out")
    except _ERRORS as error:
        return result(f"broken {coding}: {str(error)[:120]}")
    return result(None)


class _TooManyMembers(Exception):  # noqa: N818 - raised and caught here
    """There are more than MAX_MEMBERS."""


def _read_members(body: bytes, start: Callable[[], _Decoder], members: tuple[bytes, ...]) -> Iterator[bytes]:
    """Yield the decompressed pieces. Raises EOFError, _TooManyMembers or the decoder's error."""
    at = count = 0
    while count == 0 or (members and body.startswith(members, at)):
        count += 1
        if count > MAX_MEMBERS:
            raise _TooManyMembers
        decoder = start()
        while not decoder.ended:
            data = b"" if decoder.has_output else body[at : at + _INPUT_BYTES]
            if not data and not decoder.has_output:
                raise EOFError
            output = decoder.take(data)
            at += len(data) - decoder.left
            if output:
                yield output


def _is_zlib(body: bytes) -> bool:
    """True if the body begins as RFC 1950 says: method 8, and a check number that 31 divides."""
    return len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
