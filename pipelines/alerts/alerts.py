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
from pipelines.alerts.delivery import LONGEST_PAUSE, Office, deliver, way_out
from pipelines.alerts.digests import LOG
from pipelines.alerts.errors import AlertError
from pipelines.alerts.matching import articles
from pipelines.alerts.messages.digest import head_of, trial
from pipelines.alerts.notices import OPERATOR, Operator
from pipelines.alerts.overview import Listed, listed
from pipelines.alerts.preview import Preview, preview
from pipelines.alerts.subscriptions.secret_references import resolve
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.silence import Health, read_health

ATTEMPT_LIMIT = 60.0  # seconds
logger = logging.getLogger(__name__)

PATIENCE_FOR_OTHERS = 10.0  # seconds that a run waits for another process to end its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run did: new alerts, digests made, deliveries that arrived or were given up, and those still to make."""

    alerts: int = 0
    digests: int = 0
    sent: int = 0
    failed: int = 0
    waiting: int = 0
    problems: tuple[str, ...] = ()  # one line for each subscription that could not be matched


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
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
        watched: Collection[str] = (),
        limit: float = ATTEMPT_LIMIT,
        public_url: str | None = None,
        contact: str | None = None,
        operator: Operator | None = None,
        names: Callable[[], Mapping[str, Sequence[str]]] = dict,
    ) -> None:
        self._office = Office(
            news=news,
            folder=folder,
            name=name,
            zone=timezone,
            announce=announce,
            limit=limit,
            public_url=public_url,
            contact=contact,
            names=names,
        )
        self._desk = desk
        self._wanted: Mapping[str, Subscription] = by_id(subscriptions)
        self._alone = asyncio.Lock()
        self._stopping = False
        self._watched: Collection[str] = watched  # ids of the outlets whose health a message tells
        self._operator = operator  # who gets the notices that pipelines.alerts.notices made

    async def run(self, now: dt.datetime) -> Run:
        """Match, make the digests that are due, deliver what is due. Raises AlertError or StoreError, one line each."""
        async with self._alone, self._exclusive():
            wanted = self._wanted  # one and the same for the whole run, whatever takes its place meanwhile
            matched, made = await asyncio.to_thread(self._prepare, list(wanted.values()), now)
            with self._open_desk() as desk:
                ids = list(wanted)
                served = wanted if self._operator is None else {**wanted, OPERATOR: self._operator}
                awake = [id_ for id_, one in served.items() if not digests.is_quiet(one, now, zone=self._office.zone)]
                due = deliveries.find_due_deliveries(desk, awake, now=now)
                soundness = await asyncio.to_thread(self._health) if due else None
                outcome = await deliver(
                    desk,
                    due,
                    served,
                    office=replace(self._office, health=soundness),
                    now=now,
                    go_on=lambda: not self._stopping,
                )
                waiting = deliveries.count_waiting_deliveries(desk, ids)
        return Run(
            alerts=matched.alerts,
            digests=made,
            sent=outcome.sent,
            failed=outcome.failed,
            waiting=waiting,
            problems=matched.problems,
        )

    def replace(self, subscriptions: Sequence[Subscription], *, watched: Collection[str] | None = None) -> None:
        """Serve these from the next run on. AlertError when two are the same to the desk: then nothing changes."""
        self._wanted = by_id(subscriptions)
        if watched is not None:
            self._watched = watched

    def stop(self) -> None:
        """Begin no further delivery: a run that is on its way ends after the attempts that have begun."""
        self._stopping = True

    def preview(self, name: str, since: dt.datetime, *, now: dt.datetime | None = None) -> Preview:
        """What the subscription would have sent of everything that was found since then. Records nothing."""
        return preview(self._office, self.subscription(name), since=since, now=now or dt.datetime.now(dt.UTC))

    def listing(self, now: dt.datetime | None = None) -> list[Listed]:
        """How each subscription stands, in the order of the desk's file. `now` is the clock's unless it is given."""
        vocabulary, wanted = self._vocabulary(), list(self._wanted.values())
        with self._open_desk() as desk:
            return listed(desk, wanted, vocabulary, zone=self._office.zone, now=now or dt.datetime.now(dt.UTC))

    def feeds(self, *, base: str) -> list[tuple[str, str]]:
        """(name, address of its Atom feed) of each subscription; `base` is where readers reach the reading room."""
        with self._open_desk() as desk:
            key = secret_keys.get_key(desk, "feeds")
        return [(one.name, atom_feed.url(key, id_, base=base)) for id_, one in self._wanted.items()]

    def renew_addresses(self) -> None:
        """Give every feed another address: those that were given out before lead nowhere."""
        with self._open_desk() as desk:
            secret_keys.renew_key(desk, "feeds")

    def resubscribe(self, name: str) -> int:
        """Let all who unsubscribed from a subscription in again; gives how many."""
        with self._open_desk() as desk:
            return unsubscribes.delete_unsubscribes(desk, self.subscription(name).id)

    async def test(self, name: str) -> list[Tested]:
        """Send a test message to each target of a subscription, and say which arrived."""
        from pipelines.alerts.channels.send import send  # noqa: PLC0415 -- Apprise takes a while to import

        subscription = self.subscription(name)
        with self._open_desk() as desk:
            leaving = way_out(desk, subscription.id, self._office)
        results = []
        for recipient in digests.recipients(subscription, zone=self._office.zone):
            target = recipient.target
            if target == LOG:
                self._office.announce(f"{subscription.name}: a test; it has no target and goes to alerts.log")
                results.append(Tested(target=target))
                continue
            token, now = secrets.token_hex(12), dt.datetime.now(dt.UTC)
            message = trial(head_of(subscription, recipient, desk=self._office.name, token=token, created=now))
            try:
                address = resolve(recipient.reference, folder=self._office.folder)
                await send(address, message, limit=self._office.limit, way_out=leaving)
            except AlertError as error:
                results.append(Tested(target=str(recipient), error=str(error)))
            else:
                results.append(Tested(target=str(recipient)))
        return results

    def subscription(self, name: str) -> Subscription:
        """The subscription of that name or id; AlertError names those that there are."""
        for id_, subscription in self._wanted.items():
            if name in (subscription.name, id_):
                return subscription
        there = ", ".join(f'"{subscription.name}"' for subscription in self._wanted.values())
        hint = f"there are {there}" if there else "there is none: add a [[subscription]] to vigia.toml"
        raise AlertError(f'no subscription "{name}"; {hint}')

    def _vocabulary(self) -> Vocabulary:
        """What queries may name; nothing is known before the first crawl."""
        if not self._office.news.exists():
            return Vocabulary()
        with contextlib.closing(open_news(self._office.news, readonly=True)) as news, explain_errors(self._office.news):
            return query.load_vocabulary(news)

    def _health(self) -> Health | None:
        """How the sources are; None for a desk that watches none. In a thread, with a connection of its own."""
        if not self._watched:
            return None
        with (
            contextlib.closing(open_news(self._office.news, readonly=True)) as news,
            explain_errors(self._office.news),
        ):
            try:
                return read_health(news, watched=self._watched)
            except sqlite3.Error:
                raise
            except Exception as error:  # noqa: BLE001 -- what stands in the foot of a message must not hold it up
                logger.warning("how the sources are can't be told: unexpected %s", type(error).__name__)
                return None

    def _prepare(self, wanted: Sequence[Subscription], now: dt.datetime) -> tuple[articles.Matched, int]:
        """Everything before sending; in a thread, for the queries of many subscriptions take their time."""
        if not self._office.news.exists():
            open_news(self._office.news).close()  # a desk that has not crawled yet
        with (
            contextlib.closing(open_news(self._office.news, readonly=True)) as news,
            explain_errors(self._office.news),
            self._open_desk() as desk,
        ):
            for size in deliveries.read_log_sizes(desk, LOG):
                path = self._office.folder / log_file.NAME
                try:
                    log_file.cut(path, size)
                except OSError as error:
                    raise AlertError(f"{path}: {error.strerror}; check its permissions") from error
            with desk.atomic():
                deliveries.recover_deliveries(desk, now=now)
                deliveries.bring_attempts_forward(desk, now=now, furthest=LONGEST_PAUSE)
            matched = articles.match(news, desk, wanted, now=now)
            digests.follow_targets(desk, [*wanted, *filter(None, [self._operator])], now=now)
            made = digests.gather(desk, wanted, zone=self._office.zone, now=now)
            made += heartbeats.gather(desk, wanted, zone=self._office.zone, now=now)
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
        path = self._office.folder / "alerts.lock"
        try:
            lock = path.open("ab")
        except OSError as error:
            raise AlertError(
                f"{path}: {error.strerror}; check that the desk folder is there and may be written"
            ) from error
        with lock:
            end = asyncio.get_running_loop().time() + PATIENCE_FOR_OTHERS
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


def by_id(subscriptions: Sequence[Subscription]) -> dict[str, Subscription]:
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
