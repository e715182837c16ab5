"""Dates that are not credited."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def dates_that_outlets_claim(db: Database) -> None:
    """Dates that the copies of a story contradict: they decide nothing (db.copies.precedence)."""
    db.executescript("""
        -- Where `claimed` is set, `published` is NULL: the article stands where it was first seen.
        ALTER TABLE articles ADD COLUMN claimed TEXT;
        ALTER TABLE articles ADD COLUMN claimed_precision TEXT;
        -- What the source said that named the page; NULL: nothing.
        ALTER TABLE articles ADD COLUMN source_published TEXT;
    """)
