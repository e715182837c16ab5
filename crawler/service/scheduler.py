"""The schedule of `vigia up`: what runs when.

Tasks are crawls, revisits, alerts, briefings, marks, health checks and housekeeping. Due times are kept in desk.db.
APScheduler only gives the tick at which they are compared with the clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from crawler.config.outlet import Outlet
from crawler.crawling.backoff_delays import get_next_crawl
from crawler.crawling.exceptions import BACK_OFF_MARK, StoreFailed
from crawler.crawling.future_waits import bring_waits_forward
from crawler.crawling.session import CrawlSession
from crawler.operations.apply_marks import apply_marks
from crawler.operations.propose_sources import is_worth_a_search, propose_sources
from crawler.runner import CrawlResult, CrawlRunner
from crawler.service.housekeeping import check_databases, check_search_index, prune_desk
from db.connection import find_stale_statistics
from db.desk.schedule import begin_task, finish_task, read_due_times
from db.desk.sources import count_failures_in_a_row
from db.desk.visits import find_outlets_with_due_visits
from db.news.marks import read_unapplied_marks
from db.site.briefings.briefing_error import BriefingError

log = logging.getLogger(__name__)

TICK_INTERVAL = dt.timedelta(seconds=5)
ALERTS_INTERVAL = dt.timedelta(minutes=1)
BRIEFINGS_INTERVAL = dt.timedelta(minutes=1)
HEALTH_INTERVAL = dt.timedelta(minutes=15)
MAX_FIRST_ROUND = dt.timedelta(hours=1)  # after this time from the start, health is checked whatever is still due
HOUSEKEEPING_INTERVAL = dt.timedelta(days=1)
LONGEST_WAITS = {
    "alerts": ALERTS_INTERVAL,
    "briefings": BRIEFINGS_INTERVAL,
    "health": HEALTH_INTERVAL,
    "housekeeping": HOUSEKEEPING_INTERVAL,
}
PAUSE_AFTER_ERROR = dt.timedelta(minutes=10)
NETWORK_DOWN_OUTLETS = 5  # if so many outlets in a row do not answer, the network is taken to be down


class Scheduler:
    """Starts each due task and sets its next due time when it ends.

    Uses the clock of the crawl session. It looks for due tasks at each `tick`, by default TICK_INTERVAL.
    """

    def __init__(
        self,
        session: CrawlSession,
        crawls: CrawlRunner,
        *,
        alerts: Callable[[], Awaitable[None]],
        briefings: Callable[[], Awaitable[None]],
        health: Callable[[], Awaitable[None]],
        on_end: Callable[[CrawlResult], None],
        on_fatal_error: Callable[[], None],
        on_tick: Callable[[], None] = lambda: None,
        tick: dt.timedelta | None = None,
    ) -> None:
        self.session = session
        self.crawls = crawls
        self.alerts = alerts
        self.briefings = briefings
        self.health = health
        self.started_at = session.now()
        self.search_damage: str | None = None  # what the last check of the search index found
        self.database_damage: dict[str, str] = {}  # the same of the pages of each database, by file name
        self._check_due = self.started_at
        self.failing_tasks: dict[str, str] = {}  # task -> its unexpected error at the last run
        self.on_end = on_end
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._paused_until: dict[str, dt.datetime] = {}  # tasks with an unexpected error
        self._looked_at: dt.datetime | None = None  # the time of the last tick
        self._unanswered: set[str] = set()  # outlets without an answer since the last that answered
        self.on_fatal_error = on_fatal_error
        self.on_tick = on_tick
        self._scheduler = AsyncIOScheduler(timezone=dt.UTC)
        # One short interval job and no job per task: a restart resets the jobs of APScheduler, and it drops misfires.
        self._scheduler.add_job(
            self.tick,
            "interval",
            seconds=(tick or TICK_INTERVAL).total_seconds(),
            next_run_time=dt.datetime.now(dt.UTC),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )

    def due_outlets(self) -> tuple[set[str], dt.datetime | None]:
        """Return the ids of the outlets that are due, and the next due time.

        The time is that of the other outlets, or None if there are none.
        """
        now, planned = self.session.now(), read_due_times(self.session.stores.desk)
        moments = {outlet.id: planned.get(f"crawl:{outlet.id}", now) for outlet in self.session.desk.enabled_outlets}
        later = [moment for moment in moments.values() if moment > now]
        return {id_ for id_, moment in moments.items() if moment <= now}, min(later, default=None)

    def start(self) -> None:
        """Start the tick."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Start no more tasks and wait for those that run."""
        self._scheduler.remove_all_jobs()
        await asyncio.sleep(0)  # a tick that has just begun ends; shutdown would cancel it and log that as an error
        self._scheduler.shutdown(wait=False)
        await self.crawls.stop()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)

    async def tick(self) -> None:
        """Start every due task that is not running.

        Times missed while the machine was off count as one.
        """
        if self.session.fatal_error or not self.session.is_in_place():
            self.on_fatal_error()
            return
        self.on_tick()
        with contextlib.suppress(StoreFailed), self.session.abort_on_store_error():
            self._start_due_tasks()

    def _start_due_tasks(self) -> None:
        now = self.session.now()
        if self._looked_at is None or now < self._looked_at:  # at the start, and when the clock goes back
            self._paused_until.clear()
            bring_waits_forward(self.session.stores.desk, self.session.desk, now=now, tasks=LONGEST_WAITS)
        self._looked_at = now
        planned = read_due_times(self.session.stores.desk)
        visits = find_outlets_with_due_visits(self.session.stores.desk, now=now)
        for outlet in self.session.desk.enabled_outlets:
            task = f"crawl:{outlet.id}"
            if planned.get(task, now) <= now:
                self._start(task, self._crawl(task, outlet))
            elif outlet.id in visits:
                self._start(task, self._revisit(outlet))
        if planned.get("alerts", now) <= now:
            self._start("alerts", self._send_alerts())
        if planned.get("briefings", now) <= now:
            self._start("briefings", self._make_briefings())
        if read_unapplied_marks(self.session.stores.news):
            self._start("marks", self._apply_marks())
        if planned.get("health", now) <= now and self._is_first_round_over(planned, now):
            self._start("health", self._check_health())
        if planned.get("housekeeping", now) <= now:
            self._start("housekeeping", self._prune())
        if self._check_due <= now:
            self._start("check", self._check_databases())

    async def apply_marks(self) -> None:
        """Apply the marks that are set by now, without waiting for the next tick."""
        for _ in range(2):  # one that is running may have begun before the last mark was set
            if "marks" not in self.tasks:
                self._start("marks", self._apply_marks())
            if running := self.tasks.get("marks"):
                await asyncio.wait([running])

    def _is_first_round_over(self, planned: dict[str, dt.datetime], now: dt.datetime) -> bool:
        """Return True if every outlet that was due at the start was crawled.

        Before that, health is not known.
        """
        due = any(planned.get(f"crawl:{outlet.id}", now) <= now for outlet in self.session.desk.enabled_outlets)
        return not due or now - self.started_at > MAX_FIRST_ROUND

    @property
    def is_network_down(self) -> bool:
        """True if the last NETWORK_DOWN_OUTLETS outlets all gave no answer.

        Outlets then do not back off.
        """
        return len(self._unanswered) >= NETWORK_DOWN_OUTLETS

    def _start(self, task: str, work: Coroutine[Any, Any, None]) -> None:
        now = self.session.now()
        if task in self.tasks or self.crawls.stopping or self._paused_until.get(task, now) > now:
            work.close()
            return
        running = asyncio.create_task(self._stop_on_store_error(work))
        self.tasks[task] = running
        running.add_done_callback(lambda done: self._end(task, done))

    async def _stop_on_store_error(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a task.

        If a database or the archive fails, the next tick ends the desk with one line.
        """
        with self.session.abort_on_store_error():
            await work

    def _end(self, task: str, done: asyncio.Future[None]) -> None:
        del self.tasks[task]
        if done.cancelled() or isinstance(error := done.exception(), StoreFailed):
            return
        if error is None:
            self.failing_tasks.pop(task, None)
            return
        # An unexpected error is logged and pauses its task; the desk goes on.
        log.error("%s: %s", task, error, exc_info=None if isinstance(error, BriefingError) else error)
        self.failing_tasks[task] = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        self._paused_until[task] = self.session.now() + PAUSE_AFTER_ERROR

    async def _crawl(self, task: str, outlet: Outlet) -> None:
        desk_db = self.session.stores.desk
        # begin_task keeps the due time, so a crawl that is killed is due again at the next start.
        begin_task(desk_db, task, at=self.session.now(), next_due=self.session.now())
        crawled = await self.crawls.crawl_outlet(outlet)
        if crawled is None or crawled.outcome == "stopped" or self.session.fatal_error:
            return
        now = self.session.now()
        self._unanswered = set() if crawled.answered else self._unanswered | {outlet.id}
        failures = 0
        # A host in back-off is not asked, which is not a failure of the outlet.
        was_not_asked = BACK_OFF_MARK in crawled.stats.last_error
        if not crawled.answered and not self.is_network_down and not was_not_asked:
            failures = count_failures_in_a_row(desk_db, [source.url for source in outlet.sources])
        due = get_next_crawl(now, outlet.interval, failures=failures)
        finish_task(desk_db, task, at=now, next_due=due, outcome=crawled.outcome)
        self.on_end(crawled)
        if is_worth_a_search(self.session, outlet, failures=failures):
            self._start("search for sources", propose_sources(self.session, outlet))  # else at a later failure

    async def _revisit(self, outlet: Outlet) -> None:
        crawled = await self.crawls.crawl_outlet(outlet, sources=False)
        if crawled:
            self.on_end(crawled)

    async def _send_alerts(self) -> None:
        await self.alerts()
        now = self.session.now()
        finish_task(self.session.stores.desk, "alerts", at=now, next_due=now + ALERTS_INTERVAL, outcome="ok")

    async def _make_briefings(self) -> None:
        await self.briefings()
        now = self.session.now()
        finish_task(self.session.stores.desk, "briefings", at=now, next_due=now + BRIEFINGS_INTERVAL, outcome="ok")

    async def _check_health(self) -> None:
        await self.health()
        now = self.session.now()
        finish_task(self.session.stores.desk, "health", at=now, next_due=now + HEALTH_INTERVAL, outcome="ok")

    async def _apply_marks(self) -> None:
        for mark, outcome in await apply_marks(self.session):
            log.info("%s: %s", mark.url, outcome)

    async def _prune(self) -> None:
        now, stores = self.session.now(), self.session.stores
        statistics = {"news": find_stale_statistics(stores.news), "desk": find_stale_statistics(stores.desk)}
        outcome = await asyncio.to_thread(prune_desk, self.session.desk, stores.archive, now=now, statistics=statistics)
        finish_task(stores.desk, "housekeeping", at=now, next_due=now + HOUSEKEEPING_INTERVAL, outcome=outcome)

    async def _check_databases(self) -> None:
        """Check databases and search index: at the start and once a day. Damage is a notice, and stops nothing."""
        self._check_due = self.session.now() + HOUSEKEEPING_INTERVAL
        desk, seed = self.session.desk, int(self.session.now().timestamp())
        before, known = self.search_damage, self.database_damage
        self.database_damage = await asyncio.to_thread(check_databases, desk, seed=seed)
        for name in self.database_damage.keys() - known:
            log.warning("%s is damaged (%s): stop, and restore a backup", name, self.database_damage[name])
        self.search_damage = await asyncio.to_thread(check_search_index, desk, seed=seed)
        if self.search_damage and not before:
            log.warning("the search index is damaged (%s): stop, run `vigia rebuild --search`", self.search_damage)
