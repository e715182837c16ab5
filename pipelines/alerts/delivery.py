"""Deliver digests to their targets: record each step before it is done, and retry failures for a day.

A delivery is `waiting`, then `sending` (recorded before anything is sent), then `sent`. After a failed attempt it is
`waiting` again with a longer delay, and in the end `failed`. A delivery that a new run finds in the state `sending` was
interrupted when a process was killed, so it is unknown whether the message arrived. It is sent again with the same
Message-ID (mail clients show one copy) or Idempotency-Key (webhooks can drop the second), because a lost alert is worse
than a repeated one. The log needs no second attempt: the lines of an unfinished attempt are cut off at the next start.
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

from db.connection import StoreError
from db.desk import alerts, daily_limits, deliveries, secret_keys, unsubscribes
from db.desk.deliveries import Delivery
from pipelines.activity_counters import ACTIVITY
from pipelines.alerts.channels import log_file
from pipelines.alerts.channels.sender import MessageSenders
from pipelines.alerts.digest_contents import read_contents
from pipelines.alerts.digests import LOG_TARGET, find_recipient
from pipelines.alerts.errors import AlertError, AllUnsubscribedError, SendError, SendInterruptedError
from pipelines.alerts.messages.digest import AlertMessage, compose_digest, make_head
from pipelines.alerts.messages.other_messages import build_special_message
from pipelines.alerts.subscriptions.person import Recipient
from pipelines.alerts.subscriptions.secret_references import read_secret
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.alerts.unsubscribe import UnsubscribeLinks
from pipelines.silence import Health

FIRST_RETRY_DELAY = dt.timedelta(minutes=1)
MAX_RETRY_DELAY = dt.timedelta(hours=1)
GIVE_UP_AFTER = dt.timedelta(days=1)
# Before giving up: their delays take nine hours at least, also where the machine was off or the clock jumped.
MIN_ATTEMPTS = 16
MAX_TARGETS_AT_ONCE = 8  # targets that are served at the same time

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SentButNotSaved:
    """Deliveries that targets accepted but desk.db could not record, for example on a full disk.

    They are not sent again while this process runs. The key is (digest token, target): row ids would not do, because
    they are given again after desk.db is restored.
    """

    arrived: set[tuple[str, str]] = field(default_factory=set)
    accepted: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # → hashes of the recipients


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryContext:
    """Settings and data of the desk that every delivery needs."""

    news: Path
    folder: Path
    name: str
    zone: str
    announce: Callable[[str], None]
    attempt_seconds: float  # seconds for one attempt
    public_url: str | None = None  # base URL of the reading room for readers; unsubscribe links start with it
    contact: str | None = None  # named in a mail that has no unsubscribe link
    health: Health | None = None  # health of the sources, for the foot of a message
    concept_names: Callable[[], Mapping[str, Sequence[str]]] = dict  # concept id → its names, to mark in snippets
    unsaved: SentButNotSaved = field(default_factory=SentButNotSaved)
    senders: MessageSenders = field(default_factory=MessageSenders)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOutcome:
    """How many of the due deliveries arrived, and how many were given up."""

    sent: int = 0
    failed: int = 0


def compute_retry_delay(attempts: int, *, chance: Callable[[], float] = random.random) -> dt.timedelta:
    """Return the delay after this many failed attempts: 1, 2, 4 … 60 minutes, each shortened at random by up to 1/4.

    `chance` gives a number from 0 to 1.
    """
    doubled: dt.timedelta = FIRST_RETRY_DELAY * (1 << min(attempts - 1, 10))
    return min(doubled, MAX_RETRY_DELAY) * (1 - chance() / 4)


async def deliver(
    desk: Database,
    due: Sequence[Delivery],
    subscriptions: Mapping[str, Subscription],
    *,
    context: DeliveryContext,
    now: dt.datetime,
    may_continue: Callable[[], bool] = lambda: True,
) -> DeliveryOutcome:
    """Make the deliveries that are due: targets in parallel, the deliveries of one target in order.

    `subscriptions` is by id. `may_continue` is asked before each delivery; once it returns False, no other begins.
    """
    by_target: dict[str, list[Delivery]] = {}
    for delivery in due:
        by_target.setdefault(delivery.target, []).append(delivery)
    slots = asyncio.Semaphore(MAX_TARGETS_AT_ONCE)

    async def deliver_in_order(deliveries: list[Delivery]) -> list[str]:
        states = []
        async with slots:
            for delivery in deliveries:
                if not may_continue():
                    break
                state, unreachable = await _attempt(desk, delivery, subscriptions[delivery.subscription], context, now)
                states.append(state)
                ACTIVITY.count("deliveries", state)
                if unreachable:
                    break  # the next run tries the others, so that this run waits for one timeout only
        return states

    results = await asyncio.gather(*(deliver_in_order(group) for group in by_target.values()), return_exceptions=True)
    states: list[str] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result  # all other targets have been served by now
        states += result
    return DeliveryOutcome(sent=states.count("sent"), failed=states.count("failed"))


async def _attempt(
    desk: Database, delivery: Delivery, subscription: Subscription, context: DeliveryContext, now: dt.datetime
) -> tuple[str, bool]:
    """Make one attempt; return (the delivery's new state, whether its target was unreachable)."""
    identity = (delivery.token, delivery.target)
    if identity in context.unsaved.arrived:
        return _mark_sent(desk, delivery, context, now), False
    try:
        is_log = delivery.target == LOG_TARGET
        log_size = log_file.measure_size(context.folder / log_file.LOG_FILE_NAME) if is_log else None
        deliveries.mark_sending(desk, delivery.id, now=now, log_size=log_size)
        recipient = find_recipient(subscription, delivery.target, zone=context.zone)
        if special := build_special_message(
            desk,
            delivery,
            subscription,
            recipient,
            name=context.name,
            health=context.health,
            public_url=context.public_url,
        ):
            if is_log:
                lines = log_file.format_text_lines(special.lines, created=delivery.created, name=subscription.name)
                _append_to_log(lines, special.lines, context)
            else:
                await _send(desk, delivery, recipient, special.message, context)
                context.unsaved.arrived.add(identity)
            return _mark_sent(desk, delivery, context, now), False
        articles = alerts.read_digest_alerts(desk, delivery.digest)
        contents = await asyncio.to_thread(
            read_contents, context.news, articles, subscription, recipient, names=context.concept_names()
        )
        more = daily_limits.count_unlisted_alerts(desk, delivery.digest)
        if contents.is_empty and not more:
            deliveries.mark_ended(desk, delivery.id, state="withdrawn", error="its articles are no longer on the desk")
            return "withdrawn", False
        if is_log:
            lines, printed = log_file.format_digest_lines(
                contents, more, created=delivery.created, name=subscription.name
            )
            _append_to_log(lines, printed, context)
        else:
            message = compose_digest(
                contents,
                head=make_head(
                    subscription, recipient, desk=context.name, token=delivery.token, created=delivery.created
                ),
                more=more,
                health=context.health,
                public_url=context.public_url,
            )
            await _send(desk, delivery, recipient, message, context)
            context.unsaved.arrived.add(identity)  # not for the log: it is cut back to what is recorded
    except AllUnsubscribedError as error:
        deliveries.mark_ended(desk, delivery.id, state="withdrawn", error=str(error))
        return "withdrawn", False
    except AlertError as error:
        return _record_failure(desk, delivery, subscription, error, now)
    except (sqlite3.Error, StoreError):
        raise
    except Exception as error:  # noqa: BLE001 -- a message that can't be composed must not stop the other deliveries
        # Record only the type: the text of an unknown error may hold an address.
        return _retry_or_give_up(desk, delivery, subscription, f"unexpected {type(error).__name__}", now), False
    return _mark_sent(desk, delivery, context, now), False


def _record_failure(
    desk: Database, delivery: Delivery, subscription: Subscription, error: AlertError, now: dt.datetime
) -> tuple[str, bool]:
    """Return what `_attempt` returns."""
    if isinstance(error, SendInterruptedError):
        deliveries.mark_waiting(desk, delivery.id, next_try=now, error=str(error))
        return "waiting", True
    if getattr(error, "final", False):
        return _give_up(desk, delivery, subscription, str(error)), False
    return _retry_or_give_up(desk, delivery, subscription, str(error), now), getattr(error, "unreachable", False)


def _mark_sent(desk: Database, delivery: Delivery, context: DeliveryContext, now: dt.datetime) -> str:
    deliveries.mark_sent(desk, delivery.id, now=now)
    context.unsaved.arrived.discard((delivery.token, delivery.target))
    context.unsaved.accepted.pop((delivery.token, delivery.target), None)
    return "sent"


async def _send(
    desk: Database, delivery: Delivery, recipient: Recipient, message: AlertMessage, context: DeliveryContext
) -> None:
    accepted = context.unsaved.accepted.setdefault((delivery.token, delivery.target), set())
    accepted |= delivery.accepted
    await context.senders.send(
        read_secret(recipient.reference, folder=context.folder),
        message,
        limit=context.attempt_seconds,
        accepted=accepted,
        on_accepted=lambda: deliveries.mark_accepted(desk, delivery.id, accepted=accepted),
        links=make_unsubscribe_links(desk, delivery.subscription, context),
    )


def make_unsubscribe_links(desk: Database, subscription: str, context: DeliveryContext) -> UnsubscribeLinks | None:
    """Return the unsubscribe links for the recipients of a subscription (id).

    None for the operator's notices, whose id begins with "@": they are no subscription of vigia.toml.
    """
    if subscription.startswith("@"):
        return None
    key = secret_keys.get_key(desk, "leave")
    unsubscribed = unsubscribes.read_unsubscribed(desk, subscription)
    return UnsubscribeLinks(
        key=key,
        subscription=subscription,
        public_url=context.public_url,
        unsubscribed=unsubscribed,
        contact=context.contact,
    )


def _append_to_log(lines: Sequence[str], printed: Sequence[str], context: DeliveryContext) -> None:
    """Append `lines` to alerts.log, then print others. Raises SendError if the log can't be written."""
    path = context.folder / log_file.LOG_FILE_NAME
    try:
        log_file.append_lines(path, lines)
    except OSError as error:
        raise SendError(f"{path}: {error.strerror}; check its permissions and the disk") from None
    try:
        for text in printed:
            context.announce(log_file.format_line(text))
    except (OSError, ValueError) as error:  # the terminal is closed; the log has the lines
        logger.warning("alerts can't be printed: %s", type(error).__name__)


def _retry_or_give_up(
    desk: Database, delivery: Delivery, subscription: Subscription, error: str, now: dt.datetime
) -> str:
    attempts = delivery.attempts + 1
    where = f'subscription "{subscription.label}", {delivery.target}'
    if now - (delivery.first_try or now) >= GIVE_UP_AFTER and attempts >= MIN_ATTEMPTS:
        return _give_up(desk, delivery, subscription, error)
    wait = compute_retry_delay(attempts)
    deliveries.mark_waiting(desk, delivery.id, next_try=now + wait, error=error)
    reason = error.removeprefix(f"{delivery.target}: ")  # errors about a reference begin with its name
    logger.warning("%s: attempt %d failed: %s; again in %d min", where, attempts, reason, -(-wait.seconds // 60))
    return "waiting"


def _give_up(desk: Database, delivery: Delivery, subscription: Subscription, error: str) -> str:
    attempts = delivery.attempts + 1
    where = f'subscription "{subscription.label}", {delivery.target}'
    deliveries.mark_ended(desk, delivery.id, state="failed", error=error)
    reason = error.removeprefix(f"{delivery.target}: ")
    logger.error("%s: gave up after %d attempt%s: %s", where, attempts, "s" if attempts > 1 else "", reason)
    return "failed"
