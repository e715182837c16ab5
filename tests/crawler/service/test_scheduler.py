"""Due times: the real scheduler and real crawls with a test's clock."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crawler.runner import CrawlRunner
from crawler.service.scheduler import Scheduler
from tests.fixtures.demo_desk import DemoDesk
from tests.fixtures.forked_commands import run_command
from tests.fixtures.paths import FIXTURES

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
SCRIPT = FIXTURES / "scheduled.py"


def scheduled(desk: DemoDesk, start: dt.datetime, *hours: float) -> list[dict[str, Any]]:
    ended = run_command(str(SCRIPT), str(desk.folder), start.isoformat(), *map(str, hours))
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def only(desk: DemoDesk, **every: str) -> None:
    """Reduce the desk to these outlets, each with its interval."""
    path = desk.folder / "vigia.toml"
    head, *blocks = path.read_text(encoding="utf-8").split("[[outlet]]")
    kept = []
    for block in blocks:
        for id_, rhythm in every.items():
            if f'id = "{id_}"' in block:
                lines = [line for line in block.partition("[[subscription]]")[0].splitlines() if "every" not in line]
                kept.append("\n".join(["", f'every = "{rhythm}"', *lines, ""]))
    path.write_text("[[outlet]]".join([head, *kept]), encoding="utf-8")


def test_each_outlet_is_crawled_at_its_interval_and_a_restart_keeps_due_times(desk: DemoDesk) -> None:
    desk.configure(revisit=["400d"], workers=1)
    only(desk, lacordillera="1h", portalcomercio="6h")
    start = NOW
    first, soon, later = scheduled(desk, start, 0.5, 1.0)
    assert first["crawled"] == ["lacordillera", "portalcomercio"]  # never crawled: due at once
    assert first["alerts"] == 1
    assert soon["crawled"] == []
    assert later["crawled"] == ["lacordillera"]
    # Restarted ten minutes later: nothing is due. Then the machine is off for a day: what was missed runs once.
    (again,) = scheduled(desk, start + dt.timedelta(hours=1.7))
    assert again["crawled"] == []
    (missed,) = scheduled(desk, start + dt.timedelta(hours=26))
    assert Counter(missed["crawled"]) == {"lacordillera": 1, "portalcomercio": 1}


def test_a_revisit_that_is_due_does_not_wait_for_the_outlets_next_crawl(desk: DemoDesk) -> None:
    desk.configure(revisit=["1h", "6h"], workers=1)
    only(desk, lacordillera="30d")
    first, visited = scheduled(desk, NOW, 1.1)
    assert first["crawled"] == ["lacordillera"]
    assert visited["crawled"] == ["lacordillera"]
    assert desk.desk("SELECT DISTINCT visited FROM visits") == [(1,)]


def test_a_failing_outlet_is_crawled_less_and_less_often(desk: DemoDesk) -> None:
    desk.configure(revisit=["400d"], workers=1)
    only(desk, lacordillera="1h")
    desk.web.fail("lacordillera.test", "500")
    outcomes = scheduled(desk, NOW, 1.3, 1.3)
    assert outcomes[0]["crawled"] == ["lacordillera"]
    ((failures,),) = desk.desk("SELECT failures FROM sources WHERE outlet = 'lacordillera'")
    ((due,),) = desk.desk("SELECT next_due FROM schedule WHERE task = 'crawl:lacordillera'")
    assert failures < 3
    assert dt.datetime.fromisoformat(due) - NOW > dt.timedelta(hours=1.7)


DAY = dt.timedelta(days=1)


def test_a_clock_that_was_a_day_ahead_and_is_set_right_delays_no_crawl_and_repeats_no_page(desk: DemoDesk) -> None:
    desk.configure(revisit=["400d"], workers=1)
    only(desk, lacordillera="1h", portalcomercio="6h")
    before, after, later = scheduled(desk, NOW + DAY, -24.0, 1.2)
    assert before["crawled"] == ["lacordillera", "portalcomercio"]
    assert sorted(set(after["crawled"])) == ["lacordillera", "portalcomercio"], "due by their own rule, not in a day"
    assert "lacordillera" in later["crawled"]
    assert (after["alerts"], later["alerts"]) >= (1, 1)
    assert len(desk.settled()) == len(set(desk.settled()))
    ((latest,),) = desk.desk("SELECT max(next_due) FROM schedule")
    assert dt.datetime.fromisoformat(latest) <= NOW + dt.timedelta(hours=1.2) + DAY


def test_the_same_after_a_restart_with_the_right_clock(desk: DemoDesk) -> None:
    desk.configure(revisit=["1h"], workers=1)
    only(desk, lacordillera="1h")
    scheduled(desk, NOW + DAY)
    (after,) = scheduled(desk, NOW)
    assert "lacordillera" in after["crawled"]
    assert after["alerts"] >= 1
    ((latest,),) = desk.desk("SELECT max(first_seen) FROM visits")
    assert dt.datetime.fromisoformat(latest) <= NOW


def test_a_clock_that_began_in_1970_and_is_set_right_delays_nothing(desk: DemoDesk) -> None:
    desk.configure(revisit=["400d"], workers=1)
    only(desk, lacordillera="1h")
    (before,) = scheduled(desk, dt.datetime(1970, 1, 1, 1, tzinfo=dt.UTC))
    assert before["crawled"] == ["lacordillera"]
    (after,) = scheduled(desk, NOW)
    assert after["crawled"] == ["lacordillera"]
    assert len(desk.settled()) == len(set(desk.settled()))


@pytest.mark.parametrize("passes", range(6))
async def test_an_end_that_meets_a_tick_is_no_error(passes: int, caplog: pytest.LogCaptureFixture) -> None:
    ticks: list[str] = []

    async def stop() -> None:
        ticks.append("stopped")

    session: Any = SimpleNamespace(now=lambda: NOW, fatal_error="any: the tick says so and ends")
    schedule = Scheduler(
        session,
        cast("CrawlRunner", SimpleNamespace(stop=stop)),
        alerts=stop,
        briefings=stop,
        health=stop,
        on_end=lambda _: None,
        on_fatal_error=lambda: ticks.append("ticked"),
    )
    schedule.start()
    for _ in range(passes):
        await asyncio.sleep(0)  # a pass of the event loop, until the first tick is planned, begun or over
    await schedule.stop()
    await asyncio.sleep(0)  # a pass in which APScheduler would log
    assert ticks[-1] == "stopped"
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
