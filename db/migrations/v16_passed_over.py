"""Pages that sources listed before they were read for news."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


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
