"""Shares of work: who used least comes next, nobody has all, and what waits is bounded."""

from __future__ import annotations

import itertools
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.site.readers import shares
from db.site.readers.shares import Limits, OverloadedError, ShareQueue, UsedSeconds

LIMITS = Limits(running=3, running_of_reader=2, waiting=12, waiting_of_reader=5, max_wait_seconds=10)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def make_queue(clock: Clock) -> ShareQueue[object]:
    return ShareQueue(LIMITS, UsedSeconds(clock=clock), clock=clock)


def test_who_has_used_least_comes_next() -> None:
    clock = Clock()
    queue = make_queue(clock)
    queue.used.add("a", 10)
    for item in range(3):
        queue.add("a", f"a{item}")
    queue.add("b", "b0")
    assert [queue.take(), queue.take()] == [("b", "b0"), ("a", "a0")]
    queue.finish("b", 30)
    queue.add("b", "b1")
    assert queue.take() == ("a", "a1")
    clock.now += 600  # and what was used long ago does not count
    queue.finish("a", 5)
    assert queue.take() == ("b", "b1")


def test_no_reader_has_all_places() -> None:
    queue = make_queue(Clock())
    for item in range(5):
        queue.add("a", item)
    assert [queue.take(), queue.take(), queue.take()] == [("a", 0), ("a", 1), None]
    queue.add("b", "first")
    assert queue.take() == ("b", "first")
    queue.add("c", "none free")
    assert queue.take() is None
    queue.finish("a", 1)
    assert queue.take() == ("c", "none free")


def test_what_waits_is_bounded_by_reader_and_in_all_but_for_the_server_itself() -> None:
    queue = make_queue(Clock())
    for reader, count in (("a", 5), ("b", 4), ("c", 3)):
        for item in range(count):
            assert queue.add(reader, f"{reader}{item}") is None
    with pytest.raises(OverloadedError) as told:
        queue.add("a", "more than a reader's")
    assert told.value.seconds >= 1
    # In a full queue a flood makes room for others.
    assert [queue.add("d", "d0"), queue.add("d", "d1")] == ["a4", "a3"]
    assert len(queue) == LIMITS.waiting
    with pytest.raises(OverloadedError):
        queue.add("c", "nobody has more")
    assert queue.add("", "the server's own") is None
    assert queue.take() == ("", "the server's own")


def test_what_waits_too_long_is_dropped() -> None:
    clock = Clock()
    queue = make_queue(clock)
    queue.add("a", "early")
    clock.now += LIMITS.max_wait_seconds + 1
    queue.add("a", "late")
    assert queue.drop_expired() == ["early"]
    assert queue.take() == ("a", "late")
    assert len(queue) == 0


def test_what_two_threads_count_at_once_is_not_lost() -> None:
    other: list[threading.Thread] = []

    def tick() -> float:
        if not other:  # in the middle of the first `add`
            other.append(threading.Thread(target=used.add, args=("a", 1)))
            other[0].start()
            other[0].join(0.2)
        return 1000.0

    used = UsedSeconds(clock=tick)
    used.add("a", 1)
    other[0].join(30)
    assert used.read("a") == 2


def test_readers_are_forgotten_beyond_a_number() -> None:
    used = UsedSeconds(clock=Clock())
    for number in range(shares.MAX_REMEMBERED_READERS + 3):
        used.add(f"reader {number}", 1)
    assert used.read("reader 0") == 0
    assert used.read("reader 3") == 1


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(["add", "add", "take", "finish", "drop", "wait"])),
        max_size=80,
    )
)
def test_no_item_is_lost_or_taken_twice_and_no_limit_is_passed(steps: list[tuple[str, str]]) -> None:
    clock, numbers = Clock(), itertools.count()
    queue = make_queue(clock)
    waiting: dict[object, str] = {}
    running: list[str] = []
    for reader, step in steps:
        if step == "add":
            item = next(numbers)
            own = list(waiting.values()).count(reader)
            try:
                dropped = queue.add(reader, item)
            except OverloadedError:
                assert len(waiting) >= LIMITS.waiting or own >= LIMITS.waiting_of_reader
            else:
                if dropped is not None:
                    assert list(waiting.values()).count(waiting.pop(dropped)) > own + 1
                waiting[item] = reader
            assert len(waiting) <= LIMITS.waiting
        elif step == "take":
            taken = queue.take()
            free = {one for one in waiting.values() if running.count(one) < LIMITS.running_of_reader}
            assert (taken is None) == (not free or len(running) >= LIMITS.running)
            if taken:
                assert waiting.pop(taken[1]) == taken[0]
                running.append(taken[0])
        elif step == "finish" and reader in running:
            queue.finish(reader, 1)
            running.remove(reader)
        elif step == "drop" and waiting:
            item = next(iter(waiting))
            assert queue.drop(waiting.pop(item), item)
            assert not queue.drop(reader, item)
        elif step == "wait":
            clock.now += 4
            for item in queue.drop_expired():
                del waiting[item]
        assert len(queue) == len(waiting)


def test_kept_places_are_for_readers_who_use_little_and_ask_for_little() -> None:
    clock = Clock()
    limits = Limits(running=3, running_of_reader=2, waiting=12, waiting_of_reader=5, max_wait_seconds=10, kept=2)
    queue: ShareQueue[str] = ShareQueue(limits, UsedSeconds(clock=clock), clock=clock)
    queue.used.add("has used much", 60)
    for reader in ("asks much", "another", "has used much"):
        expected = 0.0 if reader == "has used much" else shares.LIGHT_SECONDS
        queue.add(reader, reader, expected_seconds=expected)
    assert queue.take() == ("asks much", "asks much")
    assert queue.take() is None  # two places are free
    queue.add("new", "plain")
    queue.add("new", "another plain one")
    assert [queue.take(), queue.take(), queue.take()] == [("new", "plain"), ("new", "another plain one"), None]
    for reader in ("new", "new", "asks much"):
        queue.finish(reader, 0.1)
    assert queue.take() == ("another", "another")
    queue.finish("another", 2)
    assert queue.take() == ("has used much", "has used much")  # where nobody else asks, places are for all


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0.0, 2.0]), st.floats(0, 30)), max_size=12))
def test_whatever_waits_is_taken_in_the_end(work: list[tuple[str, float, float]]) -> None:
    clock = Clock()
    limits = Limits(running=3, running_of_reader=2, waiting=99, waiting_of_reader=99, max_wait_seconds=10, kept=2)
    queue: ShareQueue[int] = ShareQueue(limits, UsedSeconds(clock=clock), clock=clock)
    for number, (reader, expected, _) in enumerate(work):
        queue.add(reader, number, expected_seconds=expected)
    running: list[tuple[str, int]] = []
    taken = []
    while len(queue) or running:
        while item := queue.take():
            running.append(item)
        assert running  # something can always run
        reader, number = running.pop(0)
        taken.append(number)
        queue.finish(reader, work[number][2])
    assert sorted(taken) == list(range(len(work)))
