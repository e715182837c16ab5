"""What kind of file an article was read from."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def article_formats(db: Database) -> None:
    """Add `articles.format`; all articles of before are of HTML."""
    db.execute("ALTER TABLE articles ADD COLUMN format TEXT")
