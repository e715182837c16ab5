"""Sessions of the reading room that were ended before they expired."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


@desk()
def sessions_of_readers_who_signed_out(db: Database) -> None:
    """A copied cookie opens nothing after its reader signed out."""
    db.executescript("""
        CREATE TABLE ended_sessions (
            session TEXT PRIMARY KEY,   -- a hash of what its cookie says; '': all sessions that expire by then
            expires INTEGER NOT NULL    -- Unix time; the row may go afterwards
        );
    """)
