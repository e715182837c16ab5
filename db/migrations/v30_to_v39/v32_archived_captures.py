"""What web archives hold of an outlet, and how far their indexes were read."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


@desk()
def archived_captures(db: Database) -> None:
    """One row for each page of an outlet in an archive, and one for each query of an index that is under way."""
    db.executescript("""
        CREATE TABLE archived_captures (
            outlet TEXT NOT NULL,
            archive TEXT NOT NULL,      -- 'wayback' or 'commoncrawl'
            key TEXT NOT NULL,          -- of the page
            url TEXT NOT NULL,          -- as the archive has it
            captured TEXT NOT NULL,     -- the earliest capture
            warc TEXT,                  -- JSON: file, offset and length; NULL: the archive is asked by address and time
            attempts INTEGER NOT NULL DEFAULT 0,
            outcome TEXT,               -- NULL: it waits
            PRIMARY KEY (outlet, archive, key)
        ) WITHOUT ROWID;
        CREATE INDEX archived_captures_waiting ON archived_captures (outlet, archive, captured, key)
            WHERE outcome IS NULL;

        CREATE TABLE archive_queries (
            outlet TEXT NOT NULL,
            archive TEXT NOT NULL,
            query TEXT NOT NULL,        -- which crawl, host and time
            position TEXT,              -- where the index goes on; NULL: at its beginning
            is_finished INTEGER NOT NULL,
            PRIMARY KEY (outlet, archive, query)
        ) WITHOUT ROWID;
    """)
