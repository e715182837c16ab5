"""Make heartbeats: messages to a subscription with a `heartbeat` rhythm that nothing matched.

When a heartbeat is due and no digest was made for the subscription since the last one, and no alerts wait, an empty
digest is made. The same transaction sets the next time, so each heartbeat is sent once even after a crash. Times that
were missed while the desk was off are made up for by one heartbeat. One that falls in quiet hours is sent at their end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlite_utils import Database

from db.desk import daily_limits, heartbeats, notices, subscriptions
from db.desk.alerts import MAX_DIGEST_ALERTS
from pipelines.alerts import digests
from pipelines.alerts.subscriptions import timing
from pipelines.alerts.subscriptions.subscription import Subscription


def make_due_heartbeats(desk: Database, configured: Sequence[Subscription], *, zone: str, now: dt.datetime) -> int:
    """Make the heartbeats that are due; return how many."""
    planned = heartbeats.read_heartbeats(desk)
    states = subscriptions.read_subscription_states(desk)
    waiting = daily_limits.read_waiting_alerts(desk)  # alerts that wait for their digest
    count = 0
    for subscription in configured:
        previous = planned.get(subscription.id)
        if subscription.heartbeat is None or subscription.id not in states:
            if previous is not None:
                with desk.atomic():
                    heartbeats.delete_heartbeat(desk, subscription.id)
            continue
        own_zone = digests.choose_zone(subscription, zone)
        rhythm = f"{subscription.heartbeat} {own_zone}"
        following = timing.find_next_moment(subscription.heartbeat, now, zone=own_zone)
        if following is None:
            continue
        if previous is None or previous.rhythm != rhythm or previous.due > following or previous.last > now:
            with desk.atomic():  # new, changed, or planned by a clock that was ahead
                heartbeats.plan_heartbeat(desk, subscription.id, rhythm=rhythm, last=now, due=following)
        elif previous.due <= now:
            with desk.atomic():
                heartbeats.plan_heartbeat(desk, subscription.id, rhythm=rhythm, last=now, due=following)
                last = notices.find_last_digest(desk, subscription.id, kinds=("alerts",), until=now)
                held = waiting.get(subscription.id)
                if last is not None and last >= previous.last:
                    continue
                if held is None:
                    count += 1
                    digest = digests.create_digest(desk, subscription, now=now)
                    notices.set_digest_kind(desk, digest, kind="heartbeat", since=previous.last)
                elif held.has_also_alone:  # they wait for a message, and this is the time of one
                    count += 1
                    digests.create_digest(desk, subscription, now=now, also=MAX_DIGEST_ALERTS)
    return count
