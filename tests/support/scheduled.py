"""Runs a desk's schedule under a clock that the test sets: the real APScheduler, real crawls, another time.

    scheduled.py FOLDER START HOURS [HOURS …]

Begins at START (ISO 8601), lets everything that is due run, moves the clock on by each HOURS and lets it run again.
Prints one JSON list of the tasks that ended for each stop of the clock. With SCHEDULED_ALERTS in the environment alerts
are really matched and sent; otherwise they are counted alone.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import sys
from pathlib import Path

from crawler.config.desk import load_desk
from crawler.crawling.reactor import install_resolver, run
from crawler.crawling.session import Station
from crawler.monitoring.problems import Running, note
from crawler.runner import Crawls
from crawler.service.scheduler import Schedule
from crawler.service.service import alerts_of


def print_nothing(_: str) -> None:
    """Standard output is the test's."""


async def main() -> None:
    """Go through the stops."""
    clock = [dt.datetime.fromisoformat(sys.argv[2])]
    ended: list[str] = []
    alerted: list[str] = []
    looked: list[str] = []

    async def alerts() -> None:
        if "SCHEDULED_ALERTS" in os.environ:
            await alerts_of(station.desk, announce=print_nothing).run(clock[0])
        alerted.append("alerts")

    async def health() -> None:
        await note(station, Running(began=schedule.began, failing=dict(schedule.failing)))
        looked.append("health")

    async with Station(load_desk(Path(sys.argv[1])), now=lambda: clock[0]) as station:
        install_resolver(station)
        schedule = Schedule(
            station,
            Crawls(station),
            alerts=alerts,
            health=health,
            on_end=lambda crawled: ended.append(crawled.outlet.id),
            on_trouble=lambda: None,
            tick=dt.timedelta(seconds=0.1),
        )
        schedule.start()
        for hours in (0.0, *map(float, sys.argv[3:])):
            clock[0] += dt.timedelta(hours=hours)
            quiet = 0
            while quiet < 8:  # ticks without anything that runs
                await asyncio.sleep(0.1)
                quiet = 0 if schedule.tasks else quiet + 1
            print(json.dumps({"crawled": sorted(ended), "alerts": len(alerted), "health": len(looked)}), flush=True)
            ended.clear()
            alerted.clear()
            looked.clear()
        await schedule.stop()


if __name__ == "__main__":
    run(main)
