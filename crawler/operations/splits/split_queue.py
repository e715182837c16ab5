"""Have splits analysed, and take their results in order, also if workers die.

A split is done when its file of results is there. The splits that a worker had when it died are asked for one at a
time, so that the one that killed it is found. That one is halved until it can't be; what is left is written as crashed.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from crawler.operations.splits.dask_engine import DaskEngine, WorkerKilled
from crawler.operations.splits.split_results import SplitResult, SplitResultError, open_result
from pipelines.analysis.workers.jobs import WorkersError

_WAIT_SECONDS = 0.5  # after which Ctrl-C is looked for
_SPLITS_AHEAD = 12  # for each thread, that have results before the first of them is taken
_MAX_ATTEMPTS = 3  # for results that don't arrive, or can't be read

SplitT = TypeVar("SplitT")


class SplitCall(Protocol):
    """What a worker is asked for. `target`: the file of results. `key`: what they are known by."""

    @property
    def target(self) -> Path: ...  # noqa: D102
    @property
    def key(self) -> str: ...  # noqa: D102


class SplitWork(Protocol[SplitT]):
    """What is to be done with splits."""

    @property
    def function(self) -> Callable[[Any], None]:
        """What a worker calls with a split's call; it writes the file of results."""

    def make_call(self, split: SplitT) -> SplitCall:
        """Return the call of a split, always the same one."""

    def halve(self, split: SplitT) -> Sequence[SplitT] | None:
        """Return smaller splits in its place, None if there are none."""

    def write_crashed(self, split: SplitT) -> None:
        """Write the results of a split that kills its workers and can't be halved."""

    def describe(self, split: SplitT) -> str:
        """Name a split in a message."""


class SplitQueue(Generic[SplitT]):
    """Splits whose results were not taken: `pending`, the next ones in their order, and those that `more` gives."""

    def __init__(self, engine: DaskEngine, work: SplitWork[SplitT], more: Iterator[SplitT]) -> None:
        self.pending: deque[SplitT] = deque()
        self._engine = engine
        self._work = work
        self._more = more
        self._asked: dict[Path, SplitT] = {}
        self._suspects: deque[SplitT] = deque()  # that a worker had when it died, perhaps beside the one that killed it
        self._attempts: Counter[Path] = Counter()

    async def take_results(self, is_ending: Callable[[], bool]) -> AsyncGenerator[tuple[SplitT, SplitResult]]:
        """Yield the splits in their order with their results, until the last, or until it is ending.

        Raises WorkersError if results don't arrive or workers can't do what they are asked for.
        """
        try:
            while self._fill() and not is_ending():
                self._submit_next()
                result = self._open(self.pending[0])
                for call, error in await self._engine.wait(_WAIT_SECONDS if result is None else 0):
                    self._handle_end(call, error)
                if result is not None:
                    yield self.pending.popleft(), result
        finally:
            self._engine.cancel()

    def _fill(self) -> bool:
        """Take splits up to as many as may be asked for; return False if none is left."""
        missing = self._engine.threads * _SPLITS_AHEAD - len(self.pending)
        self.pending.extend(islice(self._more, max(0, missing)))
        return bool(self.pending)

    def _submit_next(self) -> None:
        """Give the scheduler what it has room for, the first splits first, and not far more than can be merged."""
        while self._suspects and (self._suspects[0] not in self.pending or self._has_results(self._suspects[0])):
            self._suspects.popleft()
        if self._suspects:
            if not self._asked:
                self._submit(self._suspects[0])
            return
        room = self._engine.room
        for split in islice(self.pending, self._engine.threads * _SPLITS_AHEAD):
            if room <= 0:
                return
            if self._work.make_call(split).target not in self._asked and not self._has_results(split):
                self._submit(split)
                room -= 1

    def _has_results(self, split: SplitT) -> bool:
        return self._work.make_call(split).target.exists()

    def _submit(self, split: SplitT) -> None:
        call = self._work.make_call(split)
        self._asked[call.target] = split
        self._engine.submit(self._work.function, call)

    def _handle_end(self, call: SplitCall, error: Exception | None) -> None:
        """Note that a call ended: its split is asked for again if its results are not there, and halved if it kills.

        Raises WorkersError.
        """
        split = self._asked.pop(call.target)
        was_alone = bool(self._suspects) and split == self._suspects[0]
        if split not in self.pending or call.target.exists():
            return
        if error is None:
            self._count_attempt(split, "its results don't arrive; share the desk's folder with all workers")
        elif isinstance(error, WorkerKilled):
            if was_alone:
                self._halve(split)
            elif split not in self._suspects:
                self._suspects.append(split)
        else:
            raise WorkersError(f"{self._work.describe(split)}: {error}") from error

    def _halve(self, split: SplitT) -> None:
        self._suspects.popleft()
        halves = self._work.halve(split)
        if halves is None:
            self._work.write_crashed(split)
            return
        place = self.pending.index(split)
        del self.pending[place]
        for half in reversed(halves):
            self.pending.insert(place, half)
        self._suspects.extendleft(reversed(halves))

    def _count_attempt(self, split: SplitT, problem: str) -> None:
        target = self._work.make_call(split).target
        self._attempts[target] += 1
        if self._attempts[target] >= _MAX_ATTEMPTS:
            raise WorkersError(f"{self._work.describe(split)}: {problem}")

    def _open(self, split: SplitT) -> SplitResult | None:
        call = self._work.make_call(split)
        try:
            return open_result(call.target, key=call.key)
        except SplitResultError as error:
            call.target.unlink(missing_ok=True)
            self._count_attempt(split, str(error))
            return None
