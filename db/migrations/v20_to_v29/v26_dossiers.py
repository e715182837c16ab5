"""Tables for dossiers: articles and stories that a person collects."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


@desk()
def dossiers_of_persons(db: Database) -> None:
    """An entry remembers what it names, so that it can be told when news.db has it no longer."""
    db.executescript("""
        CREATE TABLE dossiers (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            person TEXT NOT NULL,
            owner TEXT NOT NULL,            -- the person's name
            name TEXT NOT NULL,
            note TEXT NOT NULL DEFAULT '',
            tags TEXT NOT NULL DEFAULT '[]',
            is_shared INTEGER NOT NULL DEFAULT 0,
            made_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            deleted_at TEXT,
            change INTEGER NOT NULL DEFAULT 0,  -- how many changes there were
            undo TEXT                       -- JSON, what the last change replaced
        );
        CREATE INDEX dossiers_person ON dossiers(person);
        CREATE INDEX dossiers_shared ON dossiers(is_shared) WHERE is_shared;
        CREATE TABLE dossier_entries (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            dossier INTEGER NOT NULL REFERENCES dossiers(id) ON DELETE CASCADE,
            place INTEGER,                  -- from 1 on; NULL for one that the last change took out
            story INTEGER,                  -- NULL for an article alone
            article INTEGER NOT NULL,       -- the article, or one of the story's
            key TEXT NOT NULL,              -- of that article, as in news.db
            url TEXT NOT NULL,
            title TEXT NOT NULL,
            outlet TEXT NOT NULL,           -- its name
            note TEXT NOT NULL DEFAULT '',
            added_at TEXT NOT NULL
        );
        CREATE INDEX dossier_entries_dossier ON dossier_entries(dossier, place);
    """)
