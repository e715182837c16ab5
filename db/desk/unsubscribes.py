"""Who left a subscription (desk.db)."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Literal
from sqlite_utils import Database
from db.model.times import read_stamp, stamp


def save_unsubscribe(db: Database, recipient: str, *, subscription: str, now: dt.datetime) -> bool:
    """Record that a recipient (a keyed hash) wants no more of a subscription; whether that is new."""
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
    """The recipients (keyed hashes) who left a subscription."""
    rows = db.execute("SELECT recipient FROM departures WHERE subscription = :id", {"id": subscription})
    return frozenset(row[0] for row in rows.fetchall())


def count_unsubscribed(db: Database) -> dict[str, int]:
    """How many left each subscription that somebody left."""
    return dict(db.execute("SELECT subscription, count(*) FROM departures GROUP BY subscription").fetchall())


def delete_unsubscribes(db: Database, subscription: str) -> int:
    """Let all who left a subscription in again; gives how many."""
    with db.atomic():
        return db.execute("DELETE FROM departures WHERE subscription = :id", {"id": subscription}).rowcount
