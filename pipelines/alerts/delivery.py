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
from pipelines.alerts.digests import LOG_TARGET, find_recipient
from pipelines.alerts.errors import AlertError, AllUnsubscribedError, SendError
from pipelines.alerts.messages.digest import AlertMessage, compose_digest, make_head
from pipelines.alerts.messages.other_messages import special_message
from pipelines.alerts.messages.story import AlertStory, build_story
from pipelines.alerts.subscriptions.person import Recipient
from pipelines.alerts.subscriptions.secret_references import read_secret
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.alerts.unsubscribe import UnsubscribeLinks
from pipelines.silence import Health

FIRST_RETRY_DELAY = dt.timedelta(minutes=1)
MAX_RETRY_DELAY = dt.timedelta(hours=1)
GIVE_UP_AFTER = dt.timedelta(days=1)
MIN_ATTEMPTS = 8  # a machine that slept for a day after the first failure has not tried for a day
MAX_TARGETS_AT_ONCE = 8  # targets

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SentButNotSaved:
    """What targets took and desk.db could not write down, a full disk say: not sent again while this process lives.

    Known by the digest's token and the target: ids are given anew when desk.db is restored.
    """

    arrived: set[tuple[str, str]] = field(default_factory=set)
    accepted: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # hashes of recipients


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryContext:
    """What every delivery needs to know of the desk."""

    news: Path
    folder: Path
    name: str
    zone: str
    announce: Callable[[str], None]
    attempt_seconds: float  # seconds for one attempt
    public_url: str | None = None  # where readers reach the reading room: unsubscribe links lead there
    contact: str | None = None  # whom to ask when there are none
    health: Health | None = None  # of the sources, for the foot of a message
    concept_names: Callable[[], Mapping[str, Sequence[str]]] = dict  # of concepts, by id: what is marked of them
    unsaved: SentButNotSaved = field(default_factory=SentButNotSaved)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOutcome:
    """What became of the deliveries that were due: arrived, and given up."""

    sent: int = 0
    failed: int = 0


def compute_retry_delay(attempts: int, *, chance: Callable[[], float] = random.random) -> dt.timedelta:
    """How long to wait after so many failed attempts: 1, 2, 4 … 60 minutes, each up to a quarter shorter by chance."""
    doubled: dt.timedelta = FIRST_RETRY_DELAY * (1 << min(attempts - 1, 10))
    return min(doubled, MAX_RETRY_DELAY) * (1 - chance() / 4)


async def deliver(
    desk: Database,
    due: Sequence[Delivery],
    wanted: Mapping[str, Subscription],
    *,
    context: DeliveryContext,
    now: dt.datetime,
    go_on: Callable[[], bool] = lambda: True,
) -> DeliveryOutcome:
    """Make the deliveries that are due. Targets don't wait for one another; one target gets its own in order."""
    targets: dict[str, list[Delivery]] = {}
    for delivery in due:
        targets.setdefault(delivery.target, []).append(delivery)
    gate = asyncio.Semaphore(MAX_TARGETS_AT_ONCE)

    async def serve(deliveries: list[Delivery]) -> list[str]:
        states = []
        async with gate:
            for delivery in deliveries:
                if not go_on():
                    break
                state, unreachable = await _attempt(desk, delivery, wanted[delivery.subscription], context, now)
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
    return DeliveryOutcome(sent=states.count("sent"), failed=states.count("failed"))


async def _attempt(
    desk: Database, delivery: Delivery, subscription: Subscription, context: DeliveryContext, now: dt.datetime
) -> tuple[str, bool]:
    """(the delivery's new state, whether its target gave no answer)."""
    identity = (delivery.token, delivery.target)
    if identity in context.unsaved.arrived:
        return _mark_sent(desk, delivery, context, now), False
    try:
        is_log = delivery.target == LOG_TARGET
        log_size = log_file.measure_size(context.folder / log_file.LOG_FILE_NAME) if is_log else None
        deliveries.mark_sending(desk, delivery.id, now=now, log_size=log_size)
        recipient = find_recipient(subscription, delivery.target, zone=context.zone)
        if special := special_message(
            desk, delivery, subscription, recipient, name=context.name, health=context.health
        ):
            if is_log:
                lines = log_file.format_text_lines(special.lines, created=delivery.created, name=subscription.name)
                _append_to_log(lines, special.lines, context)
            else:
                await _send(desk, delivery, recipient, special.message, context)
                context.unsaved.arrived.add(identity)
            return _mark_sent(desk, delivery, context, now), False
        articles = alerts.read_digest_alerts(desk, delivery.digest)
        stories, lost = await asyncio.to_thread(build_stories, context, articles, subscription, recipient)
        more = daily_limits.more_in(desk, delivery.digest)
        if not stories and not lost and not more:
            deliveries.mark_ended(desk, delivery.id, state="withdrawn", error="its articles are no longer on the desk")
            return "withdrawn", False
        if is_log:
            lines, printed = log_file.format_digest_lines(
                stories, lost, more, created=delivery.created, name=subscription.name
            )
            _append_to_log(lines, printed, context)
        else:
            message = compose_digest(
                stories,
                head=make_head(
                    subscription, recipient, desk=context.name, token=delivery.token, created=delivery.created
                ),
                lost=lost,
                more=more,
                health=context.health,
                public_url=context.public_url,
            )
            await _send(desk, delivery, recipient, message, context)
            context.unsaved.arrived.add(identity)  # the log is cut back to what is recorded; a mail is not
    except AllUnsubscribedError as error:
        deliveries.mark_ended(desk, delivery.id, state="withdrawn", error=str(error))
        return "withdrawn", False
    except AlertError as error:
        if getattr(error, "final", False):
            return _give_up(desk, delivery, subscription, str(error)), False
        return _retry_or_give_up(desk, delivery, subscription, str(error), now), getattr(error, "unreachable", False)
    except (sqlite3.Error, StoreError):
        raise
    except Exception as error:  # noqa: BLE001 -- one delivery that can't be written must not hold up the others
        # The type alone: the text of an unknown error may hold an address.
        return _retry_or_give_up(desk, delivery, subscription, f"unexpected {type(error).__name__}", now), False
    return _mark_sent(desk, delivery, context, now), False


