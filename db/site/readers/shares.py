"""A queue in which each reader has a share: who has used least comes next. Pure but for the clock.

One queue is for requests, one for the statements of the database, each twice: for quick work and for costly work.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

HALF_LIFE_SECONDS = 20.0  # after which half of what a reader used is forgotten
MAX_REMEMBERED_READERS = 10_000  # those who used something longest ago are forgotten
RUNNING_SECONDS = 1.0  # what a piece of work counts for until it has ended
LIGHT_SECONDS = 2.0  # of work lately and expected, below which a reader may take the places that are kept
ItemT = TypeVar("ItemT")


class OverloadedError(Exception):
    """A reader asks for more than may wait. `seconds`: when to ask again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too much work is waiting; ask again in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may run and wait, of all readers and of each.

    Of what may run, `kept` places are for readers who have used little lately and ask for little: however many dear
    questions others have, a plain one does not wait for them.
    """

    running: int
    running_of_reader: int
    waiting: int
    waiting_of_reader: int
    max_wait_seconds: float
    kept: int = 0

    @property
    def retry_seconds(self) -> int:
        """When to ask again who was refused."""
        return max(5, round(self.max_wait_seconds / 2))


class UsedSeconds:
    """What each reader has used lately, in seconds of work. Requests and the threads of statements share it."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()  # seconds, and when they were counted
        self._lock = threading.Lock()

    def read(self, reader: str) -> float:
        """Return the seconds that a reader used, of which half is forgotten after HALF_LIFE_SECONDS."""
        seconds, counted = self._used.get(reader, (0.0, 0.0))
        return seconds and float(seconds * 0.5 ** ((self._clock() - counted) / HALF_LIFE_SECONDS))

    def add(self, reader: str, seconds: float) -> None:
        """Count seconds of work."""
        with self._lock:
            self._used[reader] = (self.read(reader) + seconds, self._clock())
            self._used.move_to_end(reader)
            if len(self._used) > MAX_REMEMBERED_READERS:
                self._used.popitem(last=False)


class ShareQueue(Generic[ItemT]):
    """Items of work by reader. "" is the server itself: its items are neither limited nor counted.

    Not for several threads at once: a caller who has some holds a lock.
    """

    def __init__(self, limits: Limits, used: UsedSeconds, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.used = used
        self._clock = clock
        # The waiting items of each reader, the first first, with when they came and the seconds that they may take.
        self._waiting: dict[str, deque[tuple[float, float, ItemT]]] = {}
        self._count = 0
        self._running: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return how many items wait."""
        return self._count

    def add(self, reader: str, item: ItemT, *, expected_seconds: float = 0.0) -> ItemT | None:
        """Let an item wait. Raises OverloadedError if too many do.

        In a full queue who has most waiting gives up his last item, which is returned: a flood takes no room from
        others.
        """
        own = self._waiting.get(reader) or deque()
        dropped: ItemT | None = None
        if reader and len(own) >= self.limits.waiting_of_reader:
            raise OverloadedError(self.limits.retry_seconds)
        if reader and self._count >= self.limits.waiting:
            longest = max((one for one in self._waiting if one), key=lambda one: len(self._waiting[one]), default="")
            if not longest or len(self._waiting[longest]) <= len(own) + 1:
                raise OverloadedError(self.limits.retry_seconds)
            *_, dropped = self._waiting[longest].pop()
            self._count -= 1
        own.append((self._clock(), expected_seconds, item))
        self._waiting[reader] = own
        self._count += 1
        return dropped

    def take(self) -> tuple[str, ItemT] | None:
        """Return the next reader and item, which runs from now on; None if none may run. `finish` follows."""
        free = self.limits.running - self._running.total()
        if free <= 0:
            return None
        may_run = [reader for reader in self._waiting if not reader or self._may_take(reader, free)]
        if not may_run:
            return None
        reader = min(may_run, key=self._rank)
        own = self._waiting[reader]
        *_, item = own.popleft()
        self._forget_empty(reader, own, 1)
        self._running[reader] += 1
        return reader, item

    def finish(self, reader: str, seconds: float) -> None:
        """Count an item as ended, with the seconds that it took."""
        self._running[reader] -= 1
        if self._running[reader] <= 0:
            del self._running[reader]
        if reader:
            self.used.add(reader, seconds)

    def drop(self, reader: str, item: ItemT) -> bool:
        """Take a waiting item out. Returns False if it does not wait any more."""
        own = self._waiting.get(reader)
        entry = next((entry for entry in own if entry[-1] is item), None) if own else None
        if own is None or entry is None:
            return False
        own.remove(entry)
        self._forget_empty(reader, own, 1)
        return True

    def drop_expired(self) -> list[ItemT]:
        """Take out and return the items that have waited too long."""
        expired: list[ItemT] = []
        oldest = self._clock() - self.limits.max_wait_seconds
        for reader in [reader for reader in self._waiting if reader]:
            own, before = self._waiting[reader], len(expired)
            while own and own[0][0] < oldest:
                expired.append(own.popleft()[-1])
            self._forget_empty(reader, own, len(expired) - before)
        return expired

    def drain(self) -> list[ItemT]:
        """Take out and return all waiting items."""
        items = [item for own in self._waiting.values() for *_, item in own]
        self._waiting.clear()
        self._count = 0
        return items

    def _may_take(self, reader: str, free: int) -> bool:
        has_place = self._running[reader] < self.limits.running_of_reader
        return has_place and (free > self.limits.kept or self._count_seconds(reader) < LIGHT_SECONDS)

    def _count_seconds(self, reader: str) -> float:
        _, expected, _ = self._waiting[reader][0]
        return self.used.read(reader) + RUNNING_SECONDS * self._running[reader] + expected

    def _rank(self, reader: str) -> tuple[float, float]:
        since = self._waiting[reader][0][0]
        return (self._count_seconds(reader) if reader else -1.0), since

    def _forget_empty(self, reader: str, own: deque[tuple[float, float, ItemT]], gone: int) -> None:
        self._count -= gone
        if not own:
            del self._waiting[reader]
