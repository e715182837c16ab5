"""Start the fork server, let it fork workers, and hear how they end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from pipelines.analysis.workers.fork_server import FORK_SERVER_ENVIRONMENT, ORDER_BYTES
from pipelines.analysis.workers.jobs import WorkersError
from pipelines.analysis.workers.worker_process import WorkerProcess
from pipelines.child_processes import start_with_channel
from pipelines.relevance.topic import TopicPlace

START_TIMEOUT_SECONDS = 120.0  # of the fork server: it imports the whole analysis, on a small machine under load
END_TIMEOUT_SECONDS = 10.0

_CODE = (
    "from pipelines.analysis.workers.fork_server import serve_forks; "
    "serve_forks({parent}, {topic!r}, {function!r}, {modules!r})"
)


class ForkServer:
    """The fork server's process, seen from its parent.

    `on_lost` is called when it ended without being asked to; then all workers have ended, too. `on_prepared` is called
    when workers that are forked from now on share all that was to be loaded.
    """

    def __init__(self, topic: str | Path | TopicPlace | None, function: str, modules: list[str]) -> None:
        self._topic = None if topic is None else topic if isinstance(topic, TopicPlace) else TopicPlace(str(topic))
        self._function = function
        self._modules = modules
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._heard = bytearray()
        self._words: IO[bytes]
        self._started: asyncio.Future[None]
        self._prepared = False
        self._asked_to_prepare = False
        self._forking: deque[WorkerProcess] = deque()
        self._workers: dict[int, WorkerProcess] = {}
        self.on_lost: Callable[[], None] = lambda: None
        self.on_prepared: Callable[[], None] = lambda: None

    @property
    def is_ready(self) -> bool:
        """Whether it can fork workers."""
        return self._control is not None and self._started.done()

    @property
    def is_prepared(self) -> bool:
        """Whether the workers that it forks share all that was to be loaded."""
        return self.is_ready and self._prepared

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process and self._control else None

    async def start(self) -> None:
        """Start it and wait until it has loaded everything; WorkersError if it can't.

        It and what it forks hear no SIGINT and no SIGTERM: the parent alone decides what becomes of work in flight.
        """
        self._started = asyncio.get_running_loop().create_future()
        self._heard.clear()
        self._prepared = self._asked_to_prepare = False
        try:
            self._control = self._start_process()
        except OSError as error:
            raise WorkersError(f"the processes that analyse pages can't start: {error.strerror}") from error
        asyncio.get_running_loop().add_reader(self._control, self._hear)
        try:
            await asyncio.wait_for(asyncio.shield(self._started), START_TIMEOUT_SECONDS)
        except TimeoutError:
            await self.stop()
            raise WorkersError(
                f"the processes that analyse pages can't start: not ready after {START_TIMEOUT_SECONDS:g} seconds"
            ) from None
        except BaseException:  # also a cancellation: no server process may outlive a start that failed
            await self.stop()
            raise

    def _start_process(self) -> socket.socket:
        """Start the process and return our end of its channel. Raises OSError; then nothing stays open."""
        topic = self._topic and tuple(self._topic)
        code = _CODE.format(parent=os.getpid(), topic=topic, function=self._function, modules=self._modules)
        with contextlib.ExitStack() as at_failure:
            self._words = at_failure.enter_context(tempfile.TemporaryFile())
            self._process, channel = start_with_channel(
                ["-c", code], stderr=self._words, environment=FORK_SERVER_ENVIRONMENT
            )
            at_failure.pop_all()
        return channel

    def prepare(self) -> None:
        """Load now what is otherwise loaded when nothing else is to be done; `on_prepared` tells the end."""
        if not self._asked_to_prepare:
            self._asked_to_prepare = True
            self._tell(b"prepare")

    def fork(self, worker: WorkerProcess, channel: socket.socket) -> None:
        """Fork a worker process at the other end of this channel; it may be used at once."""
        self._forking.append(worker)
        try:
            self._tell(b"fork", channel)
        finally:
            channel.close()

    def kill(self, pid: int) -> None:
        """Kill a worker; the server does it, because it alone knows that the id is still that process's."""
        self._tell(f"kill {pid}".encode())

    def _tell(self, order: bytes, channel: socket.socket | None = None) -> None:
        if self._control is None:
            return
        try:
            socket.send_fds(self._control, [order.ljust(ORDER_BYTES)], [channel.fileno()] if channel else [])
        except OSError:  # it is ending, or does nothing any more
            self.kill_all()

    def kill_all(self) -> None:
        """Kill the server, and with it all workers."""
        if self._process and self._process.returncode is None:
            self._process.kill()

    async def stop(self) -> None:
        """End it and all workers."""
        if self._control is not None:
            self._close_control()
        if self._process is not None:
            try:
                await asyncio.to_thread(self._process.wait, END_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                await asyncio.to_thread(self._process.wait)
        self._lose_workers()
        if not self._started.done():
            self._started.cancel()

    def _close_control(self) -> None:
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()
            self._control = None

    def _hear(self) -> None:
        """Read what the server tells."""
        assert self._control is not None  # noqa: S101 - its reader is removed with it
        try:
            data = self._control.recv(1 << 16)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self._close_control()
            self._end_of_server()
            return
        self._heard += data
        while b"\n" in self._heard:
            line, _, rest = bytes(self._heard).partition(b"\n")
            self._heard = bytearray(rest)
            self._obey(*json.loads(line))

    def _obey(self, event: str, *about: Any) -> None:
        match event:
            case "ready":
                self._words.close()
                if not self._started.done():
                    self._started.set_result(None)
            case "unready":
                if not self._started.done():
                    why = " ".join(str(about[0]).split())
                    self._started.set_exception(WorkersError(f"the processes that analyse pages can't start: {why}"))
            case "prepared":
                self._prepared = True
                self.on_prepared()
            case "forked":
                worker = self._forking.popleft()
                self._workers[about[0]] = worker
                worker.set_pid(about[0])
            case "refused":
                self._forking.popleft().set_end(None, str(about[0]))
            case "ended":
                if (ended := self._workers.pop(about[0], None)) is not None:
                    ended.set_end(about[1], describe_exit(about[1]))

    def _end_of_server(self) -> None:
        self.kill_all()  # it may have closed its end only
        if not self._started.done():
            code = self._process.wait() if self._process else 0
            self._words.seek(0)
            words = self._words.read()[-2000:].decode(errors="replace").strip().splitlines()
            self._words.close()
            why = f"{describe_exit(code)}{f': {words[-1][:300]}' if words else ''}"
            self._started.set_exception(WorkersError(f"the processes that analyse pages can't start: {why}"))
            return
        self._lose_workers()
        self.on_lost()

    def _lose_workers(self) -> None:
        lost = [*self._workers.values(), *self._forking]
        self._workers.clear()
        self._forking.clear()
        for worker in lost:
            worker.set_end(None, "the process that forks workers ended")


def describe_exit(code: int) -> str:
    """Write an exit code: a signal by its name."""
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"exit code {code}"
