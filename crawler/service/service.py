"""`vigia up`: crawls, pages, schedule and alerts in one process, from start to a graceful end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.config.desk import CONFIG_FILE, Desk, DeskError, load_desk
from crawler.config.outlet import Outlet
from crawler.config.reload import ConfigWatcher
from crawler.crawling.exceptions import StoreFailed
from crawler.crawling.reactor import handle_signals, install_resolver
from crawler.crawling.session import CrawlSession, locate_topic
from crawler.crawling.stats import CrawlStats
from crawler.monitoring.problems import ServiceState, operator_of_desk, update_notices
from crawler.runner import CrawlResult, CrawlRunner
from crawler.service.scheduler import Scheduler
from crawler.service.web_password import lock_of
from db.connection import StoreError
from pipelines.alerts import http_endpoints
from pipelines.alerts.alerts import Alerts, by_id
from pipelines.alerts.errors import AlertError
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.relevance.topic import TopicError, load_topic

if TYPE_CHECKING:
    from db.site.server import SiteServer

log = logging.getLogger(__name__)


def alerts_of(desk: Desk, *, announce: Callable[[str], None]) -> Alerts:
    """The desk's alerts."""
    return Alerts(
        news=desk.news_db,
        desk=desk.desk_db,
        folder=desk.folder,
        name=desk.desk.name,
        timezone=desk.desk.timezone,
        subscriptions=desk.subscriptions,
        announce=announce,
        watched=frozenset(outlet.id for outlet in desk.enabled),
        operator=operator_of_desk(desk),
        public_url=desk.desk.public_url,
        contact=(desk.crawl.contact or "").removeprefix("mailto:") or None,
        names=partial(_names, locate_topic(desk)),
    )


@lru_cache(maxsize=1)
def _names(topic: str | Path) -> Mapping[str, tuple[str, ...]]:
    """All names of the topic's concepts, by id; none of a topic that can't be read: each crawl says what is wrong."""
    try:
        concepts = load_topic(topic).concepts
    except TopicError:
        return {}
    return {concept.id: tuple(name for names in concept.names.values() for name in names) for concept in concepts}


class SubscriptionReader:
    """The subscriptions of the desk's file by id, as it stands; while it can't be read, those that it had."""

    def __init__(self, desk: Desk) -> None:
        self._folder = desk.folder
        self._wanted = by_id(desk.subscriptions)
        self._seen = self._signature()

    def __call__(self) -> Mapping[str, Subscription]:
        """Look at the file, and read it if it changed."""
        if (seen := self._signature()) != self._seen:
            self._seen = seen
            with contextlib.suppress(DeskError, AlertError):  # `vigia up` and every command say what is wrong
                self._wanted = by_id(load_desk(self._folder).subscriptions)
        return self._wanted

    def _signature(self) -> tuple[int, int] | None:
        try:
            stat = (self._folder / CONFIG_FILE).stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size


def base_url_of(desk: Desk) -> str:
    """Where readers reach the reading room: its public address, else the one on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(desk.desk.host, desk.desk.host)  # noqa: S104 -- compared
    return desk.desk.public_url or f"http://{f'[{host}]' if ':' in host else host}:{desk.desk.port}"


def site_of(desk: Desk) -> SiteServer:
    """The desk's reading room, with its alerts' feeds and unsubscribe pages beside it."""
    from db.site.server import SiteServer  # noqa: PLC0415 - Datasette takes a while to import

    alerts = http_endpoints.application(
        news=desk.news_db,
        desk=desk.desk_db,
        name=desk.desk.name,
        timezone=desk.desk.timezone,
        wanted=SubscriptionReader(desk),
        base=lambda: desk.desk.public_url or site.url,
    )
    site = SiteServer(
        desk.news_db,
        host=desk.desk.host,
        port=desk.desk.port,
        name=desk.desk.name,
        timezone=desk.desk.timezone,
        lock=lock_of(desk),
        public_url=desk.desk.public_url,
        mounts={http_endpoints.MOUNT: alerts},
    )
    return site


class Service:
    """Everything that `vigia up` runs. `say` prints a line for the keeper."""

    def __init__(
        self,
        desk: Desk,
        *,
        say: Callable[[str], None],
        announce: Callable[[str], None],
        progress: Callable[[Outlet, CrawlStats], None],
        on_end: Callable[[CrawlResult], None],
        expect: Callable[..., None],
    ) -> None:
        self.desk = desk
        self.say = say
        self.announce = announce
        self.progress = progress
        self.on_end = on_end
        self.expect = expect
        self._ending = asyncio.Event()

    async def run(self) -> None:
        """Run until told to end, or until a store fails: then raise what failed."""
        site = site_of(self.desk)  # first: it refuses an open door
        async with CrawlSession(self.desk) as session:
            install_resolver(session)
            await asyncio.to_thread(site.start)
            gc.freeze()  # what is there now stays: a collection that goes through all of it stops a page for 0.1 s
            try:
                await self._watch(session, site.url)
            finally:
                await asyncio.to_thread(site.stop)

    async def _watch(self, session: CrawlSession, address: str) -> None:
        alerts = alerts_of(self.desk, announce=self.announce)
        crawls = CrawlRunner(session, progress=self.progress)
        configuration = ConfigWatcher(self.desk, say=self.say)
        told: set[str] = set()

        def look() -> None:
            if desk := configuration.look():
                self.desk = desk
                alerts.replace(desk.subscriptions, watched=frozenset(outlet.id for outlet in desk.enabled))
                with contextlib.suppress(StoreFailed):  # the session knows, and the next tick ends the desk
                    session.reload(desk)

        async def run_alerts() -> None:
            try:
                problems = (await alerts.run(session.now())).problems
            except (AlertError, StoreError) as error:
                problems = (f"alerts: {error}",)
            for problem in problems:
                if problem not in told:  # once when it begins, not every minute
                    self.say(problem)
            told.clear()
            told.update(problems)

        async def look_at_health() -> None:
            running = ServiceState(
                began=schedule.began,
                failing=dict(schedule.failing),
                problems=tuple(told),
                wrong=configuration.wrong,
            )
            await update_notices(session, running)

        schedule = Scheduler(
            session,
            crawls,
            alerts=run_alerts,
            health=look_at_health,
            on_end=self.on_end,
            on_fatal_error=self._ending.set,
            on_tick=look,
        )
        handle_signals(self._ending.set, again=lambda: self.say("Ended at once."))
        self.say(f"Reading room: {address}")
        due, next_due = schedule.outlook()
        self.expect(due, next_due=next_due)
        schedule.start()
        await self._ending.wait()
        alerts.stop()  # a slow target must not hold up the end: what is matched now is delivered at the next start
        await self._wind_up(schedule, crawls)
        if session.fatal_error:
            raise session.fatal_error
        await run_alerts()

    async def _wind_up(self, schedule: Scheduler, crawls: CrawlRunner) -> None:
        if crawls.running:
            names = ", ".join(sorted(crawls.running)[:5]) + (" …" if len(crawls.running) > 5 else "")
            self.say(
                f"Ending: waiting for {len(crawls.running)} crawls to store what is on its way ({names}). "
                "Ctrl-C again ends at once."
            )
        await schedule.stop()
        self.say("Everything is stored.")
