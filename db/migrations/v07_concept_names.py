"""What concepts are called."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def all_names_of_concepts(db: Database) -> None:
    """The reading room marks concepts in a text by every name that the topic knows, not by the shown ones alone."""
    db.executescript("""
        -- JSON list, all languages together; written with the topic at each start.
        ALTER TABLE concepts ADD COLUMN names TEXT NOT NULL DEFAULT '[]';
    """)
