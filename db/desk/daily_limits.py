"""Daily limits (desk.db): alerts over a subscription's `at_most` of a day are counted in a message, not listed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlite_utils import Database

from db.model.times import stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingAlerts:
    """A subscription's alerts without a digest.

    fresh: how many are to be listed. also: how many are later articles of told stories. first_over, last_over: the
    first and last day (ISO 8601) whose limit others went over, None if none did.
    """

    fresh: int = 0
    also: int = 0
    first_over: str | None = None
    last_over: str | None = None

    @property
    def has_also_alone(self) -> bool:
        """True if nothing waits but later articles of told stories."""
        return bool(self.also) and not self.fresh and self.first_over is None

    def over_on_other_days(self, day: dt.date) -> bool:
        """Whether some alerts went over the limit of another day than this."""
        return self.first_over is not None and not (self.first_over == self.last_over == day.isoformat())


def read_waiting_alerts(db: Database) -> dict[str, WaitingAlerts]:
    """Read what waits for a digest, by subscription."""
    rows = db.query(
        """
        SELECT subscription, count(*) FILTER (WHERE over IS NULL AND also = 0) AS fresh, sum(also) AS also,
               min(over) AS first_over, max(over) AS last_over
        FROM alerts WHERE digest IS NULL GROUP BY subscription
        """
    )
    return {row.pop("subscription"): WaitingAlerts(**row) for row in rows}


def count_listed_alerts(db: Database, subscription: str, begin: dt.datetime, end: dt.datetime) -> int:
    """Count the alerts listed in digests that were created from `begin` up to but not at `end`."""
    row = db.execute(
        """
        SELECT count(*) FROM digests JOIN alerts ON alerts.digest = digests.id
        WHERE digests.subscription = :subscription AND digests.created >= :begin AND digests.created < :end
          AND over IS NULL AND also = 0
        """,
        {"subscription": subscription, "begin": stamp(begin), "end": stamp(end)},
    ).fetchone()
    return int(row[0])


def mark_over_limit(db: Database, subscription: str, *, day: dt.date, room: int) -> int:
    """Leave the oldest `room` waiting alerts to be listed, and put the others over a day's limit; return how many."""
    return db.execute(
        """
        UPDATE alerts SET over = :day WHERE id IN (
            SELECT id FROM alerts WHERE subscription = :subscription AND digest IS NULL AND over IS NULL
            AND also = 0 ORDER BY id LIMIT -1 OFFSET :room
        )
        """,
        {"subscription": subscription, "day": day.isoformat(), "room": room},
    ).rowcount


def assign_over_limit(db: Database, subscription: str, digest: int, *, but_of: dt.date | None = None) -> None:
    """Give a digest the alerts over a limit, which it counts, except those of `but_of`, a day that has not ended."""
    db.execute(
        """
        UPDATE alerts SET digest = :digest
        WHERE subscription = :subscription AND digest IS NULL AND over IS NOT NULL AND over IS NOT :day
        """,
        {"digest": digest, "subscription": subscription, "day": None if but_of is None else but_of.isoformat()},
    )


def count_unlisted_alerts(db: Database, digest: int) -> int:
    """Count the alerts of a digest that its message only counts, because they are over the daily limit.

    Several articles of a story count once, where the subscription is told stories.
    """
    row = db.execute(
        "SELECT count(DISTINCT coalesce(story, -id)) FROM alerts WHERE digest = :digest AND over IS NOT NULL",
        {"digest": digest},
    ).fetchone()
    return int(row[0])
