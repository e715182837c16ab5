"""Alerts of one desk: what the command line and the scheduler call."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import fcntl
import logging
import secrets
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
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
from pipelines.alerts.subscriptions.secret_references import read_secret
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.silence import Health, read_health

ATTEMPT_SECONDS = 60.0  # seconds
logger = logging.getLogger(__name__)

LOCK_WAIT_SECONDS = 10.0  # seconds that a run waits for another process to end its own


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRun:
    """What one run did: new alerts, digests made, deliveries that arrived or were given up, and those still to make."""

    alerts: int = 0
    digests: int = 0
    sent: int = 0
    failed: int = 0
    waiting: int = 0
    problems: tuple[str, ...] = ()  # one line for each subscription that could not be matched


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTest:
    """What became of a test message to one target; `error` is one line without any secret, None when it arrived."""

    target: str
    error: str | None = None


class Alerts:
    """Matches a desk's subscriptions, gathers alerts in digests and delivers them. One run at a time on one desk."""

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
        self._subscriptions: Mapping[str, Subscription] = index_by_id(subscriptions)
        self._run_lock = asyncio.Lock()
        self._stopping = False
        self._watched_outlets: Collection[str] = watched_outlets  # ids of the outlets whose health a message tells
        self._operator = operator  # who gets the notices that pipelines.alerts.notices made

    async def run(self, now: dt.datetime) -> AlertRun:
        """Match, make the digests that are due, deliver what is due. Raises AlertError or StoreError, one line each."""
        async with self._run_lock, self._exclusive():
            wanted = self._subscriptions  # one and the same for the whole run, whatever takes its place meanwhile
            matched, made = await asyncio.to_thread(self._prepare, list(wanted.values()), now)
            with self._open_desk() as desk:
                ids = list(wanted)
                served = wanted if self._operator is None else {**wanted, OPERATOR: self._operator}
                awake = [
                    id_
                    for id_, one in served.items()
                    if not digests.is_in_quiet_hours(one, now, zone=self._context.zone)
                ]
                due = deliveries.find_due_deliveries(desk, awake, now=now)
                soundness = await asyncio.to_thread(self._health) if due else None
                outcome = await deliver(
                    desk,
                    due,
                    served,
                    context=replace(self._context, health=soundness),
                    now=now,
                    may_continue=lambda: not self._stopping,
                )
                waiting = deliveries.count_waiting_deliveries(desk, ids)
        return AlertRun(
            alerts=matched.alerts,
            digests=made,
            sent=outcome.sent,
            failed=outcome.failed,
            waiting=waiting,
            problems=matched.problems,
        )

    def replace_subscriptions(
        self, subscriptions: Sequence[Subscription], *, watched_outlets: Collection[str] | None = None
    ) -> None:
        """Serve these from the next run on. AlertError when two are the same to the desk: then nothing changes."""
        self._subscriptions = index_by_id(subscriptions)
        if watched_outlets is not None:
            self._watched_outlets = watched_outlets

    def stop(self) -> None:
        """Begin no further delivery: a run that is on its way ends after the attempts that have begun."""
        self._stopping = True

    def preview(self, name: str, since: dt.datetime, *, now: dt.datetime | None = None) -> Preview:
        """What the subscription would have sent of everything that was found since then. Records nothing."""
        return build_preview(
            self._context, self.find_subscription(name), since=since, now=now or dt.datetime.now(dt.UTC)
        )

    def list_subscriptions(self, now: dt.datetime | None = None) -> list[ListedSubscription]:
        """How each subscription stands, in the order of the desk's file. `now` is the clock's unless it is given."""
        vocabulary, wanted = self._vocabulary(), list(self._subscriptions.values())
        with self._open_desk() as desk:
            return list_subscriptions(
                desk, wanted, vocabulary, zone=self._context.zone, now=now or dt.datetime.now(dt.UTC)
            )

    def list_feeds(self, *, base_url: str) -> list[tuple[str, str]]:
        """(name, address of its Atom feed) of each subscription; `base` is where readers reach the reading room."""
        with self._open_desk() as desk:
            key = secret_keys.get_key(desk, "feeds")
        return [
            (one.name, atom_feed.make_feed_url(key, id_, base_url=base_url)) for id_, one in self._subscriptions.items()
        ]

    def renew_feed_urls(self) -> None:
        """Give every feed another address: those that were given out before lead nowhere."""
        with self._open_desk() as desk:
            secret_keys.renew_key(desk, "feeds")

    def resubscribe(self, name: str) -> int:
        """Let all who unsubscribed from a subscription in again; gives how many."""
        with self._open_desk() as desk:
            return unsubscribes.delete_unsubscribes(desk, self.find_subscription(name).id)

    async def send_test(self, name: str) -> list[TargetTest]:
        """Send a test message to each target of a subscription, and say which arrived."""
        from pipelines.alerts.channels.send import send_message  # noqa: PLC0415 -- Apprise takes a while to import

        subscription = self.find_subscription(name)
        with self._open_desk() as desk:
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
                await send_message(address, message, limit=self._context.attempt_seconds, links=links)
            except AlertError as error:
                results.append(TargetTest(target=str(recipient), error=str(error)))
            else:
                results.append(TargetTest(target=str(recipient)))
        return results

    def find_subscription(self, name: str) -> Subscription:
        """The subscription of that name or id; AlertError names those that there are."""
        for id_, subscription in self._subscriptions.items():
            if name in (subscription.name, id_):
                return subscription
        there = ", ".join(f'"{subscription.name}"' for subscription in self._subscriptions.values())
        hint = f"there are {there}" if there else "there is none: add a [[subscription]] to vigia.toml"
        raise AlertError(f'no subscription "{name}"; {hint}')

    def _vocabulary(self) -> Vocabulary:
        """What queries may name; nothing is known before the first crawl."""
        if not self._context.news.exists():
            return Vocabulary()
        with (
            contextlib.closing(open_news(self._context.news, readonly=True)) as news,
            explain_errors(self._context.news),
        ):
            return query.load_vocabulary(news)

    def _health(self) -> Health | None:
        """How the sources are; None for a desk that watches none. In a thread, with a connection of its own."""
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
            except Exception as error:  # noqa: BLE001 -- what stands in the foot of a message must not hold it up
                logger.warning("how the sources are can't be told: unexpected %s", type(error).__name__)
                return None

    def _prepare(self, wanted: Sequence[Subscription], now: dt.datetime) -> tuple[articles.MatchResult, int]:
        """Everything before sending; in a thread, for the queries of many subscriptions take their time."""
        if not self._context.news.exists():
            open_news(self._context.news).close()  # a desk that has not crawled yet
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
            matched = articles.match_subscriptions(news, desk, wanted, now=now)
            digests.redirect_to_new_targets(desk, [*wanted, *filter(None, [self._operator])], now=now)
            made = digests.make_due_digests(desk, wanted, zone=self._context.zone, now=now)
            made += heartbeats.make_due_heartbeats(desk, wanted, zone=self._context.zone, now=now)
        return matched, made

    @contextlib.contextmanager
    def _open_desk(self) -> Iterator[Database]:
        with contextlib.closing(open_desk(self._desk)) as desk, explain_errors(self._desk):
            yield desk

    @contextlib.asynccontextmanager
    async def _exclusive(self) -> AsyncIterator[None]:
        """Keep other processes from sending for this desk: a delivery found `sending` is then surely an orphan.

        The kernel gives the lock back when its process ends, however it ends.
        """
        path = self._context.folder / "alerts.lock"
        try:
            lock = path.open("ab")
        except OSError as error:
            raise AlertError(
                f"{path}: {error.strerror}; check that the desk folder is there and may be written"
            ) from error
        with lock:
            end = asyncio.get_running_loop().time() + LOCK_WAIT_SECONDS
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if asyncio.get_running_loop().time() > end:
                        raise AlertError(
                            f"{path}: another process sends the alerts of this desk just now; try again when it is done"
                        ) from None
                    await asyncio.sleep(0.1)
            yield


def index_by_id(subscriptions: Sequence[Subscription]) -> dict[str, Subscription]:
    """Subscriptions by what the desk knows them by; AlertError when two have that in common."""
    wanted: dict[str, Subscription] = {}
    for subscription in subscriptions:
        other = wanted.setdefault(subscription.id, subscription)
        if other is not subscription:
            raise AlertError(
                f'subscriptions "{other.name}" and "{subscription.name}" are the same to the desk '
                f'("{subscription.id}"); rename one'
            )
    return wanted
