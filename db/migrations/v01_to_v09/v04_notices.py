"""Add notices to the operator, and heartbeats."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk, news


@news()
def what_crawls_are_for(db: Database) -> None:
    """Add the kind of each crawl, and an index of crawls for news to count usual rates (db.news.outlet_activity)."""
    db.executescript("""
        -- crawl: asked the sources for news; visit: looked again at articles; backfill: read the past.
        ALTER TABLE crawls ADD COLUMN kind TEXT NOT NULL DEFAULT 'crawl';
        CREATE INDEX crawls_found ON crawls(outlet, started, new, rejected)
            WHERE kind = 'crawl' AND (new > 0 OR rejected > 0);
    """)


@desk()
def notices_and_heartbeats(db: Database) -> None:
    """Add the desk's faults with the notices sent about them, and the heartbeats that were sent."""
    db.executescript("""
        -- alerts; notice: to the operator; heartbeat: nothing matched since the moment in `since`.
        ALTER TABLE digests ADD COLUMN kind TEXT NOT NULL DEFAULT 'alerts';
        ALTER TABLE digests ADD COLUMN since TEXT;
        -- One row for each time that a condition held. `detail`: JSON, what a message says of it.
        -- `looks`: how many saw it; `missed`: how many in a row since did not, the first of them at `missed_since`.
        -- `ended`: when that was certain. `began_in`, `ended_in`: the digests that told it.
        CREATE TABLE notices (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            detail TEXT NOT NULL,
            first_seen TEXT NOT NULL,
            looks INTEGER NOT NULL DEFAULT 1,
            missed INTEGER NOT NULL DEFAULT 0,
            missed_since TEXT,
            ended TEXT,
            began_in INTEGER REFERENCES digests(id),
            ended_in INTEGER REFERENCES digests(id)
        );
        CREATE UNIQUE INDEX notices_open ON notices(kind, subject) WHERE ended IS NULL;
        CREATE INDEX notices_ended ON notices(kind, subject, ended);
        CREATE TABLE heartbeats (
            subscription TEXT PRIMARY KEY REFERENCES subscriptions(id),
            rhythm TEXT NOT NULL,
            last TEXT NOT NULL,
            due TEXT NOT NULL
        );
        -- What a source that stands still is measured by: its dated items, and the seconds between first and last.
        ALTER TABLE sources ADD COLUMN dated INTEGER;
        ALTER TABLE sources ADD COLUMN span REAL;
    """)


@news()
def rejections_by_their_time(db: Database) -> None:
    """Add an index of rejections by time, to find outlets that refused pages lately (db.news.outlet_activity)."""
    db.executescript("CREATE INDEX rejections_seen ON rejections(seen_at, outlet, reason)")
