"""Heartbeats (desk.db): when each subscription's next one is due, and when the last one was."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlite_utils import Database

from db.model.times import read_stamp, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedHeartbeat:
    """A planned heartbeat. `due` follows from `rhythm`; it is sent if nothing matched since `last`."""

    rhythm: str
    last: dt.datetime
    due: dt.datetime


def read_heartbeats(db: Database) -> dict[str, PlannedHeartbeat]:
    """Return every planned heartbeat, by its subscription."""
    rows = db.query("SELECT subscription, rhythm, last, due FROM heartbeats")
    return {
        row["subscription"]: PlannedHeartbeat(
            rhythm=row["rhythm"], last=read_stamp(row["last"]), due=read_stamp(row["due"])
        )
        for row in rows
    }


def plan_heartbeat(db: Database, subscription: str, *, rhythm: str, last: dt.datetime, due: dt.datetime) -> None:
    """Set when a subscription's next heartbeat is due."""
    db.execute(
        """
        INSERT INTO heartbeats (subscription, rhythm, last, due) VALUES (:subscription, :rhythm, :last, :due)
        ON CONFLICT (subscription) DO UPDATE SET rhythm = excluded.rhythm, last = excluded.last, due = excluded.due
        """,
        {"subscription": subscription, "rhythm": rhythm, "last": stamp(last), "due": stamp(due)},
    )


def delete_heartbeat(db: Database, subscription: str) -> None:
    """Delete the plan of a subscription that has no heartbeat any more."""
    db.execute("DELETE FROM heartbeats WHERE subscription = :subscription", {"subscription": subscription})
