"""The messages between this process and a worker process: a header of fixed size, then pickled bytes."""

from __future__ import annotations

import enum
import io
import pickle
import struct
from dataclasses import dataclass
from typing import Any


class Kind(enum.IntEnum):
    """What a message is: the first goes to a worker, the others come from one."""

    JOB = 1
    RESULT = 2
    RAISED = 3  # the payload is (sentence, traceback)
    OUT_OF_MEMORY = 4
    ANSWER_TOO_LARGE = 5


_HEADER = struct.Struct("<BQQQQ")
HEADER_BYTES = _HEADER.size


@dataclass(frozen=True, slots=True)
class Header:
    """The head of one message.

    `first` and `second` are the limits of a job: bytes of memory, bytes of the answer. Of what comes from a worker,
    `first` is the bytes of memory that it holds for itself now.
    """

    kind: Kind
    number: int
    length: int
    first: int = 0
    second: int = 0

    def pack(self) -> bytes:
        """Return the header as HEADER_BYTES bytes."""
        return _HEADER.pack(self.kind, self.number, self.length, self.first, self.second)


def unpack_header(data: bytes | bytearray | memoryview) -> Header:
    """Read the header at the start of these bytes."""
    kind, number, length, first, second = _HEADER.unpack_from(data)
    return Header(Kind(kind), number, length, first, second)


def make_frame(kind: Kind, number: int, payload: Any, *, first: int = 0, second: int = 0) -> memoryview:
    """Pickle a payload behind its header; a large body of bytes in it is copied once."""
    frame = io.BytesIO()
    frame.write(bytes(HEADER_BYTES))
    pickle.dump(payload, frame, protocol=5)
    view = frame.getbuffer()
    view[:HEADER_BYTES] = Header(kind, number, len(view) - HEADER_BYTES, first, second).pack()
    return view
