"""What this process did since it started, counted in memory: what `/-/metrics` shows. Pure of any format."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator


class ActivityCounters:
    """Counts by a word: crawls by outcome, pages by result, rejections by reason, deliveries by state.

    Also the seconds of each stage. Safe in threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[str]] = {
            name: Counter() for name in ("crawls", "pages", "rejections", "deliveries", "stages")
        }
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def count(self, what: str, word: str) -> None:
        """Count one: `count("rejections", "off-topic")`."""
        with self._lock:
            self._counts[what][word] += 1

    @contextlib.contextmanager
    def time_stage(self, stage: str) -> Iterator[None]:
        """Add the time that a block takes to its stage, also if it fails."""
        began = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._counts["stages"][stage] += 1
                self._seconds[stage] += time.perf_counter() - began

    def read_counts(self, what: str) -> dict[str, int]:
        """Return the counts by word."""
        with self._lock:
            return dict(self._counts[what])

    def read_seconds(self) -> dict[str, float]:
        """Return the seconds by stage."""
        with self._lock:
            return dict(self._seconds)


ACTIVITY = ActivityCounters()  # of this process
