"""Add the keys of private feeds, and who has unsubscribed from a subscription's mail."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


@desk()
def keys_of_addresses_and_departures(db: Database) -> None:
    """Add the keys that sign addresses (db.desk.secret_keys), and unsubscribed recipients as keyed hashes."""
    db.executescript("""
        CREATE TABLE keys (
            purpose TEXT PRIMARY KEY,
            secret BLOB NOT NULL,
            created TEXT NOT NULL
        ) WITHOUT ROWID;
        -- `recipient`: a keyed hash of subscription and address. The address itself never stands in this file.
        CREATE TABLE departures (
            recipient TEXT PRIMARY KEY,
            subscription TEXT NOT NULL,
            left_at TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX departures_subscription ON departures(subscription);
    """)
