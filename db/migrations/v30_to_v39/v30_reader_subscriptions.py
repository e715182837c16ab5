"""A table for the subscriptions that readers make in the reading room."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


@desk()
def subscriptions_of_readers(db: Database) -> None:
    """They are matched and sent beside those of vigia.toml, under the id `reader:NUMBER`."""
    db.executescript("""
        CREATE TABLE reader_subscriptions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given again: addresses of feeds are made of it
            person TEXT NOT NULL,       -- who made it: an id of [[person]], or 'local' on a desk without a password
            recipient TEXT NOT NULL,    -- the [[person]] who gets its messages; '' for alerts.log and the feed alone
            name TEXT NOT NULL,
            query TEXT NOT NULL,
            language TEXT NOT NULL,     -- of alerts.log and the feed; people have their own
            rhythm TEXT NOT NULL,       -- as `when` in vigia.toml
            quiet TEXT NOT NULL,
            at_most INTEGER,
            once_per_story INTEGER NOT NULL,
            figures INTEGER NOT NULL,
            revisions INTEGER NOT NULL,
            borderline INTEGER NOT NULL,
            copies INTEGER NOT NULL,
            created TEXT NOT NULL,
            paused_at TEXT,             -- NULL: it runs
            deleted_at TEXT,            -- NULL: it is there; else it can be taken back for a week
            tested_at TEXT,             -- when its last test message was sent
            test_error TEXT             -- NULL: it arrived
        );
        CREATE INDEX reader_subscriptions_person ON reader_subscriptions(person);
    """)
