"""The schedule (desk.db): when each task is due next, so that a restart resets nothing."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping

from sqlite_utils import Database

from db.model.times import read_stamp, stamp


def read_due_times(db: Database) -> dict[str, dt.datetime]:
    """Return when each task is due next, by task."""
    return {row["task"]: read_stamp(row["next_due"]) for row in db.query("SELECT task, next_due FROM schedule")}


def begin_task(db: Database, task: str, *, at: dt.datetime, next_due: dt.datetime) -> None:
    """Record that a task begins; it is due again at `next_due` if it is killed."""
    with db.atomic():
        db.execute(
            """
            INSERT INTO schedule (task, next_due, last_started) VALUES (:task, :next_due, :at)
            ON CONFLICT (task) DO UPDATE SET next_due = excluded.next_due, last_started = excluded.last_started
            """,
            {"task": task, "at": stamp(at), "next_due": stamp(next_due)},
        )


def finish_task(db: Database, task: str, *, at: dt.datetime, next_due: dt.datetime, outcome: str) -> None:
    """Record how a task ended, and when it is due next."""
    with db.atomic():
        db.execute(
            """
            INSERT INTO schedule (task, next_due, last_finished, last_outcome) VALUES (:task, :next_due, :at, :outcome)
            ON CONFLICT (task) DO UPDATE SET
                next_due = excluded.next_due, last_finished = excluded.last_finished,
                last_outcome = excluded.last_outcome
            """,
            {"task": task, "at": stamp(at), "next_due": stamp(next_due), "outcome": outcome},
        )


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
