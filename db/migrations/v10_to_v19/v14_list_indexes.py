"""Indexes: of rejections by outlet and time, of stories for their chart."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def rejections_of_an_outlet_by_time(db: Database) -> None:
    """The pages of some outlets that were rejected in a period are looked up (db.site.components.absent_groups)."""
    db.executescript("""
        CREATE INDEX rejections_outlet_seen ON rejections(outlet, seen_at);
        DROP INDEX rejections_outlet;
    """)


@news()
def stories_by_their_beginning(db: Database) -> None:
    """Find the stories that stand by when they began, with the article whose outlet is counted."""
    db.execute("CREATE INDEX stories_began ON stories(began, id, first_article, merged_into) WHERE merged_into IS NULL")
