"""Takes digests to their targets: each step is recorded before it is done, a failure is tried again for a day.

A delivery is `waiting`, then `sending` (recorded before anything leaves), then `sent`; or `waiting` again with a longer
pause, and at last `failed`. One that is found `sending` belongs to a process that was killed between the target's
answer and our record of it: nobody can know whether it arrived. It goes out again, with the same Message-ID (mail
clients show one) or Idempotency-Key (webhooks can tell). Not to send it would lose alerts; that is worse. The log has
no such gap: what an unfinished attempt wrote is cut off at the next start.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import random
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlite_utils import Database

from db.connection import StoreError, open_news
from db.desk import alerts, daily_limits, deliveries, secret_keys, unsubscribes
from db.desk.alerts import Alert
from db.desk.deliveries import Delivery
from db.news import alert_articles
from db.search.query import load_vocabulary
from pipelines.alerts.channels import log_file
from pipelines.alerts.digests import LOG, recipient_of
from pipelines.alerts.errors import AlertError, NobodyLeftError, SendError
from pipelines.alerts.messages.digest import Message, Story, compose, head_of, story
from pipelines.alerts.messages.other_messages import occasion
from pipelines.alerts.subscriptions.person import Recipient
from pipelines.alerts.subscriptions.secret_references import resolve
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.alerts.unsubscribe import WayOut
from pipelines.silence import Health

FIRST_PAUSE = dt.timedelta(minutes=1)
LONGEST_PAUSE = dt.timedelta(hours=1)
PATIENCE = dt.timedelta(days=1)
FEWEST_ATTEMPTS = 8  # a machine that slept for a day after the first failure has not tried for a day
AT_ONE_TIME = 8  # targets

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """What targets took and desk.db could not write down, a full disk say: not sent again while this process lives.

    Known by the digest's token and the target: ids are given anew when desk.db is restored.
    """

    arrived: set[tuple[str, str]] = field(default_factory=set)
    accepted: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # hashes of recipients


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What every delivery needs to know of the desk."""

    news: Path
    folder: Path
    name: str
    zone: str
    announce: Callable[[str], None]
    limit: float  # seconds for one attempt
    public_url: str | None = None  # where readers reach the reading room: unsubscribe links lead there
    contact: str | None = None  # whom to ask when there are none
    health: Health | None = None  # of the sources, for the foot of a message
    names: Callable[[], Mapping[str, Sequence[str]]] = dict  # of concepts, by id: what is marked of them
    unrecorded: Unrecorded = field(default_factory=Unrecorded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the deliveries that were due: arrived, and given up."""

    sent: int = 0
    failed: int = 0


def pause(attempts: int, *, chance: Callable[[], float] = random.random) -> dt.timedelta:
    """How long to wait after so many failed attempts: 1, 2, 4 … 60 minutes, each up to a quarter shorter by chance."""
    doubled: dt.timedelta = FIRST_PAUSE * (1 << min(attempts - 1, 10))
    return min(doubled, LONGEST_PAUSE) * (1 - chance() / 4)


async def deliver(
    desk: Database,
    due: Sequence[Delivery],
    wanted: Mapping[str, Subscription],
    *,
    office: Office,
    now: dt.datetime,
    go_on: Callable[[], bool] = lambda: True,
) -> Outcome:
    """Make the deliveries that are due. Targets don't wait for one another; one target gets its own in order."""
    targets: dict[str, list[Delivery]] = {}
    for delivery in due:
        targets.setdefault(delivery.target, []).append(delivery)
    gate = asyncio.Semaphore(AT_ONE_TIME)

    async def serve(deliveries: list[Delivery]) -> list[str]:
        states = []
        async with gate:
            for delivery in deliveries:
                if not go_on():
                    break
                state, unreachable = await _attempt(desk, delivery, wanted[delivery.subscription], office, now)
                states.append(state)
                if unreachable:
                    break  # the rest of this target waits for the next run rather than for one time limit after another
        return states

    served = await asyncio.gather(*(serve(deliveries) for deliveries in targets.values()), return_exceptions=True)
    states: list[str] = []
    for result in served:
        if isinstance(result, BaseException):
            raise result  # after all others have come to their end
        states += result
    return Outcome(sent=states.count("sent"), failed=states.count("failed"))


async def _attempt(
    desk: Database, delivery: Delivery, subscription: Subscription, office: Office, now: dt.datetime
) -> tuple[str, bool]:
    """(the delivery's new state, whether its target gave no answer)."""
    identity = (delivery.token, delivery.target)
    if identity in office.unrecorded.arrived:
        return _arrived(desk, delivery, office, now), False
    try:
        is_log = delivery.target == LOG
        log_size = log_file.size(office.folder / log_file.NAME) if is_log else None
        deliveries.mark_sending(desk, delivery.id, now=now, log_size=log_size)
        recipient = recipient_of(subscription, delivery.target, zone=office.zone)
        if special := occasion(desk, delivery, subscription, recipient, name=office.name, health=office.health):
            if is_log:
                _log_lines(delivery, subscription, special.lines, office)
            else:
                await _send(desk, delivery, recipient, special.message, office)
                office.unrecorded.arrived.add(identity)
            return _arrived(desk, delivery, office, now), False
        articles = alerts.read_digest_alerts(desk, delivery.digest)
        stories, lost = await asyncio.to_thread(tell, office, articles, subscription, recipient)
        more = daily_limits.more_in(desk, delivery.digest)
        if not stories and not lost and not more:
            deliveries.mark_ended(desk, delivery.id, state="withdrawn", error="its articles are no longer on the desk")
            return "withdrawn", False
        if is_log:
            _log(delivery, subscription, stories, lost, more, office)
        else:
            message = compose(
                stories,
                head=head_of(subscription, recipient, desk=office.name, token=delivery.token, created=delivery.created),
                lost=lost,
                more=more,
                health=office.health,
                public_url=office.public_url,
            )
            await _send(desk, delivery, recipient, message, office)
            office.unrecorded.arrived.add(identity)  # the log is cut back to what is recorded; a mail is not
    except NobodyLeftError as error:
        deliveries.mark_ended(desk, delivery.id, state="withdrawn", error=str(error))
        return "withdrawn", False
    except AlertError as error:
        if getattr(error, "final", False):
            return _given_up(desk, delivery, subscription, str(error)), False
        return _failed(desk, delivery, subscription, str(error), now), getattr(error, "unreachable", False)
    except (sqlite3.Error, StoreError):
        raise
    except Exception as error:  # noqa: BLE001 -- one delivery that can't be written must not hold up the others
        # The type alone: the text of an unknown error may hold an address.
        return _failed(desk, delivery, subscription, f"unexpected {type(error).__name__}", now), False
    return _arrived(desk, delivery, office, now), False


def _arrived(desk: Database, delivery: Delivery, office: Office, now: dt.datetime) -> str:
    deliveries.mark_sent(desk, delivery.id, now=now)
    office.unrecorded.arrived.discard((delivery.token, delivery.target))
    office.unrecorded.accepted.pop((delivery.token, delivery.target), None)
    return "sent"


async def _send(desk: Database, delivery: Delivery, recipient: Recipient, message: Message, office: Office) -> None:
    from pipelines.alerts.channels.send import send  # noqa: PLC0415 -- Apprise takes a while to import

    accepted = office.unrecorded.accepted.setdefault((delivery.token, delivery.target), set())
    accepted |= delivery.accepted
    await send(
        resolve(recipient.reference, folder=office.folder),
        message,
        limit=office.limit,
        accepted=accepted,
        tell=lambda: deliveries.mark_accepted(desk, delivery.id, accepted=accepted),
        way_out=way_out(desk, delivery.subscription, office),
    )


def way_out(desk: Database, subscription: str, office: Office) -> WayOut | None:
    """How those who get a subscription's mail leave it; None for what is no subscription of the desk's file."""
    if subscription.startswith("@"):
        return None
    key = secret_keys.get_key(desk, "leave")
    gone = unsubscribes.read_unsubscribed(desk, subscription)
    return WayOut(key=key, subscription=subscription, public_url=office.public_url, gone=gone, ask=office.contact)


def _log(
    delivery: Delivery,
    subscription: Subscription,
    stories: Sequence[Story],
    lost: Sequence[str],
    more: int,
    office: Office,
) -> None:
    when = delivery.created.strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = [
        log_file.line(when, subscription.name, told.outlet, told.title, told.url or "", *filter(None, [told.updated]))
        for told in stories
    ]
    lines += [log_file.line(when, subscription.name, "", "no longer in news.db", key) for key in lost]
    over = [f"and {more} more, over the ceiling of a day"] if more else []
    lines += [log_file.line(when, subscription.name, "", text, "") for text in over]
    shown = [
        f"{told.title}{f' ({told.updated})' if told.updated else ''} — {told.outlet} {told.url or ''}".rstrip()
        for told in stories
    ]
    _write_log(lines, [f"{subscription.name}: {text}" for text in (*shown, *over)], office)


def _log_lines(delivery: Delivery, subscription: Subscription, lines: Sequence[str], office: Office) -> None:
    """What is no digest of alerts, one line for each thing that it tells."""
    when = delivery.created.strftime("%Y-%m-%dT%H:%M:%SZ")
    _write_log([log_file.line(when, subscription.name, "", text, "") for text in lines], lines, office)


def _write_log(lines: Sequence[str], shown: Sequence[str], office: Office) -> None:
    """Lines for alerts.log, and what the terminal shows of them."""
    path = office.folder / log_file.NAME
    try:
        log_file.append(path, lines)
    except OSError as error:
        raise SendError(f"{path}: {error.strerror}; check its permissions and the disk") from None
    try:
        for text in shown:
            office.announce(log_file.line(text))
    except (OSError, ValueError) as error:  # a terminal that is gone: the log has them
        logger.warning("alerts can't be printed: %s", type(error).__name__)


def tell(
    office: Office, articles: Sequence[Alert], subscription: Subscription, recipient: Recipient
) -> tuple[list[Story], list[str]]:
    """(the stories of these alerts, the keys of those that a restored news.db has lost). To be run in a thread.

    An article whose id is still valid and that is gone was taken out by `vigia rebuild`: nothing is said of it. One
    that is there several times, for its revisions, is one story, with all that changed.
    """
    news = open_news(office.news, readonly=True)
    try:
        ids = alert_articles.find_article_ids(news, [one.key for one in articles])
        rows = alert_articles.read_message_articles(news, ids.values())
        vocabulary = load_vocabulary(news)
    finally:
        news.close()
    changed: dict[str, list[str]] = {}
    for one in articles:
        changed.setdefault(one.key, []).extend([one.updated] if one.updated else [])
    new = {one.key for one in articles if one.updated is None}
    stories = [
        story(
            rows[ids[key]] | {"updated": "; ".join(lines) or None, "again": key not in new},
            query=subscription.query,
            zone=recipient.zone,
            language=recipient.language,
            vocabulary=vocabulary,
            names=office.names(),
        )
        for key, lines in changed.items()
        if key in ids
    ]
    return stories, list(dict.fromkeys(one.key for one in articles if one.key not in ids and one.article < 0))


def _failed(desk: Database, delivery: Delivery, subscription: Subscription, error: str, now: dt.datetime) -> str:
    attempts = delivery.attempts + 1
    where = f'subscription "{subscription.name}", {delivery.target}'
    if now - (delivery.first_try or now) >= PATIENCE and attempts >= FEWEST_ATTEMPTS:
        return _given_up(desk, delivery, subscription, error)
    wait = pause(attempts)
    deliveries.mark_waiting(desk, delivery.id, next_try=now + wait, error=error)
    said = error.removeprefix(f"{delivery.target}: ")  # a wrong reference names itself
    logger.warning("%s: attempt %d failed: %s; again in %d min", where, attempts, said, -(-wait.seconds // 60))
    return "waiting"


def _given_up(desk: Database, delivery: Delivery, subscription: Subscription, error: str) -> str:
    attempts = delivery.attempts + 1
    where = f'subscription "{subscription.name}", {delivery.target}'
    deliveries.mark_ended(desk, delivery.id, state="failed", error=error)
    said = error.removeprefix(f"{delivery.target}: ")
    logger.error("%s: gave up after %d attempt%s: %s", where, attempts, "s" if attempts > 1 else "", said)
    return "failed"
