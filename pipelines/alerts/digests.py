"""Make digests of waiting alerts, following each subscription's rhythm, quiet hours and daily limit."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence

from sqlite_utils import Database

from db.desk import alerts, daily_limits, deliveries, subscriptions
from db.desk.alerts import MAX_DIGEST_ALERTS
from db.desk.daily_limits import WaitingAlerts
from db.desk.subscriptions import SubscriptionState
from pipelines.alerts.errors import AlertError
from pipelines.alerts.subscriptions import timing
from pipelines.alerts.subscriptions.person import Recipient, find_shared_zone, list_person_recipients
from pipelines.alerts.subscriptions.subscription import Subscription

LOG_TARGET = "log"  # the target of a subscription that names none: alerts.log and the terminal


def list_targets(subscription: Subscription) -> tuple[str, ...]:
    """Return the targets as desk.db names them: references, people's targets, or the log if there are none."""
    return tuple(recipient.target for recipient in list_recipients(subscription, zone="UTC"))


def list_recipients(subscription: Subscription, *, zone: str) -> tuple[Recipient, ...]:
    """Return the recipients with their language and zone; the log if there are none. `zone` is the desk's.

    A reference that also belongs to one of the subscription's people counts only as that person's.
    """
    default_zone = subscription.timezone or zone
    personal = [
        recipient for person in subscription.persons for recipient in list_person_recipients(person, zone=default_zone)
    ]
    taken = {recipient.reference for recipient in personal}
    own = [reference for reference in dict.fromkeys(subscription.to) if reference not in taken]
    if not own and not personal:
        own = [LOG_TARGET]
    language, own_zone = subscription.language, choose_zone(subscription, zone)
    return (
        *(Recipient(target=target, reference=target, language=language, zone=own_zone) for target in own),
        *personal,
    )


def find_recipient(subscription: Subscription, target: str, *, zone: str) -> Recipient:
    """Return the recipient of a target of desk.db. Raises AlertError if the subscription no longer has this target."""
    for recipient in list_recipients(subscription, zone=zone):
        if recipient.target == target:
            return recipient
    raise AlertError(f'{target} is no longer a target of the subscription "{subscription.name}"')


def choose_zone(subscription: Subscription, zone: str) -> str:
    """Return the time zone of the rhythm: the subscription's, else the one that all its people share, else `zone`."""
    return subscription.timezone or find_shared_zone(subscription.persons, zone=zone)


def is_in_quiet_hours(subscription: Subscription, now: dt.datetime, *, zone: str) -> bool:
    """Whether the subscription's quiet hours forbid to send now."""
    return timing.is_quiet(subscription.quiet, now, zone=choose_zone(subscription, zone))


def find_next_message(
    subscription: Subscription, planned: dt.datetime | None, now: dt.datetime, *, zone: str
) -> dt.datetime | None:
    """Return when alerts may be sent next, after quiet hours; None means at once. `planned` is the time in desk.db."""
    own_zone = choose_zone(subscription, zone)
    due = timing.find_next_moment(subscription.when, now, zone=own_zone)
    if planned is not None and due is not None:
        due = min(planned, due)
    earliest = timing.find_quiet_end(subscription.quiet, max(now, due or now), zone=own_zone)
    return None if earliest == now else earliest


def make_due_digests(desk: Database, configured: Sequence[Subscription], *, zone: str, now: dt.datetime) -> int:
    """Make the digests that are due, each with its deliveries, in one transaction; return how many.

    Times that were missed while the machine was off, or that fell in quiet hours, are made up for by one digest. After
    a changed rhythm, or a clock that was ahead, the next time is computed again from now.
    """
    states = subscriptions.read_subscription_states(desk)
    plans = [
        (subscription, *_plan_digest(subscription, states[subscription.id], zone=zone, now=now))
        for subscription in configured
        if subscription.id in states
    ]
    waiting = daily_limits.read_waiting_alerts(desk)
    count = 0
    if not any(moves or (is_due and s.id in waiting) for s, is_due, moves, _ in plans):
        return 0
    with desk.atomic():
        for subscription, is_due, moves, next_due in plans:
            if moves:
                rhythm = _rhythm_key(subscription, zone)
                subscriptions.set_next_digest(desk, subscription.id, rhythm=rhythm, due=next_due)
            if is_due and subscription.id in waiting:
                count += _make_subscription_digests(desk, subscription, waiting[subscription.id], zone=zone, now=now)
    return count


