"""Bring back waits that a clock which was ahead has set: none lies further ahead than its own rule allows.

Called when a session begins, and by the scheduler whenever the clock goes back. Digests, heartbeats and deliveries do
the same at each run of the alerts. The longest waits are those of backoff_delays.py.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping

from sqlite_utils import Database

from crawler.config.desk import Desk
from crawler.crawling.backoff_delays import HOST_BACKOFF, MAX_RETRY_AFTER, OUTLET_JITTER, PAGE_BACKOFF, outlet_backoff
from db.desk import candidates, hosts, schedule, sources, visits

REREAD_AFTER_CLOCK = dt.timedelta(days=30)  # how far back sources are read again after a clock that was ahead

_log = logging.getLogger(__name__)


def bring_waits_forward(desk_db: Database, desk: Desk, *, now: dt.datetime, tasks: Mapping[str, dt.timedelta]) -> int:
    """Bring back every wait of desk.db that is longer than its rule allows; return how many.

    `tasks` has the longest waits of the tasks of the schedule that are no crawls.
    """
    furthest = {task: now + longest for task, longest in tasks.items()}
    for outlet in desk.enabled_outlets:
        failures = sources.count_failures_in_a_row(desk_db, [source.url for source in outlet.sources])
        longest = outlet_backoff(outlet.interval).wait(failures) * (1 + OUTLET_JITTER)
        furthest[f"crawl:{outlet.id}"] = now + longest
    changed = schedule.bring_tasks_forward(desk_db, now=now, furthest=furthest)
    changed += hosts.bring_hosts_forward(desk_db, now=now, longest=MAX_RETRY_AFTER, shortest=HOST_BACKOFF.first)
    changed += candidates.bring_candidates_forward(desk_db, now=now, longest=PAGE_BACKOFF.longest)
    longest_visit = max(desk.crawl.revisit, default=dt.timedelta(0))
    changed += visits.bring_visits_forward(desk_db, now=now, longest=max(longest_visit, dt.timedelta(days=1)))
    changed += sources.forget_future_answers(desk_db, now=now, earlier=now - REREAD_AFTER_CLOCK)
    if changed:
        _log.warning("the clock was ahead: %d times that it had set are brought back", changed)
    return changed
