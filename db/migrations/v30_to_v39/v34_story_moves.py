"""A table of the articles that moved to another story."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def story_moves(db: Database) -> None:
    """What moved when another article made plain where it belongs; nothing is known of earlier versions."""
    db.executescript("""
        CREATE TABLE story_moves (
            id INTEGER PRIMARY KEY,
            article INTEGER NOT NULL,
            story_before INTEGER NOT NULL,
            story INTEGER NOT NULL,
            moved_at TEXT NOT NULL
        );
        CREATE INDEX story_moves_article ON story_moves(article);
        CREATE INDEX story_moves_story_before ON story_moves(story_before);
        CREATE INDEX story_moves_story ON story_moves(story);
    """)