def _make_subscription_digests(
    desk: Database, subscription: Subscription, waiting: WaitingAlerts, *, zone: str, now: dt.datetime
) -> int:
    """Make the digests of one subscription that is due; return how many.

    The first takes the later articles of told stories. Where messages come at once, these wait for the next one.

    The message that reaches the daily limit also counts the alerts over it. Alerts that come later that day wait for
    the next message, or for a short message of their own after the end of the day.
    """
    day, begin, end = timing.find_local_day(now, zone=choose_zone(subscription, zone))
    fresh, over = waiting.fresh, waiting.over_on_other_days(day)
    if subscription.at_most is not None:
        listed = daily_limits.count_listed_alerts(desk, subscription.id, begin, end)
        fresh = min(fresh, max(0, subscription.at_most - listed))
        if fresh < waiting.fresh:
            daily_limits.mark_over_limit(desk, subscription.id, day=day, room=fresh)
    also = MAX_DIGEST_ALERTS if waiting.also else 0
    is_sent_alone = bool(over or (also and subscription.when != "immediately"))
    sizes = [min(MAX_DIGEST_ALERTS, fresh - first) for first in range(0, fresh, MAX_DIGEST_ALERTS)] or (
        [0] if is_sent_alone else []
    )
    for number, size in enumerate(sizes, 1):
        digest = create_digest(desk, subscription, now=now, size=size, also=also if number == 1 else 0)
        if number == len(sizes):
            daily_limits.assign_over_limit(desk, subscription.id, digest, but_of=None if size else day)
    return len(sizes)


def create_digest(desk: Database, subscription: Subscription, *, now: dt.datetime, size: int = 0, also: int = 0) -> int:
    """Make a digest of the `size` oldest waiting alerts, with its deliveries; return its id.

    `also`: how many later articles of told stories it takes.
    """
    targets, token = list_targets(subscription), secrets.token_hex(12)
    return alerts.make_digest(desk, subscription.id, targets=targets, token=token, now=now, limit=size, also=also)


def redirect_to_new_targets(desk: Database, configured: Sequence[Subscription], *, now: dt.datetime) -> None:
    """Redirect deliveries that wait for a target which vigia.toml no longer names to the targets that it names now."""
    by_id = {subscription.id: subscription for subscription in configured}
    for id_, target in deliveries.find_waiting_targets(desk):
        if id_ in by_id and target not in list_targets(by_id[id_]):
            with desk.atomic():
                deliveries.redirect_deliveries(desk, id_, gone=target, targets=list_targets(by_id[id_]), now=now)


def _rhythm_key(subscription: Subscription, zone: str) -> str:
    return f"{subscription.when} {choose_zone(subscription, zone)}"


def _plan_digest(
    subscription: Subscription, state: SubscriptionState, *, zone: str, now: dt.datetime
) -> tuple[bool, bool, dt.datetime | None]:
    """Return (whether a digest is due, whether the next time must be stored, the next time)."""
    following = timing.find_next_moment(subscription.when, now, zone=choose_zone(subscription, zone))
    may_send = not is_in_quiet_hours(subscription, now, zone=zone)
    changed = state.rhythm != _rhythm_key(subscription, zone)
    if following is None:
        return may_send, changed, None
    due = state.next_digest
    if due is not None and due <= now:
        return may_send, may_send or changed, following  # in quiet hours it stays due until their end
    return False, changed or due is None or due > following, following
