"""When each subscription's next heartbeat is due, and when the last one was (desk.db)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlite_utils import Database

from db.model.times import moment, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A heartbeat: what `due` was reckoned from, and since when nothing must have matched for it to be sent."""

    rhythm: str
    last: dt.datetime
    due: dt.datetime


def planned(db: Database) -> dict[str, Planned]:
    """Every heartbeat, by its subscription."""
    rows = db.query("SELECT subscription, rhythm, last, due FROM heartbeats")
    return {
        row["subscription"]: Planned(rhythm=row["rhythm"], last=moment(row["last"]), due=moment(row["due"]))
        for row in rows
    }


def plan(db: Database, subscription: str, *, rhythm: str, last: dt.datetime, due: dt.datetime) -> None:
    """Note when the next heartbeat is due."""
    db.execute(
        """
        INSERT INTO heartbeats (subscription, rhythm, last, due) VALUES (:subscription, :rhythm, :last, :due)
        ON CONFLICT (subscription) DO UPDATE SET rhythm = excluded.rhythm, last = excluded.last, due = excluded.due
        """,
        {"subscription": subscription, "rhythm": rhythm, "last": stamp(last), "due": stamp(due)},
    )


def forget(db: Database, subscription: str) -> None:
    """A subscription wants no heartbeat any more."""
    db.execute("DELETE FROM heartbeats WHERE subscription = :subscription", {"subscription": subscription})
