"""What runs inside one worker process: one job after the other, each within its limits."""

from __future__ import annotations

import contextlib
import functools
import importlib
import mmap
import os
import pickle
import resource
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.analysis.workers.frames import HEADER_BYTES, Header, Kind, make_frame, unpack_header

_PAGE_BYTES = mmap.PAGESIZE


def serve_jobs(channel: socket.socket, topic: Any) -> None:
    """Do the jobs that come through the channel until its other end is closed.

    `topic` is given to the functions whose jobs ask for it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # pages that crash a parser must not fill the disk
    with contextlib.suppress(OSError):  # Linux: when memory runs out, a worker goes before the process that writes
        Path("/proc/self/oom_score_adj").write_text("500")
    memory = Memory()
    buffer = bytearray(1 << 20)  # for all jobs but the largest: memory that is new for each costs more than the copy
    while (head := _read(channel, memoryview(buffer)[:HEADER_BYTES])) is not None:
        header = unpack_header(head)
        large = header.length > len(buffer)
        payload = _read(channel, memoryview(bytearray(header.length) if large else buffer)[: header.length])
        body = _receive(channel, header.body)
        if payload is None or body is None:
            return
        channel.sendall(_do_job(header, payload, body, topic, memory))
        del payload, body  # before the next ones are read


def _do_job(header: Header, payload: memoryview, body: bytes, topic: Any, memory: Memory) -> memoryview | bytes:
    """Call the function of one job, and return the message that answers it."""
    number, max_answer = header.number, header.second
    try:
        with memory.limit(header.first):
            answer = _call(number, payload, body, topic)
    except MemoryError:
        return Header(Kind.OUT_OF_MEMORY, number, 0, memory.measure()).pack()
    except BaseException as error:  # noqa: BLE001 - also SystemExit of a library; the parent logs it
        said = (_describe_error(error), traceback.format_exc()[-20_000:])
        return make_frame(Kind.RAISED, number, said, first=memory.measure())
    length = len(answer) - HEADER_BYTES
    if length > max_answer:
        return Header(Kind.ANSWER_TOO_LARGE, number, 0, memory.measure()).pack()
    answer[:HEADER_BYTES] = Header(Kind.RESULT, number, length, memory.measure()).pack()
    return answer


def _call(number: int, payload: memoryview, body: bytes, topic: Any) -> memoryview:
    called = pickle.loads(payload, buffers=[body] if body else ())  # noqa: S301 - from the process that started us
    function, wants_topic, args, options = called
    if wants_topic:
        options["topic"] = topic
    return make_frame(Kind.RESULT, number, find_function(function)(*args, **options))


def _describe_error(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:1000]
    except Exception:  # noqa: BLE001 - an exception of a library may fail to describe itself
        return type(error).__name__


@functools.cache
def find_function(name: str) -> Callable[..., Any]:
    """Import "module:function"."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


class Memory:
    """Measures and limits this process's memory.

    The limit is RLIMIT_DATA: what the process can write to. RLIMIT_AS would count what libraries reserve and never
    touch (numpy's, the thread arenas of malloc), and differ with their versions.
    """

    def __init__(self) -> None:
        self._statm = os.open("/proc/self/statm", os.O_RDONLY) if sys.platform == "linux" else None
        self._hard = resource.getrlimit(resource.RLIMIT_DATA)[1]

    def measure(self) -> int:
        """Return the bytes in memory that are this process's own."""
        if self._statm is None:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        numbers = os.pread(self._statm, 200, 0).split()
        return (int(numbers[1]) - int(numbers[2])) * _PAGE_BYTES

    @contextlib.contextmanager
    def limit(self, more: int) -> Any:
        """Limit the memory to `more` bytes beyond what is taken now; passing it raises MemoryError, or ends us."""
        if self._statm is None:
            yield
            return
        soft = int(os.pread(self._statm, 200, 0).split()[5]) * _PAGE_BYTES + more
        if self._hard != resource.RLIM_INFINITY:
            soft = min(soft, self._hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, self._hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, (self._hard, self._hard))


def _read(channel: socket.socket, view: memoryview) -> memoryview | None:
    """Read as many bytes as the view has; None if the other end is closed."""
    read = 0
    while read < len(view):
        count = channel.recv_into(view[read:])
        if not count:
            return None
        read += count
    return view


def _receive(channel: socket.socket, length: int) -> bytes | None:
    """Receive so many bytes; None if the other end is closed before."""
    parts: list[bytes] = []
    while length:
        part = channel.recv(length, socket.MSG_WAITALL)
        if not part:
            return None
        length -= len(part)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)  # joining would copy
