"""Tables of readers' apps: their keys, and what was read and starred in them."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


@desk()
def apps_of_readers(db: Database) -> None:
    """An article up to `read_upto` is read, one after it unread, unless `read_articles` says otherwise."""
    db.executescript("""
        CREATE TABLE device_keys (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            hash TEXT NOT NULL UNIQUE,  -- the key itself is not stored
            person TEXT NOT NULL,       -- an id of [[person]], or 'local'
            name TEXT NOT NULL,         -- of the device or app, as its reader calls it
            language TEXT NOT NULL,     -- of the labels that the app shows
            mail_mark TEXT NOT NULL,    -- of the person's mail address; '' without one
            password_mark TEXT NOT NULL,    -- of the desk's password; '' without one
            made_at TEXT NOT NULL,
            used_on TEXT                -- the last day of use
        );
        CREATE INDEX device_keys_person ON device_keys(person);
        CREATE TABLE reading_progress (
            person TEXT PRIMARY KEY,
            read_upto INTEGER NOT NULL  -- an id of news.db's articles
        ) WITHOUT ROWID;
        CREATE TABLE read_articles (
            person TEXT NOT NULL,
            article INTEGER NOT NULL,   -- an id of news.db's articles
            is_read INTEGER NOT NULL,
            PRIMARY KEY (person, article)
        ) WITHOUT ROWID;
        CREATE TABLE starred_articles (
            person TEXT NOT NULL,
            key TEXT NOT NULL,          -- as articles.key in news.db
            starred_at TEXT NOT NULL,
            PRIMARY KEY (person, key)
        ) WITHOUT ROWID;
    """)