def _mark_sent(desk: Database, delivery: Delivery, context: DeliveryContext, now: dt.datetime) -> str:
    deliveries.mark_sent(desk, delivery.id, now=now)
    context.unsaved.arrived.discard((delivery.token, delivery.target))
    context.unsaved.accepted.pop((delivery.token, delivery.target), None)
    return "sent"


async def _send(
    desk: Database, delivery: Delivery, recipient: Recipient, message: AlertMessage, context: DeliveryContext
) -> None:
    from pipelines.alerts.channels.send import send_message  # noqa: PLC0415 -- Apprise takes a while to import

    accepted = context.unsaved.accepted.setdefault((delivery.token, delivery.target), set())
    accepted |= delivery.accepted
    await send_message(
        read_secret(recipient.reference, folder=context.folder),
        message,
        limit=context.attempt_seconds,
        accepted=accepted,
        on_accepted=lambda: deliveries.mark_accepted(desk, delivery.id, accepted=accepted),
        links=unsubscribe_links(desk, delivery.subscription, context),
    )


def unsubscribe_links(desk: Database, subscription: str, context: DeliveryContext) -> UnsubscribeLinks | None:
    """How those who get a subscription's mail leave it; None for what is no subscription of the desk's file."""
    if subscription.startswith("@"):
        return None
    key = secret_keys.get_key(desk, "leave")
    gone = unsubscribes.read_unsubscribed(desk, subscription)
    return UnsubscribeLinks(
        key=key, subscription=subscription, public_url=context.public_url, gone=gone, ask=context.contact
    )


def _append_to_log(lines: Sequence[str], printed: Sequence[str], context: DeliveryContext) -> None:
    """Append lines to alerts.log, then print others on the terminal. Raises SendError if the log can't be written."""
    path = context.folder / log_file.LOG_FILE_NAME
    try:
        log_file.append_lines(path, lines)
    except OSError as error:
        raise SendError(f"{path}: {error.strerror}; check its permissions and the disk") from None
    try:
        for text in printed:
            context.announce(log_file.format_line(text))
    except (OSError, ValueError) as error:  # the terminal is gone; the log has the lines
        logger.warning("alerts can't be printed: %s", type(error).__name__)


def build_stories(
    context: DeliveryContext, articles: Sequence[Alert], subscription: Subscription, recipient: Recipient
) -> tuple[list[AlertStory], list[str]]:
    """(the stories of these alerts, the keys of those that a restored news.db has lost). To be run in a thread.

    An article whose id is still valid and that is gone was taken out by `vigia rebuild`: nothing is said of it. One
    that is there several times, for its revisions, is one story, with all that changed.
    """
    news = open_news(context.news, readonly=True)
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
        build_story(
            rows[ids[key]] | {"updated": "; ".join(lines) or None, "again": key not in new},
            query=subscription.query,
            zone=recipient.zone,
            language=recipient.language,
            vocabulary=vocabulary,
            names=context.concept_names(),
        )
        for key, lines in changed.items()
        if key in ids
    ]
    return stories, list(dict.fromkeys(one.key for one in articles if one.key not in ids and one.article < 0))


def _retry_or_give_up(
    desk: Database, delivery: Delivery, subscription: Subscription, error: str, now: dt.datetime
) -> str:
    attempts = delivery.attempts + 1
    where = f'subscription "{subscription.name}", {delivery.target}'
    if now - (delivery.first_try or now) >= GIVE_UP_AFTER and attempts >= MIN_ATTEMPTS:
        return _give_up(desk, delivery, subscription, error)
    wait = compute_retry_delay(attempts)
    deliveries.mark_waiting(desk, delivery.id, next_try=now + wait, error=error)
    said = error.removeprefix(f"{delivery.target}: ")  # a wrong reference names itself
    logger.warning("%s: attempt %d failed: %s; again in %d min", where, attempts, said, -(-wait.seconds // 60))
    return "waiting"


def _give_up(desk: Database, delivery: Delivery, subscription: Subscription, error: str) -> str:
    attempts = delivery.attempts + 1
    where = f'subscription "{subscription.name}", {delivery.target}'
    deliveries.mark_ended(desk, delivery.id, state="failed", error=error)
    said = error.removeprefix(f"{delivery.target}: ")
    logger.error("%s: gave up after %d attempt%s: %s", where, attempts, "s" if attempts > 1 else "", said)
    return "failed"
