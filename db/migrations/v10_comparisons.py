"""Comparisons of versions."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def comparisons_of_versions(db: Database) -> None:
    """What the page of an article shows of a revision; NULL: the revision is older, the page compares by itself."""
    db.executescript("ALTER TABLE revisions ADD COLUMN comparison TEXT")
