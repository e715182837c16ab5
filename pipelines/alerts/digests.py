"""When alerts become a message: by the subscription's rhythm, outside its quiet hours, under its ceiling of a day."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence

from sqlite_utils import Database

from db.desk import alerts, daily_limits, deliveries, subscriptions
from db.desk.alerts import MAX_DIGEST_ALERTS as ONE_DIGEST
from db.desk.daily_limits import WaitingAlerts
from db.desk.subscriptions import SubscriptionState
from pipelines.alerts.errors import AlertError
from pipelines.alerts.subscriptions import person as people
from pipelines.alerts.subscriptions import timing
from pipelines.alerts.subscriptions.person import Recipient
from pipelines.alerts.subscriptions.subscription import Subscription

LOG_TARGET = "log"  # the target of a subscription that names none: alerts.log and the terminal


def list_targets(subscription: Subscription) -> tuple[str, ...]:
    """Where its messages go, as desk.db knows it: references, people's targets, or the log when there are none."""
    return tuple(recipient.target for recipient in list_recipients(subscription, zone="UTC"))


def list_recipients(subscription: Subscription, *, zone: str) -> tuple[Recipient, ...]:
    """Who gets its messages, in which language and zone; the log when there is nobody. `zone` is the desk's.

    A reference that is one of its people's too is theirs.
    """
    here = subscription.timezone or zone
    theirs = [one for person in subscription.persons for one in people.list_person_recipients(person, zone=here)]
    taken = {one.reference for one in theirs}
    own = [reference for reference in dict.fromkeys(subscription.to) if reference not in taken]
    if not own and not theirs:
        own = [LOG_TARGET]
    language, own_zone = subscription.language, choose_zone(subscription, zone)
    return (*(Recipient(target=one, reference=one, language=language, zone=own_zone) for one in own), *theirs)


def find_recipient(subscription: Subscription, target: str, *, zone: str) -> Recipient:
    """Who stands behind a target of desk.db. AlertError when the subscription has it no longer."""
    for one in list_recipients(subscription, zone=zone):
        if one.target == target:
            return one
    raise AlertError(f'{target} is no longer a target of the subscription "{subscription.name}"')


def choose_zone(subscription: Subscription, zone: str) -> str:
    """The zone of its rhythm: its own, else the one that all its people share, else the desk's."""
    return subscription.timezone or people.find_shared_zone(subscription.persons, zone=zone)


def is_in_quiet_hours(subscription: Subscription, now: dt.datetime, *, zone: str) -> bool:
    """Whether nothing may be sent for it now."""
    return timing.is_quiet(subscription.quiet, now, zone=choose_zone(subscription, zone))


def find_next_message(
    subscription: Subscription, planned: dt.datetime | None, now: dt.datetime, *, zone: str
) -> dt.datetime | None:
    """When what is found may be sent next, quiet hours past; None: at once. `planned` is what the desk wrote down."""
    here = choose_zone(subscription, zone)
    due = timing.find_next_moment(subscription.when, now, zone=here)
    if planned is not None and due is not None:
        due = min(planned, due)
    free = timing.find_quiet_end(subscription.quiet, max(now, due or now), zone=here)
    return None if free == now else free


def make_due_digests(desk: Database, wanted: Sequence[Subscription], *, zone: str, now: dt.datetime) -> int:
    """Make the digests that are due, each with its deliveries, in one transaction; gives how many.

    What was missed while the machine was off, or held in quiet hours, is due once. A rhythm that changed, or a clock
    that ran ahead, is reckoned anew from now.
    """
    states = subscriptions.read_subscription_states(desk)
    plans = [
        (subscription, *_plan_digest(subscription, states[subscription.id], zone=zone, now=now))
        for subscription in wanted
        if subscription.id in states
    ]
    waiting = daily_limits.read_waiting_alerts(desk)
    made = 0
    if not any(moves or (ready and s.id in waiting) for s, ready, moves, _ in plans):
        return 0
    with desk.atomic():
        for subscription, ready, moves, due in plans:
            if moves:
                written = _rhythm_key(subscription, zone)
                subscriptions.set_next_digest(desk, subscription.id, rhythm=written, due=due)
            if ready and subscription.id in waiting:
                made += _make_digests_of(desk, subscription, waiting[subscription.id], zone=zone, now=now)
    return made


def _make_digests_of(
    desk: Database, subscription: Subscription, waiting: WaitingAlerts, *, zone: str, now: dt.datetime
) -> int:
    """The digests of one subscription whose time has come.

    Alerts over the day's ceiling are counted in the message that reaches it. Those that come later that day wait for
    the next message, or for a short one of their own when the day is over.
    """
    day, begin, end = timing.find_local_day(now, zone=choose_zone(subscription, zone))
    fresh, over = waiting.fresh, waiting.over_on_other_days(day)
    if subscription.at_most is not None:
        listed = daily_limits.count_listed_alerts(desk, subscription.id, begin, end)
        fresh = min(fresh, max(0, subscription.at_most - listed))
        if fresh < waiting.fresh:
            daily_limits.mark_over_limit(desk, subscription.id, day=day, room=fresh)
    sizes = [min(ONE_DIGEST, fresh - first) for first in range(0, fresh, ONE_DIGEST)] or ([0] if over else [])
    for number, size in enumerate(sizes, 1):
        digest = create_digest(desk, subscription, now=now, size=size)
        if number == len(sizes):
            daily_limits.assign_over_limit(desk, subscription.id, digest, but_of=None if size else day)
    return len(sizes)


def create_digest(desk: Database, subscription: Subscription, *, now: dt.datetime, size: int = 0) -> int:
    """Make a digest of so many alerts, the oldest that wait, or of none, with its deliveries; gives its id."""
    to, token = list_targets(subscription), secrets.token_hex(12)
    return alerts.make_digest(desk, subscription.id, targets=to, token=token, now=now, limit=size)


def redirect_to_new_targets(desk: Database, wanted: Sequence[Subscription], *, now: dt.datetime) -> None:
    """Deliveries that wait for a target which the desk's file no longer names go to those that it names now."""
    by_id = {subscription.id: subscription for subscription in wanted}
    for id_, target in deliveries.find_waiting_targets(desk):
        if id_ in by_id and target not in list_targets(by_id[id_]):
            with desk.atomic():
                deliveries.redirect_deliveries(desk, id_, gone=target, targets=list_targets(by_id[id_]), now=now)


def _rhythm_key(subscription: Subscription, zone: str) -> str:
    return f"{subscription.when} {choose_zone(subscription, zone)}"


def _plan_digest(
    subscription: Subscription, state: SubscriptionState, *, zone: str, now: dt.datetime
) -> tuple[bool, bool, dt.datetime | None]:
    """(a digest is due, the next one must be written down, when that is)."""
    following_now = timing.find_next_moment(subscription.when, now, zone=choose_zone(subscription, zone))
    free = not is_in_quiet_hours(subscription, now, zone=zone)
    changed = state.rhythm != _rhythm_key(subscription, zone)
    if following_now is None:
        return free, changed, None
    due = state.next_digest
    if due is not None and due <= now:
        return free, free or changed, following_now  # held: it stays due until the quiet hours end
    return False, changed or due is None or due > following_now, following_now
