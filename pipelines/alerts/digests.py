"""When alerts become a message: at once, or daily at an hour of the desk's time zone."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from db import alerts, subscriptions
from db.subscriptions import SubscriptionState
from pipelines.alerts.subscription import Subscription

LOG = "log"  # the target of a subscription that names none: alerts.log and the terminal


def following(when: str, after: dt.datetime, *, zone: str) -> dt.datetime | None:
    """The next moment (UTC) of a daily rhythm strictly after another; None for "immediately". Pure.

    The hour is that on the wall. One that a change to summer time leaves out comes as much later as the clock was put
    forward, one that stands twice in the year counts the first time (PEP 495, fold=0).
    """
    if when == "immediately":
        return None
    hour, minute = map(int, when.removeprefix("daily ").split(":"))
    here = ZoneInfo(zone)
    day = after.astimezone(here).date() - dt.timedelta(days=1)
    while True:
        due = dt.datetime.combine(day, dt.time(hour, minute), tzinfo=here).astimezone(dt.UTC)
        if due > after:
            return due
        day += dt.timedelta(days=1)


def targets(subscription: Subscription) -> tuple[str, ...]:
    """Where its messages go: its references, or the log when there are none."""
    return subscription.to or (LOG,)


def gather(desk: Database, wanted: Sequence[Subscription], *, zone: str, now: dt.datetime) -> int:
    """Make the digests that are due, each with its deliveries, in one transaction; gives how many.

    What was missed while the machine was off is due once. A rhythm that changed, or a clock that ran ahead, is
    reckoned anew from now.
    """
    states = subscriptions.states(desk)
    plans = [
        (subscription, *_plan(subscription, states[subscription.id], zone=zone, now=now))
        for subscription in wanted
        if subscription.id in states
    ]
    waiting = alerts.undigested(desk)
    made = 0
    if not any(moves or (ready and waiting.get(s.id)) for s, ready, moves, _ in plans):
        return 0
    with desk.atomic():
        for subscription, ready, moves, due in plans:
            if moves:
                rhythm = _rhythm(subscription, zone)
                subscriptions.set_next_digest(desk, subscription.id, rhythm=rhythm, due=due)
            for _ in range(0, waiting.get(subscription.id, 0) if ready else 0, alerts.ALERTS_IN_ONE_DIGEST):
                alerts.make_digest(
                    desk,
                    subscription.id,
                    targets=targets(subscription),
                    token=secrets.token_hex(12),
                    now=now,
                    limit=alerts.ALERTS_IN_ONE_DIGEST,
                )
                made += 1
    return made


def follow_targets(desk: Database, wanted: Sequence[Subscription], *, now: dt.datetime) -> None:
    """Deliveries that wait for a target which the desk's file no longer names go to those that it names now."""
    by_id = {subscription.id: subscription for subscription in wanted}
    for id_, target in alerts.waiting_targets(desk):
        if id_ in by_id and target not in targets(by_id[id_]):
            with desk.atomic():
                alerts.redirect(desk, id_, gone=target, targets=targets(by_id[id_]), now=now)


def _rhythm(subscription: Subscription, zone: str) -> str:
    return f"{subscription.when} {zone}"


def _plan(
    subscription: Subscription, state: SubscriptionState, *, zone: str, now: dt.datetime
) -> tuple[bool, bool, dt.datetime | None]:
    """(a digest is due, the next one must be written down, when that is)."""
    following_now = following(subscription.when, now, zone=zone)
    changed = state.rhythm != _rhythm(subscription, zone)
    if following_now is None:
        return True, changed, None
    due = state.next_digest
    if due is not None and due <= now:
        return True, True, following_now
    return False, changed or due is None or due > following_now, following_now
