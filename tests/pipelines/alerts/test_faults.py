"""The quick faults of tests/benchmarks/faults.py: alerts are lost or repeated only as documented."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.alert_bench import Outcome
from tests.fixtures.alert_faults import (
    bad_address,
    clock_jumps,
    disk_full,
    down,
    drops_in_data,
    restored,
    two_at_once,
)
from tests.fixtures.alert_kills import NARROW, kill_at_step, kill_by_target, kill_steps

# Every step once, over the channel that has most of them, and the ends of the other two channels.
STEPS = [
    step
    for step in kill_steps()
    if (step[1] == "mail" and step[5] != 3)
    or step[3] == "append_lines"
    or (step[1], step[3]) == ("webhook", "mark_sent")
]


def assert_as_allowed(outcome: Outcome) -> None:
    assert outcome.is_as_allowed, outcome


@pytest.mark.parametrize("step", STEPS, ids=[f"{step[1]}-{step[3]}-{step[4]}-{step[5]}" for step in STEPS])
def test_a_process_that_is_killed_at_a_recorded_step_loses_nothing(tmp_path: Path, step: Any) -> None:
    outcome = kill_at_step(tmp_path, step)
    assert_as_allowed(outcome)
    assert outcome.again == ((step[1], step[3], step[4]) in NARROW)


@pytest.mark.parametrize(("channel", "at"), [("mail", "address"), ("mail", "message"), ("webhook", "message")])
def test_a_process_that_is_killed_before_the_target_answered_loses_nothing(
    tmp_path: Path, channel: str, at: str
) -> None:
    assert_as_allowed(kill_by_target(tmp_path, channel, at=at))


def test_two_processes_at_once_lose_and_repeat_nothing(tmp_path: Path) -> None:
    assert_as_allowed(two_at_once(tmp_path, "mail"))


@pytest.mark.parametrize("channel", ["mail", "log"])
def test_a_full_disk_loses_and_repeats_nothing(tmp_path: Path, channel: str) -> None:
    assert_as_allowed(disk_full(tmp_path, channel, steps=range(4_000, 120_000, 12_000)))


@pytest.mark.parametrize("names", [("news.db",), ("desk.db",), ("news.db", "desk.db")], ids=" and ".join)
def test_a_restored_database_loses_nothing_and_repeats_only_what_is_documented(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    assert_as_allowed(restored(tmp_path, "mail", names))


def test_a_webhook_that_was_down_for_six_hours_gets_each_alert_once(tmp_path: Path) -> None:
    assert_as_allowed(down(tmp_path, "webhook", hours=6, every=dt.timedelta(hours=1)))


def test_a_target_that_is_down_for_two_days_loses_only_the_first_days_alerts(tmp_path: Path) -> None:
    outcome = down(tmp_path, "mail", hours=48, every=dt.timedelta(hours=1), article_hours=24)
    assert_as_allowed(outcome)
    assert 0 < outcome.lost <= outcome.due // 2


def test_an_invalid_address_affects_no_other_recipient(tmp_path: Path) -> None:
    assert_as_allowed(bad_address(tmp_path))


def test_a_server_that_drops_in_the_middle_gets_each_alert_once(tmp_path: Path) -> None:
    assert_as_allowed(drops_in_data(tmp_path))


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_that_jumps_a_day_loses_and_repeats_nothing(tmp_path: Path, days: int) -> None:
    assert_as_allowed(clock_jumps(tmp_path, "mail", by=dt.timedelta(days=days), rhythm="daily 07:30"))
