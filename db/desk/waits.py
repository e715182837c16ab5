"""Waits (desk.db) that lie further ahead than their rule allows, because a clock that was ahead had set them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping

from sqlite_utils import Database

from db.model.times import stamp


def bring_tasks_forward(db: Database, *, now: dt.datetime, furthest: Mapping[str, dt.datetime]) -> int:
    """Make tasks due now that are planned after `furthest`, which is by task; return how many."""
    limits = {task: stamp(moment) for task, moment in furthest.items()}
    with db.atomic():
        return db.execute(
            """
            UPDATE schedule SET next_due = :now
            WHERE next_due > (SELECT value FROM json_each(:limits) AS one WHERE one.key = task)
            """,
            {"now": stamp(now), "limits": json.dumps(limits)},
        ).rowcount


def bring_hosts_forward(db: Database, *, now: dt.datetime, longest: dt.timedelta, shortest: dt.timedelta) -> int:
    """End back-offs longer than `longest` after `shortest`, and forget each robots.txt that was read in the future."""
    with db.atomic():
        changed = db.execute(
            "UPDATE hosts SET wait_until = :shortest WHERE wait_until > :longest",
            {"shortest": stamp(now + shortest), "longest": stamp(now + longest)},
        ).rowcount
        changed += db.execute(
            "UPDATE hosts SET robots = NULL, robots_fetched = NULL WHERE robots_fetched > :now", {"now": stamp(now)}
        ).rowcount
    return changed


def bring_candidates_forward(db: Database, *, now: dt.datetime, longest: dt.timedelta) -> int:
    """Make candidates due now that would be requested later than `longest` from now; return how many."""
    with db.atomic():
        return db.execute(
            "UPDATE candidates SET retry_at = :now WHERE retry_at > :longest",
            {"now": stamp(now), "longest": stamp(now + longest)},
        ).rowcount


def bring_visits_forward(db: Database, *, now: dt.datetime, longest: dt.timedelta) -> int:
    """Make visits due now that are planned later than `longest` from now or belong to an article of the future.

    Such an article counts as seen now, so that its visits follow in their rhythm.
    """
    with db.atomic():
        return db.execute(
            """
            UPDATE visits SET next_visit = :now, first_seen = min(first_seen, :now)
            WHERE next_visit IS NOT NULL AND (first_seen > :now OR next_visit > :longest)
            """,
            {"now": stamp(now), "longest": stamp(now + longest)},
        ).rowcount


def forget_future_answers(db: Database, *, now: dt.datetime, earlier: dt.datetime) -> int:
    """Let sources whose last answer lies in the future count as read at `earlier`; return how many.

    What a source lists from before its last answer is taken to be stored: after a clock that was ahead, that would lose
    everything until the true time has caught up.
    """
    with db.atomic():
        return db.execute(
            """
            UPDATE sources SET fetched_at = min(fetched_at, :earlier), sound_at = min(sound_at, :earlier)
            WHERE fetched_at > :now OR sound_at > :now
            """,
            {"now": stamp(now), "earlier": stamp(earlier)},
        ).rowcount
