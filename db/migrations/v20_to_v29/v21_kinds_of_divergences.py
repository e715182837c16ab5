"""Words beside a figure that say why it is another one than elsewhere."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def scopes_tell_why_figures_differ(db: Database) -> None:
    """The next session writes the scopes anew; figures from before have theirs when the archive is rebuilt."""
    db.execute("ALTER TABLE scopes ADD COLUMN tells TEXT NOT NULL DEFAULT ''")  # 'update', 'sources'
