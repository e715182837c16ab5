"""Tables for briefings that are made and sent by a rhythm."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


@desk()
def planned_briefings(db: Database) -> None:
    """A planned briefing has its next time; its digest names the briefing that each language gets."""
    db.executescript("""
        CREATE TABLE planned_briefings (
            plan TEXT PRIMARY KEY,      -- the id under which its messages are delivered
            rhythm TEXT NOT NULL,       -- what `due` was computed from, with its time zone
            due TEXT NOT NULL,
            made TEXT                   -- when the last one was made
        );
        CREATE TABLE briefing_digests (
            digest INTEGER NOT NULL REFERENCES digests(id),
            language TEXT NOT NULL,
            briefing INTEGER NOT NULL REFERENCES briefings(id),
            PRIMARY KEY (digest, language)
        ) WITHOUT ROWID;
    """)
