"""Run crawls, reading room, schedule and alerts in one process: `vigia up`."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import Callable
from concurrent.futures import CancelledError
from functools import partial
from typing import TYPE_CHECKING

from crawler.config.desk import Desk
from crawler.config.outlet import Outlet
from crawler.config.reload import ConfigWatcher
from crawler.crawling.exceptions import StoreFailed
from crawler.crawling.reactor import handle_signals, install_resolver
from crawler.crawling.session import CrawlSession
from crawler.crawling.stats import CrawlStats
from crawler.monitoring.problems import ServiceState, update_notices
from crawler.operations.apply_marks import find_typed_article
from crawler.operations.compare_stories import compare_pending, describe_comparison
from crawler.runner import CrawlResult, CrawlRunner, describe_unfinished
from crawler.service.desk_alerts import alert_desk_of, alerts_of
from crawler.service.due_briefings import list_planned_briefings, make_due_briefings
from crawler.service.health_endpoint import HEALTH_PATH, HealthEndpoint
from crawler.service.metrics_endpoint import METRICS_PATH, MetricsEndpoint
from crawler.service.scheduler import Scheduler
from crawler.service.subscription_reader import SubscriptionReader
from crawler.service.web_password import reader_access_of
from db.connection import StoreError
from db.model.times import utc_now
from db.site.briefings.briefing_error import BriefingError
from pipelines.activity_counters import ACTIVITY
from pipelines.alerts import http_endpoints
from pipelines.alerts.errors import AlertError

if TYPE_CHECKING:
    from db.site.server import SiteServer

log = logging.getLogger(__name__)

MARK_SECONDS = 5.0  # a page with a mark's result is waited for


def site_of(
    desk: Desk,
    *,
    may_write: bool = False,
    apply_marks: Callable[[], None] = lambda: None,
    announce: Callable[[str], None] = log.info,
) -> SiteServer:
    """Build the reading room.

    The Atom feeds and unsubscribe pages of the alerts are mounted in it. With `may_write`, for the process that
    writes the desk, readers can write too. Behind a password all can; without one readers at this machine alone, where
    no proxy is configured and the request names none. Briefings are shown to the same readers.
    `apply_marks` applies what readers marked, at once.
    """
    from crawler.service.people import DeskPeople  # noqa: PLC0415 - it imports Datasette
    from crawler.service.site_evidence import pack_evidence  # noqa: PLC0415 - as above
    from db.site.analysts.forms import AnalystForms  # noqa: PLC0415 - Datasette takes a while to import
    from db.site.analysts.reader import AnalystDesk  # noqa: PLC0415 - as above
    from db.site.briefings.briefing_pages import ComingBriefing  # noqa: PLC0415 - as above
    from db.site.dossiers.dossier_forms import list_dossier_forms  # noqa: PLC0415 - as above
    from db.site.marks.mark_forms import list_mark_forms  # noqa: PLC0415 - as above
    from db.site.password import mark_password  # noqa: PLC0415 - as above
    from db.site.reader_api.device_forms import list_device_forms  # noqa: PLC0415 - as above
    from db.site.server import SiteServer  # noqa: PLC0415 - as above
    from db.site.story_corrections import list_story_forms  # noqa: PLC0415 - as above
    from db.site.subscriptions.subscription_forms import list_subscription_forms  # noqa: PLC0415 - as above

    configuration = SubscriptionReader(desk)
    alerts = http_endpoints.build_alerts_application(
        news=desk.news_db,
        desk=desk.desk_db,
        name=desk.desk.name,
        timezone=desk.desk.timezone,
        subscriptions=configuration,
        base_url=lambda: desk.desk.public_url or site.url,
    )
    alert_desk = alert_desk_of(configuration, announce=announce, base_url=lambda: desk.desk.public_url or site.url)
    metrics = {METRICS_PATH: MetricsEndpoint(configuration.read_desk, activity=ACTIVITY, now=utc_now)}
    access = reader_access_of(desk)
    is_proxied = access is None and bool(desk.desk.public_url or desk.desk.trusted_proxies)
    people = DeskPeople(
        configuration.read_desk,
        secret=access.secret if access else "",
        base_url=lambda: desk.desk.public_url or site.url,
    )
    analyst_desk = AnalystDesk(
        news_db=desk.news_db,
        desk_db=desk.desk_db,
        is_proxied=is_proxied,
        list_people=people.list_people,
        read_mail_mark=people.read_mail_mark,
        send_link=people.send_link,
        password_mark=mark_password(access.password_hash) if access else "",
    )

    def list_coming() -> list[ComingBriefing]:
        return [
            ComingBriefing(
                name=plan.briefing.name,
                query=plan.briefing.query,
                due=plan.schedule.due,
                people=tuple((person.id, person.name or person.id) for person in plan.briefing.mailing.persons),
            )
            for plan in list_planned_briefings(configuration.read_desk(), now=utc_now())
        ]

    handlers = {
        **list_story_forms(find_typed_article),
        **list_dossier_forms(),
        **list_device_forms(analyst_desk),
        **list_mark_forms(apply_marks),
        **list_subscription_forms(alert_desk),
    }
    site = SiteServer(
        desk.news_db,
        host=desk.desk.host,
        port=desk.desk.port,
        name=desk.desk.name,
        timezone=desk.desk.timezone,
        access=access,
        public_url=desk.desk.public_url,
        mounts={
            http_endpoints.MOUNT_PATH: alerts,
            HEALTH_PATH: HealthEndpoint(configuration.read_desk, now=utc_now),
            **(metrics if desk.desk.metrics == "open" else {}),
        },
        mounts_behind_password=metrics if desk.desk.metrics == "password" else {},
        forms=AnalystForms(handlers, desk=analyst_desk) if may_write else None,
        pack_evidence=partial(pack_evidence, configuration.read_desk) if may_write else None,
        alert_desk=alert_desk if may_write else None,
        list_coming_briefings=list_coming if may_write else None,
        trusted_proxies=desk.desk.trusted_proxies,
        briefings=None if is_proxied else desk.desk_db,
    )
    return site


class Service:
    """Everything that `vigia up` runs.

    `say` prints a line for the operator, `announce` one for an alert without a target. `progress` and `on_end` get
    the state of each crawl; `expect` gets the outlets of the first round.
    """

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
        self._schedule: Scheduler | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Run until the process gets a signal to end.

        Raises the error of a database or the archive that fails.
        """
        # First, because it refuses to serve other machines without a password.
        site = site_of(self.desk, may_write=True, apply_marks=self._apply_marks, announce=self.announce)
        async with CrawlSession(self.desk) as session:
            install_resolver(session)
            await asyncio.to_thread(site.start)
            gc.freeze()  # exempt what is loaded now: collecting through it would delay a page by 0.1 s
            try:
                await self._watch(session, site.url)
            finally:
                await asyncio.to_thread(site.stop)

    async def _watch(self, session: CrawlSession, address: str) -> None:
        alerts = alerts_of(self.desk, announce=self.announce)
        crawls = CrawlRunner(session, progress=self.progress)
        configuration = ConfigWatcher(self.desk, say=self.say)
        known_problems: set[str] = set()

        def reload_configuration() -> None:
            if desk := configuration.check():
                self.desk = desk
                alerts.replace_subscriptions(
                    desk.subscriptions,
                    briefings=[briefing.mailing for briefing in desk.briefings],
                    watched_outlets=frozenset(outlet.id for outlet in desk.enabled_outlets),
                    readers=desk.readers,
                )
                with contextlib.suppress(StoreFailed):  # the session knows, and the next tick ends the desk
                    session.reload(desk)

        async def run_alerts() -> None:
            try:
                with ACTIVITY.time_stage("alerts"):
                    problems = (await alerts.run(session.now())).problems
            except (AlertError, StoreError) as error:
                problems = (f"alerts: {error}",)
            for problem in problems:
                if problem not in known_problems:  # say it when it begins, not every minute
                    self.say(problem)
            known_problems.clear()
            known_problems.update(problems)

        async def make_briefings() -> None:
            try:
                count = await asyncio.to_thread(make_due_briefings, self.desk, now=session.now())
            except StoreError as error:  # as of alerts: another program may hold a lock
                raise BriefingError(str(error)) from error
            if count:
                await run_alerts()

        async def check_health() -> None:
            state = ServiceState(
                started_at=schedule.started_at,
                failing_tasks=dict(schedule.failing_tasks),
                alert_problems=tuple(known_problems),
                search_damage=schedule.search_damage,
                database_damage=schedule.database_damage,
                config_error=configuration.error,
            )
            await update_notices(session, state)

        schedule = Scheduler(
            session,
            crawls,
            alerts=run_alerts,
            briefings=make_briefings,
            health=check_health,
            on_end=self.on_end,
            on_fatal_error=self._ending.set,
            on_tick=reload_configuration,
        )
        self._schedule, self._loop = schedule, asyncio.get_running_loop()
        handle_signals(self._ending.set, at_limit=lambda: self.say(describe_unfinished(crawls)))
        self.say(f"Reading room: {address}")
        due, next_due = schedule.due_outlets()
        self.expect(due, next_due=next_due)
        schedule.start()
        comparing = asyncio.create_task(self._compare_stories(session))
        await self._ending.wait()
        await comparing
        alerts.stop()  # do not wait for slow targets: alerts that are matched now are delivered at the next start
        await self._finish(schedule, crawls)
        if session.is_in_place() and not session.fatal_error:
            await run_alerts()
        if session.fatal_error:
            raise session.fatal_error

    def _apply_marks(self) -> None:
        """Apply the marks that readers set; called in the thread of a form. What takes longer is applied later."""
        if self._schedule is None or self._loop is None:
            return
        applied = asyncio.run_coroutine_threadsafe(self._schedule.apply_marks(), self._loop)
        with contextlib.suppress(TimeoutError, CancelledError):
            applied.result(MARK_SECONDS)

    async def _compare_stories(self, session: CrawlSession) -> None:
        """Compare articles of before this start, beside the crawls; what is left comes at the next start."""

        def progress(done: int, total: int) -> None:
            if text := describe_comparison(done, total):
                self.say(text)

        with contextlib.suppress(StoreFailed):  # the session knows, and the next tick ends the desk
            await compare_pending(session, progress=progress, is_ending=self._ending.is_set)

    async def _finish(self, schedule: Scheduler, crawls: CrawlRunner) -> None:
        if crawls.running:
            names = ", ".join(sorted(crawls.running)[:5]) + (" …" if len(crawls.running) > 5 else "")
            self.say(
                f"Ending: waiting for {len(crawls.running)} crawls to save what is in progress ({names}). "
                "Press Ctrl-C again to stop at once."
            )
        await schedule.stop()
        if not crawls.session.fatal_error:
            self.say("Everything is stored.")
