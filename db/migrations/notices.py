"""Notices to whoever keeps the desk, and heartbeats."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def what_crawls_are_for(db: Database) -> None:
    """An outlet's usual rate is counted from crawls that asked for news, by an index alone (db.health)."""
    db.executescript("""
        -- crawl: asked the sources for news; visit: looked again at articles; backfill: read the past.
        ALTER TABLE crawls ADD COLUMN kind TEXT NOT NULL DEFAULT 'crawl';
        CREATE INDEX crawls_found ON crawls(outlet, started, new, rejected)
            WHERE kind = 'crawl' AND (new > 0 OR rejected > 0);
    """)
