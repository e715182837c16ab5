"""What is due when: crawls, visits, alerts, health, housekeeping. APScheduler ticks; due times are ours, in desk.db."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from crawler.config.outlet import Outlet
from crawler.crawling.exceptions import BACK_OFF_MARK, StoreFailed
from crawler.crawling.session import CrawlSession
from crawler.operations.apply_marks import apply_marks
from crawler.runner import CrawlResult, CrawlRunner
from crawler.service.housekeeping import prune_desk
from db.connection import find_stale_statistics
from db.desk.schedule import begin_task, finish_task, read_due_times
from db.desk.sources import count_failures_in_a_row
from db.desk.visits import find_outlets_with_due_visits
from db.news.marks import read_unapplied_marks

log = logging.getLogger(__name__)

TICK_INTERVAL = dt.timedelta(seconds=5)
ALERTS_INTERVAL = dt.timedelta(minutes=1)
HEALTH_INTERVAL = dt.timedelta(minutes=15)
MAX_FIRST_ROUND = dt.timedelta(hours=1)  # the first after a start; then health is looked at whatever is still due
HOUSEKEEPING_INTERVAL = dt.timedelta(days=1)
JITTER = 0.1  # of an interval, either way, so that a hundred outlets do not fall into step
PAUSE_AFTER_ERROR = dt.timedelta(minutes=10)
NETWORK_DOWN_OUTLETS = 5  # outlets that fail one after another
LONGEST_BACKOFF = dt.timedelta(days=1)


def next_due(
    now: dt.datetime, interval: dt.timedelta, *, failures: int = 0, chance: Callable[[], float] = random.random
) -> dt.datetime:
    """When an outlet is due again: its interval give or take a tenth, doubled at each failure in a row up to a day."""
    backoff: dt.timedelta = min(interval * 2 ** min(failures, 8), max(LONGEST_BACKOFF, interval))
    return now + backoff * (1 + JITTER * (2 * chance() - 1))


class Scheduler:
    """Starts what is due and plans it again when it has ended. `now` is the session's clock."""

    def __init__(
        self,
        session: CrawlSession,
        crawls: CrawlRunner,
        *,
        alerts: Callable[[], Awaitable[None]],
        health: Callable[[], Awaitable[None]],
        on_end: Callable[[CrawlResult], None],
        on_fatal_error: Callable[[], None],
        on_tick: Callable[[], None] = lambda: None,
        tick: dt.timedelta = TICK_INTERVAL,
    ) -> None:
        self.session = session
        self.crawls = crawls
        self.alerts = alerts
        self.health = health
        self.began = session.now()
        self.failing: dict[str, str] = {}  # tasks that met a bug the last time, and which
        self.on_end = on_end
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._held: dict[str, dt.datetime] = {}  # tasks that met a bug, and until when they are not begun again
        self._silent: set[str] = set()  # outlets that did not answer since the last one that did
        self.on_fatal_error = on_fatal_error
        self.on_tick = on_tick
        self._scheduler = AsyncIOScheduler(timezone=dt.UTC)
        # One short tick that is never skipped: no job that a restart could reset, no misfire that could be dropped.
        self._scheduler.add_job(
            self.tick,
            "interval",
            seconds=tick.total_seconds(),
            next_run_time=dt.datetime.now(dt.UTC),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )

    def outlook(self) -> tuple[set[str], dt.datetime | None]:
        """The outlets that are due now, and when the next of the others is."""
        now, planned = self.session.now(), read_due_times(self.session.stores.desk)
        moments = {outlet.id: planned.get(f"crawl:{outlet.id}", now) for outlet in self.session.desk.enabled}
        later = [moment for moment in moments.values() if moment > now]
        return {id_ for id_, moment in moments.items() if moment <= now}, min(later, default=None)

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Start nothing any more and wait for what runs."""
        self._scheduler.shutdown(wait=False)
        await self.crawls.stop()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)

    async def tick(self) -> None:
        """Start every task that is due and does not run yet; what was missed while the machine was off runs once."""
        if self.session.fatal_error:
            self.on_fatal_error()
            return
        self.on_tick()
        with contextlib.suppress(StoreFailed), self.session.abort_on_store_error(StoreFailed("a store failed")):
            self._begin_what_is_due()

    def _begin_what_is_due(self) -> None:
        now = self.session.now()
        planned = read_due_times(self.session.stores.desk)
        visits = find_outlets_with_due_visits(self.session.stores.desk, now=now)
        for outlet in self.session.desk.enabled:
            task = f"crawl:{outlet.id}"
            if planned.get(task, now) <= now:
                self._begin(task, self._crawl(task, outlet))
            elif outlet.id in visits:
                self._begin(task, self._visit(outlet))
        if planned.get("alerts", now) <= now:
            self._begin("alerts", self._alert())
        if read_unapplied_marks(self.session.stores.news):
            self._begin("marks", self._mark())
        if planned.get("health", now) <= now and self._first_round_is_over(planned, now):
            self._begin("health", self._look_at_health())
        if planned.get("housekeeping", now) <= now:
            self._begin("housekeeping", self._keep_house())

    def _first_round_is_over(self, planned: dict[str, dt.datetime], now: dt.datetime) -> bool:
        """Whether every outlet that was due has been asked: a desk that was off knows nothing of them before."""
        due = any(planned.get(f"crawl:{outlet.id}", now) <= now for outlet in self.session.desk.enabled)
        return not due or now - self.began > MAX_FIRST_ROUND

    @property
    def network_is_down(self) -> bool:
        """Whether nobody answers: then the fault is ours, and no outlet is asked less often for it."""
        return len(self._silent) >= NETWORK_DOWN_OUTLETS

    def _begin(self, task: str, work: Coroutine[Any, Any, None]) -> None:
        now = self.session.now()
        if task in self.tasks or self.crawls.stopping or self._held.get(task, now) > now:
            work.close()
            return
        running = asyncio.create_task(self._watched(work))
        self.tasks[task] = running
        running.add_done_callback(lambda done: self._ended(task, done))

    async def _watched(self, work: Coroutine[Any, Any, None]) -> None:
        """A store that fails ends the desk with one line at the next tick, not with a trace at each."""
        with self.session.abort_on_store_error(StoreFailed("a store failed")):
            await work

    def _ended(self, task: str, done: asyncio.Future[None]) -> None:
        del self.tasks[task]
        if done.cancelled() or isinstance(error := done.exception(), StoreFailed):
            return
        if error is None:
            self.failing.pop(task, None)
            return
        # Not foreseen: one task's bug must not end the desk, nor be lost, nor come again at every tick.
        log.error("%s: %s", task, error, exc_info=error)
        self.failing[task] = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        self._held[task] = self.session.now() + PAUSE_AFTER_ERROR

    async def _crawl(self, task: str, outlet: Outlet) -> None:
        desk_db = self.session.stores.desk
        # Killed in between, a crawl is due again at once: begin_task keeps the time at which it was due.
        begin_task(desk_db, task, at=self.session.now(), next_due=self.session.now())
        crawled = await self.crawls.crawl_outlet(outlet)
        if crawled is None or crawled.outcome == "stopped" or self.session.fatal_error:
            return
        now = self.session.now()
        self._silent = set() if crawled.answered else self._silent | {outlet.id}
        failures = 0
        unasked = BACK_OFF_MARK in crawled.stats.last_error  # its host is left in peace: that was no failure of its own
        if not crawled.answered and not self.network_is_down and not unasked:
            failures = count_failures_in_a_row(desk_db, [source.url for source in outlet.sources])
        due = next_due(now, outlet.interval, failures=failures)
        finish_task(desk_db, task, at=now, next_due=due, outcome=crawled.outcome)
        self.on_end(crawled)

    async def _visit(self, outlet: Outlet) -> None:
        crawled = await self.crawls.crawl_outlet(outlet, sources=False)
        if crawled:
            self.on_end(crawled)

    async def _alert(self) -> None:
        await self.alerts()
        now = self.session.now()
        finish_task(self.session.stores.desk, "alerts", at=now, next_due=now + ALERTS_INTERVAL, outcome="ok")

    async def _look_at_health(self) -> None:
        await self.health()
        now = self.session.now()
        finish_task(self.session.stores.desk, "health", at=now, next_due=now + HEALTH_INTERVAL, outcome="ok")

    async def _mark(self) -> None:
        for mark, outcome in await apply_marks(self.session):
            log.info("%s: %s", mark.url, outcome)

    async def _keep_house(self) -> None:
        now, stores = self.session.now(), self.session.stores
        statistics = {"news": find_stale_statistics(stores.news), "desk": find_stale_statistics(stores.desk)}
        outcome = await asyncio.to_thread(prune_desk, self.session.desk, stores.archive, now=now, statistics=statistics)
        finish_task(stores.desk, "housekeeping", at=now, next_due=now + HOUSEKEEPING_INTERVAL, outcome=outcome)
