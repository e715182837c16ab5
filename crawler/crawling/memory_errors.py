"""End a session whose process is out of memory, wherever the error came up.

A MemoryError, or a thread that can't be started, may hit any callback of Scrapy, Twisted or asyncio. They log it and go
on, with a page or a slot that is never given back: the crawl would wait without an end.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
from collections.abc import Callable, Iterator

OUT_OF_MEMORY = (
    "out of memory; what was stored is stored, the rest is fetched again: allow more memory, "
    "or set [crawl] workers and concurrency lower"
)


class _MemoryErrorWatch(logging.Handler):
    """Calls a function when an error of this kind is logged."""

    def __init__(self, on_found: Callable[[], None]) -> None:
        super().__init__(logging.ERROR)
        self._on_found = on_found

    def emit(self, record: logging.LogRecord) -> None:
        """Look at the exception of a record."""
        if record.exc_info and is_out_of_memory(record.exc_info[1]):
            self._on_found()


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether an exception says that the process got no memory."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and str(error).startswith("can't start new thread")
    )


@contextlib.contextmanager
def watch_memory_errors(abort: Callable[[], None]) -> Iterator[None]:
    """Call `abort` at the first error of this kind that is logged in this block, and send this process SIGTERM.

    With the signal it ends in a bounded time, see reactor.handle_signals, whatever the error has left waiting.
    """
    found: list[bool] = []

    def end() -> None:
        if found:
            return
        found.append(True)
        abort()
        if callable(signal.getsignal(signal.SIGTERM)):
            os.kill(os.getpid(), signal.SIGTERM)

    handler = _MemoryErrorWatch(end)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
