"""A table for links by which people sign in."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


@desk()
def links_by_which_people_sign_in(db: Database) -> None:
    """A link is kept as a hash: desk.db, and a copy of it, signs nobody in."""
    db.executescript("""
        CREATE TABLE sign_in_links (
            hash TEXT PRIMARY KEY,      -- of the link's random token
            person TEXT NOT NULL,       -- their id in vigia.toml
            mail_mark TEXT NOT NULL,    -- of the address to which it was sent
            made_at TEXT NOT NULL,
            used_at TEXT
        ) WITHOUT ROWID;
        CREATE INDEX sign_in_links_person ON sign_in_links(person, made_at);
    """)
