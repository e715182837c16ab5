"""The process from which worker processes are forked; runs `serve_forks`.

It has imported all that jobs need and loaded the topic, so a worker starts in milliseconds and shares that memory with
the others. It has one thread: forking a process with threads can copy a lock that nobody will ever release. Libraries
that start threads at their import must be told not to, see FORK_SERVER_ENVIRONMENT.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import logging
import os
import selectors
import signal
import socket
import traceback
import warnings
from pathlib import Path
from typing import Any

from pipelines.analysis.workers.worker import find_function, serve_jobs
from pipelines.child_processes import end_with_parent
from pipelines.numpy_threads import NUMPY_THREADS

FORK_SERVER_ENVIRONMENT = {
    **NUMPY_THREADS,
    # glibc would give memory back to the kernel after each page, and every page would get it anew, page fault by page
    # fault: a tenth of the time of a page that is turned away. Larger pieces than this are still given back at once.
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "33554432",
}
IDLE_SECONDS = 1.0
ORDER_BYTES = 16  # length of each message of the parent
MAX_WORDS = 4_000  # characters of a string in a message to the parent


def serve_forks(parent: int, topic: tuple[str, str | None] | None, function: str, modules: list[str]) -> None:
    """Load what jobs need, then fork a worker for each channel that the parent sends, and tell how each ended.

    Standard input is the channel to the parent. Each message to it is a line of JSON: ["ready"], ["unready", why,
    trace], ["forked", pid], ["refused", why], ["prepared"], ["ended", pid, exit code]. From it come
    ORDER_BYTES each: b"fork" with one descriptor, b"prepare" or b"kill PID". It ends with the parent.
    """
    end_with_parent(parent)
    control = socket.socket(fileno=0)
    logging.disable(logging.CRITICAL)  # what libraries say of broken pages is noise; outcomes carry their reasons
    warnings.simplefilter("ignore")
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("300")
    loaded: Any = None
    try:
        find_function(function)
        for name in modules:
            importlib.import_module(name.partition(":")[0])
        if topic is not None:
            topics = importlib.import_module("pipelines.relevance.topic")
            loaded = topics.load_topic(topics.TopicPlace(*topic))
            loaded.matcher.prepare()
    except BaseException as error:  # noqa: BLE001 - the parent raises it
        _tell(control, "unready", f"{type(error).__name__}: {error}", traceback.format_exc())
        return
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 2)  # until here it was kept for the parent, to say why the start failed
    os.close(sink)
    _freeze()
    _tell(control, "ready")
    _Forks(control, loaded, [name for name in modules if ":" in name]).serve()


def _freeze() -> None:
    """Keep the collector of each worker from writing to the memory that they share."""
    gc.collect()
    gc.freeze()


class _Forks:
    """The running fork server: its children and the channel to its parent."""

    def __init__(self, control: socket.socket, topic: Any, preparations: list[str]) -> None:
        self.control = control
        self.topic = topic
        self.preparations = preparations  # what is called once it is wanted, or nothing has been asked for a while
        self.children: set[int] = set()
        self.wake_read, self.wake_write = os.pipe()
        os.set_blocking(self.wake_read, False)
        os.set_blocking(self.wake_write, False)
        self.selector = selectors.DefaultSelector()

    def serve(self) -> None:
        """Serve until the parent closes its end, then end all workers."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)
        self.selector.register(self.control, selectors.EVENT_READ)
        self.selector.register(self.wake_read, selectors.EVENT_READ)
        if not self.preparations:
            _tell(self.control, "prepared")
        try:
            while True:
                ready = {key.fileobj for key, _ in self.selector.select(IDLE_SECONDS if self.preparations else None)}
                if not ready:
                    self._prepare()
                if self.wake_read in ready:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self.wake_read, 4096)
                    self._tell_ended()
                if self.control in ready and not self._obey():
                    return
        finally:
            for pid in self.children:
                os.kill(pid, signal.SIGKILL)
            for pid in self.children:
                os.waitpid(pid, 0)

    def _prepare(self) -> None:
        """Load one thing more that workers share."""
        with contextlib.suppress(Exception):  # those that need it load it, and say what is wrong
            find_function(self.preparations.pop())()
            _freeze()
        if not self.preparations:
            _tell(self.control, "prepared")

    def _obey(self) -> bool:
        """Do what the parent's next message says; False if there will be none."""
        order, descriptors, _, _ = socket.recv_fds(self.control, ORDER_BYTES, 1)
        if order.startswith(b"kill "):
            pid = int(order[5:])
            if pid in self.children:
                os.kill(pid, signal.SIGKILL)
        elif order.startswith(b"prepare"):
            while self.preparations:
                self._prepare()
        elif order:
            self._fork(descriptors[0])
        return bool(order)

    def _fork(self, descriptor: int) -> None:
        server = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(descriptor)
            _tell(self.control, "refused", error.strerror or str(error))
            return
        if pid:
            os.close(descriptor)
            self.children.add(pid)
            _tell(self.control, "forked", pid)
            return
        code = 1
        try:
            end_with_parent(server)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self.selector.close()
            self.control.close()
            os.dup2(1, 0)  # standard output is /dev/null
            os.close(self.wake_read)
            os.close(self.wake_write)
            serve_jobs(socket.socket(fileno=descriptor), self.topic)
            code = 0
        finally:
            os._exit(code)

    def _tell_ended(self) -> None:
        while self.children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self.children.discard(pid)
            _tell(self.control, "ended", pid, os.waitstatus_to_exitcode(status))


def _tell(control: socket.socket, *message: Any) -> None:
    cut = [part[-MAX_WORDS:] if isinstance(part, str) else part for part in message]
    with contextlib.suppress(ConnectionError):  # the parent is gone: the next read says so
        control.sendall(json.dumps(cut).encode() + b"\n")
