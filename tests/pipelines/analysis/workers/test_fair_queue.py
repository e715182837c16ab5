"""Whose turn it is among jobs of several outlets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from pipelines.analysis.workers.fair_queue import FairQueue


@dataclass(eq=False)
class Waiting:
    """A job of somebody."""

    key: str


def take_all(queue: FairQueue[Waiting], held: set[str] = frozenset()) -> list[Waiting]:  # type: ignore[assignment]
    running: Counter[str] = Counter()
    taken = []
    while len(queue):
        key = queue.choose_key(running=running, held=held)
        running[key] += 1
        taken.append(queue.take(key))
    return taken


@given(st.lists(st.sampled_from("abc"), max_size=30))
def test_every_job_is_taken_once_and_those_of_one_key_in_their_order(keys: list[str]) -> None:
    queue: FairQueue[Waiting] = FairQueue()
    jobs = [Waiting(key) for key in keys]
    for job in jobs:
        queue.add(job)
    taken = take_all(queue)
    for key in "abc":
        assert [job for job in taken if job.key == key] == [job for job in jobs if job.key == key]


@given(st.integers(1, 50), st.integers(1, 5))
def test_one_with_many_jobs_does_not_go_before_those_with_few(many: int, few: int) -> None:
    queue: FairQueue[Waiting] = FairQueue()
    for _ in range(many):
        queue.add(Waiting("many"))
    for number in range(few):
        queue.add(Waiting(f"few {number}"))
    first = take_all(queue)[: few + 1]
    assert sum(job.key == "many" for job in first) == 1


def test_one_that_is_held_goes_last_and_what_is_put_back_goes_first() -> None:
    queue: FairQueue[Waiting] = FairQueue()
    jobs = {key: Waiting(key) for key in "abc"}
    for job in jobs.values():
        queue.add(job)
    queue.remove(jobs["b"])
    queue.put_back(jobs["b"])
    assert [job.key for job in take_all(queue, held={"a"})] == ["b", "c", "a"]
