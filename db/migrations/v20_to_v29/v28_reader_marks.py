"""Tables for what readers marked and why, and for their notes on corrections of stories."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


@desk()
def reader_marks(db: Database) -> None:
    """news.db has the mark that holds; who set it, why, and what held before stand here, for it is private."""
    db.executescript("""
        CREATE TABLE reader_marks (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            person TEXT NOT NULL,
            key TEXT NOT NULL,          -- of the page
            url TEXT NOT NULL,
            title TEXT NOT NULL,
            verdict TEXT NOT NULL,      -- relevant or irrelevant
            note TEXT NOT NULL,         -- '' for none
            marked_at TEXT NOT NULL,
            was TEXT NOT NULL,          -- the article's verdict before
            previous TEXT,              -- the verdict of the mark that it replaced
            undone_at TEXT
        );
        CREATE INDEX reader_marks_key ON reader_marks(key, id);
        CREATE INDEX reader_marks_person ON reader_marks(person, id);
        CREATE TABLE correction_notes (
            key TEXT NOT NULL,          -- of the article that the correction of a story names first
            made_at TEXT NOT NULL,
            person TEXT NOT NULL,
            note TEXT NOT NULL,
            PRIMARY KEY (key, made_at, person)
        ) WITHOUT ROWID;
    """)
