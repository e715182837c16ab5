"""How far each foreign WARC file was imported, and an index of what the desk found itself."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk, news


@desk()
def imports(db: Database) -> None:
    """One row for each file and way of reading it."""
    db.execute(
        """
        CREATE TABLE imports (
            identity TEXT PRIMARY KEY,
            file TEXT NOT NULL,
            records INTEGER NOT NULL,
            known_record INTEGER NOT NULL,
            known_offset INTEGER NOT NULL,
            counts TEXT NOT NULL,
            updated TEXT NOT NULL,
            finished TEXT
        ) WITHOUT ROWID
        """
    )


@news()
def index_of_found_articles(db: Database) -> None:
    """Without those of the past: an import can bring any number of them."""
    db.execute(
        "CREATE INDEX articles_outlet_found ON articles (outlet, coalesce(published, first_seen)) WHERE backfilled = 0"
    )
    db.execute("CREATE INDEX articles_found_first ON articles (first_seen) WHERE backfilled = 0")
