"""A queue in which an outlet with many jobs does not delay one with few."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from typing import Generic, Protocol, TypeVar


class Keyed(Protocol):
    """What the queue holds: something that is somebody's."""

    key: str


_K = TypeVar("_K", bound=Keyed)


class FairQueue(Generic[_K]):
    """Jobs in the order of their arrival for each key; keys take turns."""

    def __init__(self) -> None:
        self._jobs: dict[str, deque[_K]] = {}  # no empty ones

    def __len__(self) -> int:
        return sum(map(len, self._jobs.values()))

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def add(self, job: _K) -> None:
        """Add a job as the last of its key."""
        self._jobs.setdefault(job.key, deque()).append(job)

    def put_back(self, job: _K) -> None:
        """Add a job as the first of its key, and its key before the others."""
        jobs = self._jobs.pop(job.key, deque())
        jobs.appendleft(job)
        self._jobs = {job.key: jobs, **self._jobs}

    def remove(self, job: _K) -> None:
        """Take a job out if it is there."""
        if (jobs := self._jobs.get(job.key)) and job in jobs:
            jobs.remove(job)
            if not jobs:
                del self._jobs[job.key]

    def clear(self) -> list[_K]:
        """Take all jobs out."""
        jobs = [job for jobs in self._jobs.values() for job in jobs]
        self._jobs.clear()
        return jobs

    def choose_key(self, *, running: Mapping[str, int], held: Collection[str]) -> str:
        """Return the key whose turn it is: not held if possible, with the fewest running, waiting for longest."""
        return min(self._jobs, key=lambda key: (key in held, running.get(key, 0)))

    def take(self, key: str) -> _K:
        """Take the first job of a key; the key goes behind the others."""
        jobs = self._jobs.pop(key)
        job = jobs.popleft()
        if jobs:
            self._jobs[key] = jobs
        return job
