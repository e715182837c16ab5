"""What a learned score is the sum of."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def parts_of_scores(db: Database) -> None:
    """Add `articles.score_parts`: JSON of db.model.verdict.ScoreParts, NULL where the rule alone decided."""
    db.execute("ALTER TABLE articles ADD COLUMN score_parts TEXT")
