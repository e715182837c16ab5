"""Add all names of concepts."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def all_names_of_concepts(db: Database) -> None:
    """Add every name of a concept that the topic knows: the reading room marks them all in a text."""
    db.executescript("""
        -- JSON list, all languages together; written with the topic at each start.
        ALTER TABLE concepts ADD COLUMN names TEXT NOT NULL DEFAULT '[]';
    """)
