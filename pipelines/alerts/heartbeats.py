"""Signs of life: a subscription with a `heartbeat` hears by its rhythm that nothing matched, if nothing did.

At each moment of the rhythm the desk looks whether any digest was made for the subscription since the last one. If none
was, and none waits to be made, it makes an empty one in the transaction that moves the rhythm on: each heartbeat is
sent once, whatever crashes. Moments that were missed while the desk was off are one. A heartbeat that is due in quiet
hours waits for their end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlite_utils import Database

from db.desk import daily_limits, heartbeats, notices, subscriptions
from pipelines.alerts import digests
from pipelines.alerts.subscriptions import timing
from pipelines.alerts.subscriptions.subscription import Subscription


def make_due_heartbeats(desk: Database, wanted: Sequence[Subscription], *, zone: str, now: dt.datetime) -> int:
    """Make the heartbeats that are due; gives how many."""
    planned = heartbeats.read_heartbeats(desk)
    there = subscriptions.read_subscription_states(desk)
    waiting = daily_limits.read_waiting_alerts(desk)  # matched, and held for its rhythm
    made = 0
    for subscription in wanted:
        before = planned.get(subscription.id)
        if subscription.heartbeat is None or subscription.id not in there:
            if before is not None:
                with desk.atomic():
                    heartbeats.delete_heartbeat(desk, subscription.id)
            continue
        here = digests.choose_zone(subscription, zone)
        written = f"{subscription.heartbeat} {here}"
        following = timing.find_next_moment(subscription.heartbeat, now, zone=here)
        if following is None:
            continue
        if before is None or before.rhythm != written or before.due > following or before.last > now:
            with desk.atomic():  # begins, changed, or a clock that ran ahead: reckoned anew from now
                heartbeats.plan_heartbeat(desk, subscription.id, rhythm=written, last=now, due=following)
        elif before.due <= now:
            with desk.atomic():
                heartbeats.plan_heartbeat(desk, subscription.id, rhythm=written, last=now, due=following)
                last = notices.find_last_digest(desk, subscription.id, kinds=("alerts",))
                if subscription.id not in waiting and (last is None or last < before.last):
                    made += 1
                    digest = digests.create_digest(desk, subscription, now=now)
                    notices.set_digest_kind(desk, digest, kind="heartbeat", since=before.last)
    return made
