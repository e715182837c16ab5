"""Unsubscribes (desk.db): recipients who want no more of a subscription, as keyed hashes."""

from __future__ import annotations

import datetime as dt

from sqlite_utils import Database

from db.model.times import stamp


def save_unsubscribe(db: Database, recipient: str, *, subscription: str, now: dt.datetime) -> bool:
    """Unsubscribe a recipient (a keyed hash) from a subscription; return False if that was recorded already."""
    with db.atomic():
        added = db.execute(
            """
            INSERT INTO departures (recipient, subscription, left_at) VALUES (:recipient, :subscription, :now)
            ON CONFLICT DO NOTHING
            """,
            {"recipient": recipient, "subscription": subscription, "now": stamp(now)},
        ).rowcount
    return bool(added)


def read_unsubscribed(db: Database, subscription: str) -> frozenset[str]:
    """Return the recipients (keyed hashes) who unsubscribed from a subscription."""
    rows = db.execute("SELECT recipient FROM departures WHERE subscription = :id", {"id": subscription})
    return frozenset(row[0] for row in rows.fetchall())


def count_unsubscribed(db: Database) -> dict[str, int]:
    """Count the unsubscribed recipients of each subscription that has any."""
    return dict(db.execute("SELECT subscription, count(*) FROM departures GROUP BY subscription").fetchall())


def delete_unsubscribes(db: Database, subscription: str) -> int:
    """Subscribe all who unsubscribed from a subscription again; return how many."""
    with db.atomic():
        return db.execute("DELETE FROM departures WHERE subscription = :id", {"id": subscription}).rowcount
