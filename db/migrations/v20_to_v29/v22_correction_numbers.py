"""Numbers of corrections are never given again: a page that was opened earlier names one by its number."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def corrections_keep_their_numbers(db: Database) -> None:
    """Corrections keep the numbers that they have."""
    db.executescript("""
        CREATE TABLE numbered_corrections (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,         -- join, split
            key TEXT NOT NULL,
            other_key TEXT,             -- of join
            made_at TEXT NOT NULL,
            undo TEXT                   -- JSON, see db.news.stories.undo
        );
        INSERT INTO numbered_corrections (id, kind, key, other_key, made_at, undo)
        SELECT id, kind, key, other_key, made_at, undo FROM story_corrections;
        DROP TABLE story_corrections;
        ALTER TABLE numbered_corrections RENAME TO story_corrections;
        CREATE INDEX story_corrections_key ON story_corrections(key);
        CREATE INDEX story_corrections_other_key ON story_corrections(other_key);
    """)
