"""A table for briefings as they were made."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


@desk()
def briefings_as_they_were_made(db: Database) -> None:
    """A briefing is written again from its contents, whatever became of its articles."""
    db.executescript("""
        CREATE TABLE briefings (
            id INTEGER PRIMARY KEY,
            made_at TEXT NOT NULL,
            since TEXT NOT NULL,        -- the first day, in the desk's zone: 2026-11-23
            until TEXT NOT NULL,        -- the last day
            query TEXT NOT NULL,        -- '' for everything
            language TEXT NOT NULL,
            version TEXT NOT NULL,      -- of Vigía
            contents TEXT NOT NULL      -- JSON, see db.site.briefings.document
        );
    """)
