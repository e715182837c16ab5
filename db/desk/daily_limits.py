"""Alerts over a subscription's ceiling of a day (desk.db): they are counted in a message, and never told one by one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlite_utils import Database

from db.model.times import stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingAlerts:
    """Alerts without a digest: how many are to be told, and the first and last day whose ceiling others went over."""

    fresh: int = 0
    first_over: str | None = None
    last_over: str | None = None

    def over_on_other_days(self, day: dt.date) -> bool:
        """Whether some went over the ceiling of another day than this."""
        return self.first_over is not None and not (self.first_over == self.last_over == day.isoformat())


def read_waiting_alerts(db: Database) -> dict[str, WaitingAlerts]:
    """What waits for a digest, by subscription."""
    rows = db.query(
        """
        SELECT subscription, count(*) FILTER (WHERE over IS NULL) AS fresh,
               min(over) AS first_over, max(over) AS last_over
        FROM alerts WHERE digest IS NULL GROUP BY subscription
        """
    )
    return {row.pop("subscription"): WaitingAlerts(**row) for row in rows}


def count_told(db: Database, subscription: str, begin: dt.datetime, end: dt.datetime) -> int:
    """How many alerts digests made from `begin` up to `end` told."""
    row = db.execute(
        """
        SELECT count(*) FROM digests JOIN alerts ON alerts.digest = digests.id
        WHERE digests.subscription = :subscription AND digests.created >= :begin AND digests.created < :end
          AND over IS NULL
        """,
        {"subscription": subscription, "begin": stamp(begin), "end": stamp(end)},
    ).fetchone()
    return int(row[0])


def mark_over_limit(db: Database, subscription: str, *, day: dt.date, room: int) -> int:
    """Leave the oldest `room` waiting alerts to be told; the others go over the ceiling of that day. Gives how many."""
    return db.execute(
        """
        UPDATE alerts SET over = :day WHERE id IN (
            SELECT id FROM alerts WHERE subscription = :subscription AND digest IS NULL AND over IS NULL
            ORDER BY id LIMIT -1 OFFSET :room
        )
        """,
        {"subscription": subscription, "day": day.isoformat(), "room": room},
    ).rowcount


def assign_over_limit(db: Database, subscription: str, digest: int, *, but_of: dt.date | None = None) -> None:
    """Let a digest say how many more there are that went over a ceiling, but not of that day, which is not over yet."""
    db.execute(
        """
        UPDATE alerts SET digest = :digest
        WHERE subscription = :subscription AND digest IS NULL AND over IS NOT NULL AND over IS NOT :day
        """,
        {"digest": digest, "subscription": subscription, "day": None if but_of is None else but_of.isoformat()},
    )


def more_in(db: Database, digest: int) -> int:
    """How many alerts the digest counts without telling them."""
    row = db.execute(
        "SELECT count(*) FROM alerts WHERE digest = :digest AND over IS NOT NULL", {"digest": digest}
    ).fetchone()
    return int(row[0])
