"""An index of edits by when they were seen, for the edits between two days."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def edits_are_found_by_day(db: Database) -> None:
    """The list of edits between two days, and the trifles among them, are read from this index alone."""
    db.execute("CREATE INDEX edits_seen ON edits (seen_at, revision, kinds, outlet)")
