"""Tables for sessions that were ended, proposed sources, and pages that sources listed before."""

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


@desk()
def proposals_for_outlets_whose_sources_fail(db: Database) -> None:
    """Each is proposed by `vigia status` and never taken without a person."""
    db.executescript("""
        CREATE TABLE proposed_sources (
            outlet TEXT PRIMARY KEY,
            looked_at TEXT NOT NULL,
            instead_of TEXT NOT NULL,   -- the failing sources, a JSON list of addresses
            found TEXT NOT NULL,        -- {"feed": [addresses], "sitemap": …}, without those of instead_of
            problem TEXT                -- why nothing could be found; NULL if the home page was read
        );
    """)


@desk()
def pages_that_were_passed_over(db: Database) -> None:
    """What a source lists beyond these is new, whatever its date says."""
    db.executescript("""
        CREATE TABLE passed_over (
            source TEXT PRIMARY KEY,    -- the address of a source that was read whole
            digests BLOB NOT NULL       -- of the keys of its pages that are not for the news; 8 bytes each
        );
        ALTER TABLE sources ADD COLUMN read_at TEXT;  -- when it last answered with more than "unchanged"
        ALTER TABLE sources ADD COLUMN grew_at TEXT;  -- when it last listed a page that was new
        ALTER TABLE sources ADD COLUMN past_until TEXT;  -- of a sitemap never read: what it lists from before is old
    """)
