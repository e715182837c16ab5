"""The messages between this process and a worker process: a header of fixed size, pickled bytes, and perhaps a body.

A body is what the pickled data holds as a `pickle.PickleBuffer`. It follows them as it is, so that nobody copies it
but the kernel.
"""

from __future__ import annotations

import enum
import io
import pickle
import struct
from typing import Any, NamedTuple


class Kind(enum.IntEnum):
    """What a message is: the first goes to a worker, the others come from one."""

    JOB = 1
    RESULT = 2
    RAISED = 3  # the payload is (sentence, traceback)
    OUT_OF_MEMORY = 4
    ANSWER_TOO_LARGE = 5


MIN_BODY_BYTES = 16_384  # less is pickled with the rest
_KINDS = {int(kind): kind for kind in Kind}
_HEADER = struct.Struct("<BQQQQQ")
HEADER_BYTES = _HEADER.size


class Header(NamedTuple):
    """The head of one message.

    `first` and `second` are the limits of a job: bytes of memory, bytes of the answer. Of what comes from a worker,
    `first` is the bytes of memory that it holds for itself now. `body` is the length of the body, 0 without one.
    """

    kind: Kind
    number: int
    length: int
    first: int = 0
    second: int = 0
    body: int = 0

    def pack(self) -> bytes:
        """Return the header as HEADER_BYTES bytes."""
        return _HEADER.pack(*self)


def unpack_header(data: bytes | bytearray | memoryview) -> Header:
    """Read the header at the start of these bytes."""
    kind, *others = _HEADER.unpack_from(data)
    return Header(_KINDS[kind], *others)


def make_frame(
    kind: Kind, number: int, payload: Any, *, first: int = 0, second: int = 0, bodies: list[memoryview] | None = None
) -> memoryview:
    """Pickle a payload behind its header.

    The first large buffer of the payload goes to `bodies`, if that is given, and must be sent after the frame.
    """

    def is_pickled(buffer: pickle.PickleBuffer) -> bool:
        body = buffer.raw()
        if bodies is None or bodies or len(body) < MIN_BODY_BYTES:
            return True
        bodies.append(body)
        return False

    frame = io.BytesIO()
    frame.write(bytes(HEADER_BYTES))
    pickle.Pickler(frame, protocol=5, buffer_callback=is_pickled).dump(payload)
    view = frame.getbuffer()
    length = len(view) - HEADER_BYTES
    view[:HEADER_BYTES] = Header(kind, number, length, first, second, sum(map(len, bodies or ()))).pack()
    return view
