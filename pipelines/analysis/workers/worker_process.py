"""One worker process, seen from its parent, and the channel to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from pipelines.analysis.workers.frames import HEADER_BYTES, Header, unpack_header
from pipelines.analysis.workers.job_clock import read_waited_seconds

SOCKET_BUFFER_BYTES = 1 << 20  # the kernel may give less
_BUFFER = memoryview(bytearray(1 << 18))  # for one reading; a new one each time would cost more than the reading


class Forker(Protocol):
    """What forks and kills workers."""

    def fork(self, worker: WorkerProcess, channel: socket.socket) -> None:
        """Fork a worker process at the other end of this channel."""

    def kill(self, pid: int) -> None:
        """Kill a worker process."""


class WorkerProcess:
    """One worker process and the channel to it.

    `on_message(header, payload)` is called for each message, and `on_end(exit code, words)` once, after the last
    message. The exit code is None if the worker's end says nothing about its job: it could not be forked, or the
    server ended.
    """

    def __init__(
        self,
        server: Forker,
        *,
        on_message: Callable[[Header, bytes], None],
        on_end: Callable[[int | None, str], None],
    ) -> None:
        self._server = server
        self._on_message = on_message
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._fork_seconds = 0.0
        self._unsent: deque[memoryview] = deque()
        self._heard = bytearray()
        self._end: tuple[int | None, str] | None = None
        self._killed = False
        self._closed = False
        self.pid: int | None = None
        try:
            self._channel, theirs = socket.socketpair()
        except OSError as error:  # too many files are open
            self._closed = True
            self._loop.call_soon(self.set_end, None, error.strerror or str(error))
            return
        for end in (self._channel, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER_BYTES)
        self._channel.setblocking(False)
        self._loop.add_reader(self._channel, self._read)
        server.fork(self, theirs)

    def send(self, parts: Iterable[memoryview]) -> None:
        """Send the parts of a message; what the kernel does not take at once is sent later."""
        if self._closed:
            return
        waits = bool(self._unsent)
        self._unsent.extend(parts)
        if not waits:
            self._write()

    def close(self) -> None:
        """Send nothing more: the worker ends after its last job."""
        if not self._closed:
            with contextlib.suppress(OSError):
                self._channel.shutdown(socket.SHUT_WR)

    def kill(self) -> None:
        """Kill the process."""
        self._killed = True
        if self.pid is not None:
            self._server.kill(self.pid)

    def lower_priority(self) -> None:
        """Let every other process go before this one."""
        if self.pid is not None:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.pid, 10)

    def waited_seconds(self) -> float:
        """Return how long it has waited to be forked, and from then on for a processor."""
        if self.pid is None:
            return self._loop.time() - self._began
        return self._fork_seconds + read_waited_seconds(self.pid)

    def set_pid(self, pid: int) -> None:
        """Called by the server once it is forked."""
        self.pid = pid
        self._fork_seconds = self._loop.time() - self._began
        if self._killed:
            self._server.kill(pid)

    def set_end(self, code: int | None, words: str) -> None:
        """Called by the server once the process has ended."""
        self._end = code, words
        if code is None:
            self._close_channel()
        self._settle()

    def _settle(self) -> None:
        """Report the end once nothing more can come."""
        if self._closed and self._end is not None:
            report, self._on_end = self._on_end, lambda *_: None
            report(*self._end)

    def _write_rest(self) -> None:
        self._write()
        if not self._unsent:
            self._loop.remove_writer(self._channel)

    def _write(self) -> None:
        while self._unsent:
            try:
                sent = self._channel.sendmsg(self._unsent)
            except BlockingIOError:
                self._loop.add_writer(self._channel, self._write_rest)
                return
            except OSError:  # it died: its end is read
                self._unsent.clear()
                return
            while sent:
                part = self._unsent.popleft()
                if sent < len(part):
                    self._unsent.appendleft(part[sent:])
                sent = max(0, sent - len(part))

    def _read(self) -> None:
        try:
            count = self._channel.recv_into(_BUFFER)
        except BlockingIOError:
            return
        except OSError:
            count = 0
        if not count:
            self._close_channel()
            self._settle()
            return
        self._heard += _BUFFER[:count]
        while len(self._heard) >= HEADER_BYTES and not self._closed:
            header = unpack_header(self._heard)
            if len(self._heard) < HEADER_BYTES + header.length:
                return
            payload = bytes(memoryview(self._heard)[HEADER_BYTES : HEADER_BYTES + header.length])
            del self._heard[: HEADER_BYTES + header.length]
            self._on_message(header, payload)

    def _close_channel(self) -> None:
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._channel)
            self._loop.remove_writer(self._channel)
            self._channel.close()
            self._unsent.clear()
