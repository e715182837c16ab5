"""Tell when a running job has become slow, and when its time is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

SLOW_SECONDS = 2.0  # after which a job is slow
MAX_STRETCH = 4  # times the limit, after which a job is over however long it waited for a processor
MIN_STRETCH_SECONDS = 0.05


def read_waited_seconds(pid: int) -> float:
    """Return how long a process has been ready to run without a processor; 0 where the system does not tell."""
    try:
        _, waited, _ = Path(f"/proc/{pid}/schedstat").read_text("ascii").split()
    except OSError:  # not Linux, or it has ended
        return 0.0
    return int(waited) / 1e9


class JobClock:
    """Calls `on_slow` once after SLOW_SECONDS, and `on_end` once after `seconds`, unless it was stopped before.

    From the moment that a job is slow, the time in which its process waits for a processor does not count, up to
    MAX_STRETCH times the limit: on a busy machine a job has the work that its limit allows. `waited` returns how many
    seconds it has waited so far; it is not called before that moment, because most jobs end within milliseconds.
    """

    def __init__(
        self, *, seconds: float, waited: Callable[[], float], on_slow: Callable[[], None], on_end: Callable[[], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._waited = waited
        self._on_slow = on_slow
        self._on_end = on_end
        self._began = self._loop.time()
        self._waited_before = 0.0
        if seconds <= SLOW_SECONDS:
            self._timer = self._loop.call_later(seconds, on_end)
        else:
            self._timer = self._loop.call_later(SLOW_SECONDS, self._tell_slow)

    def stop(self) -> None:
        """Call nothing more."""
        self._timer.cancel()

    def _tell_slow(self) -> None:
        self._waited_before = self._waited()
        self._timer = self._loop.call_at(self._began + self._seconds, self._check)
        self._on_slow()

    def _check(self) -> None:
        """End the job, or wait for as long as its process had no processor."""
        waited = self._waited() - self._waited_before
        due = self._began + min(self._seconds + waited, self._seconds * MAX_STRETCH)
        if due > self._loop.time() + MIN_STRETCH_SECONDS:
            self._timer = self._loop.call_at(due, self._check)
        else:
            self._on_end()
