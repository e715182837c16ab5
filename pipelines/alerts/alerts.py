"""The alerts of one desk, as the command line and the scheduler call them."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import secrets
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlite_utils import Database

from db.connection import explain_errors, open_desk, open_news
from db.desk import deliveries, secret_keys, unsubscribes
from db.search import query
from db.search.query import Vocabulary
from pipelines.alerts import digests, heartbeats
from pipelines.alerts.channels import atom_feed, log_file
from pipelines.alerts.delivery import MAX_RETRY_DELAY, DeliveryContext, deliver, make_unsubscribe_links
from pipelines.alerts.digests import LOG_TARGET
from pipelines.alerts.errors import AlertError
from pipelines.alerts.matching import articles
from pipelines.alerts.messages.digest import compose_test, make_head
from pipelines.alerts.notices import OPERATOR, Operator
from pipelines.alerts.overview import ListedSubscription, list_subscriptions
from pipelines.alerts.preview import Preview, build_preview
from pipelines.alerts.run_lock import hold_run_lock
from pipelines.alerts.subscriptions.all_subscriptions import find_by_name, read_subscriptions, select_running
from pipelines.alerts.subscriptions.planned_briefing import BriefingMailing
from pipelines.alerts.subscriptions.reader_subscription import DeskReaders
from pipelines.alerts.subscriptions.secret_references import read_secret
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.alerts.subscriptions.subscription_index import index_by_id
from pipelines.silence import Health, read_health

ATTEMPT_SECONDS = 60.0  # time limit of one delivery attempt
logger = logging.getLogger(__name__)

LOCK_WAIT_SECONDS = 10.0  # how long a run waits for the run of another process


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRun:
    """Counts of one run: new alerts, new digests, and deliveries by outcome."""

    alerts: int = 0
    digests: int = 0
    sent: int = 0
    failed: int = 0
    waiting: int = 0
    problems: tuple[str, ...] = ()  # one line for each subscription that could not be matched


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTest:
    """Result of a test message to one target; `error` is one line without secrets, None if it arrived."""

    target: str
    error: str | None = None


class Alerts:
    """Match a desk's subscriptions, collect alerts in digests and deliver them. A lock allows one run at a time."""

    def __init__(
        self,
        *,
        news: Path,
        desk: Path,
        folder: Path,
        name: str,
        timezone: str,
        subscriptions: Sequence[Subscription],
        announce: Callable[[str], None],
        briefings: Sequence[BriefingMailing] = (),
        readers: DeskReaders | None = None,
        watched_outlets: Collection[str] = (),
        attempt_seconds: float = ATTEMPT_SECONDS,
        public_url: str | None = None,
        contact: str | None = None,
        operator: Operator | None = None,
        concept_names: Callable[[], Mapping[str, Sequence[str]]] = dict,
    ) -> None:
        self._context = DeliveryContext(
            news=news,
            folder=folder,
            name=name,
            zone=timezone,
            announce=announce,
            attempt_seconds=attempt_seconds,
            public_url=public_url,
            contact=contact,
            concept_names=concept_names,
        )
        self._desk = desk
        self._configured: Mapping[str, Subscription] = index_by_id(subscriptions)
        self._briefings: Mapping[str, BriefingMailing] = index_by_id(briefings)
        self._readers = readers or DeskReaders()
        self._run_lock = asyncio.Lock()
        self._stopping = False
        self._watched_outlets: Collection[str] = watched_outlets  # ids; messages report their health
        self._operator = operator  # recipient of the notices (pipelines.alerts.notices)

    async def run(self, now: dt.datetime) -> AlertRun:
        """Match, make the due digests, and deliver. Raises AlertError or StoreError, each with a one-line text."""
        async with (
            self._run_lock,
            hold_run_lock(self._context.folder, wait_seconds=0.0 if self._stopping else LOCK_WAIT_SECONDS),
        ):
            with self._open_desk() as desk:  # read once: they are the same for the whole run
                subscriptions = select_running(self._read_subscriptions(desk))
            briefings = self._briefings
            matched, digest_count = await asyncio.to_thread(self._prepare, list(subscriptions.values()), now)
            with self._open_desk() as desk:
                ids = [*subscriptions, *briefings]
                served: dict[str, Subscription] = {**subscriptions, **briefings}
                if self._operator is not None:
                    served[OPERATOR] = self._operator
                not_quiet = [
                    id_
                    for id_, subscription in served.items()
                    if not digests.is_in_quiet_hours(subscription, now, zone=self._context.zone)
                ]
                due = deliveries.find_due_deliveries(desk, not_quiet, now=now)
                health = await asyncio.to_thread(self._read_health) if due else None
                outcome = await deliver(
                    desk,
                    due,
                    served,
                    context=replace(self._context, health=health),
                    now=now,
                    may_continue=lambda: not self._stopping,
                )
                waiting = deliveries.count_waiting_deliveries(desk, ids)
        return AlertRun(
            alerts=matched.alerts,
            digests=digest_count,
            sent=outcome.sent,
            failed=outcome.failed,
            waiting=waiting,
            problems=matched.problems,
        )

    def replace_subscriptions(
        self,
        subscriptions: Sequence[Subscription],
        *,
        briefings: Sequence[BriefingMailing] = (),
        watched_outlets: Collection[str] | None = None,
        readers: DeskReaders | None = None,
    ) -> None:
        """Use these subscriptions and briefings from the next run on.

        Raises AlertError, and changes nothing, if ids repeat.
        """
        self._configured, self._briefings = index_by_id(subscriptions), index_by_id(briefings)
        if watched_outlets is not None:
            self._watched_outlets = watched_outlets
        if readers is not None:
            self._readers = readers

    def stop(self) -> None:
        """Begin no further delivery. Attempts that have begun have sender.STOP_SECONDS to end."""
        self._stopping = True
        self._context.senders.interrupt_later()

    def preview(self, name: str, since: dt.datetime, *, now: dt.datetime | None = None) -> Preview:
        """Preview what the subscription would have sent since a time. Raises AlertError if it is unknown."""
        return build_preview(
            self._context, self.find_subscription(name), since=since, now=now or dt.datetime.now(dt.UTC)
        )

    def list_subscriptions(self, now: dt.datetime | None = None) -> list[ListedSubscription]:
        """Return the state of each subscription: those of vigia.toml in its order, then those of readers."""
        vocabulary = self._load_vocabulary()
        with self._open_desk() as desk:
            subscriptions = list(self._read_subscriptions(desk).values())
            return list_subscriptions(
                desk, subscriptions, vocabulary, zone=self._context.zone, now=now or dt.datetime.now(dt.UTC)
            )

    def list_feeds(self, *, base_url: str) -> list[tuple[str, str]]:
        """Return (name, URL of its Atom feed) of each subscription. `base_url` is the reading room's URL."""
        with self._open_desk() as desk:
            key = secret_keys.get_key(desk, "feeds")
            subscriptions = self._read_subscriptions(desk)
        return [
            (subscription.label, atom_feed.make_feed_url(key, id_, base_url=base_url))
            for id_, subscription in subscriptions.items()
        ]

    def renew_feed_urls(self) -> None:
        """Give every feed a new URL; the old URLs stop working."""
        with self._open_desk() as desk:
            secret_keys.renew_key(desk, "feeds")

    def resubscribe(self, name: str) -> int:
        """Subscribe again all who unsubscribed from a subscription or briefing; return how many."""
        with self._open_desk() as desk:
            return unsubscribes.delete_unsubscribes(desk, self._find_mailing(desk, name).id)

    async def send_test(self, name: str) -> list[TargetTest]:
        """Send a test message to each target of a subscription or briefing; return the result for each."""
        with self._open_desk() as desk:
            subscription = self._find_mailing(desk, name)
            links = make_unsubscribe_links(desk, subscription.id, self._context)
        results = []
        for recipient in digests.list_recipients(subscription, zone=self._context.zone):
            target = recipient.target
            if target == LOG_TARGET:
                self._context.announce(f"{subscription.name}: a test; it has no target and goes to alerts.log")
                results.append(TargetTest(target=target))
                continue
            token, now = secrets.token_hex(12), dt.datetime.now(dt.UTC)
            message = compose_test(
                make_head(subscription, recipient, desk=self._context.name, token=token, created=now)
            )
            try:
                address = read_secret(recipient.reference, folder=self._context.folder)
                await self._context.senders.send(address, message, limit=self._context.attempt_seconds, links=links)
            except AlertError as error:
                results.append(TargetTest(target=str(recipient), error=str(error)))
            else:
                results.append(TargetTest(target=str(recipient)))
        return results

    def find_subscription(self, name: str) -> Subscription:
        """Return the subscription with this id or name. Raises AlertError if there is none, or if there are several."""
        with self._open_desk() as desk:
            return find_by_name(self._read_subscriptions(desk), name)

    def _read_subscriptions(self, desk: Database) -> dict[str, Subscription]:
        return read_subscriptions(desk, self._configured, self._readers)

    def _find_mailing(self, desk: Database, name: str) -> Subscription:
        """Return the subscription or else the briefing with this id or name. Raises AlertError if there is none."""
        subscriptions = self._read_subscriptions(desk)
        if not any(name in (one.name, id_) for id_, one in subscriptions.items()):
            for id_, briefing in self._briefings.items():
                if name in (briefing.name, id_):
                    return briefing
        return find_by_name(subscriptions, name)

    def _load_vocabulary(self) -> Vocabulary:
        """Load the outlets, concepts and codes that queries may name; none before the first crawl."""
        if not self._context.news.exists():
            return Vocabulary()
        with (
            contextlib.closing(open_news(self._context.news, readonly=True)) as news,
            explain_errors(self._context.news),
        ):
            return query.load_vocabulary(news)

    def _read_health(self) -> Health | None:
        """Read the health of the sources; None if no outlets are watched. Runs in a thread with its own connection."""
        if not self._watched_outlets:
            return None
        with (
            contextlib.closing(open_news(self._context.news, readonly=True)) as news,
            explain_errors(self._context.news),
        ):
            try:
                return read_health(news, watched=self._watched_outlets)
            except sqlite3.Error:
                raise
            except Exception as error:  # noqa: BLE001 -- a fault in a message's foot must not stop the message
                logger.warning("how the sources are can't be told: unexpected %s", type(error).__name__)
                return None

    def _prepare(self, configured: Sequence[Subscription], now: dt.datetime) -> tuple[articles.MatchResult, int]:
        """Match and make digests; return (result of matching, number of digests).

        It runs in a thread, because the queries of many subscriptions take long.
        """
        if not self._context.news.exists():
            open_news(self._context.news).close()  # creates it for a desk that has not crawled yet
        with (
            contextlib.closing(open_news(self._context.news, readonly=True)) as news,
            explain_errors(self._context.news),
            self._open_desk() as desk,
        ):
            for size in deliveries.read_log_sizes(desk, LOG_TARGET):
                path = self._context.folder / log_file.LOG_FILE_NAME
                try:
                    log_file.cut_back(path, size)
                except OSError as error:
                    raise AlertError(f"{path}: {error.strerror}; check its permissions") from error
            with desk.atomic():
                deliveries.recover_deliveries(desk, now=now)
                deliveries.bring_attempts_forward(desk, now=now, furthest=MAX_RETRY_DELAY)
            matched = articles.match_subscriptions(news, desk, configured, now=now)
            others = [*self._briefings.values(), *filter(None, [self._operator])]
            digests.redirect_to_new_targets(desk, [*configured, *others], now=now)
            digest_count = digests.make_due_digests(desk, configured, zone=self._context.zone, now=now)
            digest_count += heartbeats.make_due_heartbeats(desk, configured, zone=self._context.zone, now=now)
        return matched, digest_count

    @contextlib.contextmanager
    def _open_desk(self) -> Iterator[Database]:
        with contextlib.closing(open_desk(self._desk)) as desk, explain_errors(self._desk):
            yield desk
