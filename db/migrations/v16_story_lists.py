"""An index for the chart of stories."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def stories_by_their_beginning(db: Database) -> None:
    """Find the stories that stand by when they began, with the article whose outlet is counted."""
    db.execute("CREATE INDEX stories_began ON stories(began, id, first_article, merged_into) WHERE merged_into IS NULL")
