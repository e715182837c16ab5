"""What a correction of stories changed, so that it can be undone."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def corrections_can_be_undone(db: Database) -> None:
    """Corrections from before have none, and stay."""
    db.execute("ALTER TABLE story_corrections ADD COLUMN undo TEXT")  # JSON, see db.news.stories.undo
