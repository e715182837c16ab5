"""When each subscription's next heartbeat is due, and when the last one was (desk.db)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlite_utils import Database

from db.model.times import read_stamp, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedHeartbeat:
    """A heartbeat: what `due` was reckoned from, and since when nothing must have matched for it to be sent."""

    rhythm: str
    last: dt.datetime
    due: dt.datetime


def read_heartbeats(db: Database) -> dict[str, PlannedHeartbeat]:
    """Every heartbeat, by its subscription."""
    rows = db.query("SELECT subscription, rhythm, last, due FROM heartbeats")
    return {
        row["subscription"]: PlannedHeartbeat(rhythm=row["rhythm"], last=read_stamp(row["last"]), due=read_stamp(row["due"]))
        for row in rows
    }


def plan_heartbeat(db: Database, subscription: str, *, rhythm: str, last: dt.datetime, due: dt.datetime) -> None:
    """Note when the next heartbeat is due."""
    db.execute(
        """
        INSERT INTO heartbeats (subscription, rhythm, last, due) VALUES (:subscription, :rhythm, :last, :due)
        ON CONFLICT (subscription) DO UPDATE SET rhythm = excluded.rhythm, last = excluded.last, due = excluded.due
        """,
        {"subscription": subscription, "rhythm": rhythm, "last": stamp(last), "due": stamp(due)},
    )


def delete_heartbeat(db: Database, subscription: str) -> None:
    """A subscription wants no heartbeat any more."""
    db.execute("DELETE FROM heartbeats WHERE subscription = :subscription", {"subscription": subscription})
