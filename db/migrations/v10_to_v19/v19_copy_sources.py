"""Tables for who took a text from whom, and for the sentences by which that is found."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def sources_of_copies(db: Database) -> None:
    """Groups of before are in `copy_pending`; the first crawl or service finds their sources, one group at a time."""
    db.executescript("""
        CREATE TABLE copy_sources (
            article INTEGER PRIMARY KEY,    -- a copy
            source INTEGER NOT NULL,        -- the version of which it kept most sentences
            outlet TEXT NOT NULL,
            source_outlet TEXT NOT NULL,
            moment TEXT NOT NULL,           -- when the copy was published, to the minute
            kept INTEGER NOT NULL,          -- sentences
            cut INTEGER NOT NULL,           -- of the source
            added INTEGER NOT NULL,
            is_sure INTEGER NOT NULL,       -- 1: the source was earlier, by the minute; 0: not known who was first
            is_credited INTEGER NOT NULL    -- 1: the copy names the outlet or an agency
        );
        CREATE INDEX copy_sources_source ON copy_sources (source);
        CREATE INDEX copy_sources_moment ON copy_sources (moment, source_outlet, outlet, is_sure, is_credited);
        -- Private: numbers of the sentences of articles that are copied or copies, 8 bytes each.
        CREATE TABLE copy_sentences (
            article INTEGER PRIMARY KEY,
            hashes BLOB NOT NULL
        );
        CREATE TABLE copy_pending (root INTEGER PRIMARY KEY);
        INSERT INTO copy_pending (root) SELECT DISTINCT original FROM articles WHERE original IS NOT NULL;
    """)
