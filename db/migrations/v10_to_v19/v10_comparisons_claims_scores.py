"""Columns of articles and revisions: comparisons of versions, claimed dates, parts of scores."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def comparisons_of_versions(db: Database) -> None:
    """What the page of an article shows of a revision; NULL: the revision is older, the page compares by itself."""
    db.executescript("ALTER TABLE revisions ADD COLUMN comparison TEXT")


@news()
def dates_that_outlets_claim(db: Database) -> None:
    """Dates that the copies of a story contradict: they decide nothing (db.copies.precedence)."""
    db.executescript("""
        -- Where `claimed` is set, `published` is NULL: the article stands where it was first seen.
        ALTER TABLE articles ADD COLUMN claimed TEXT;
        ALTER TABLE articles ADD COLUMN claimed_precision TEXT;
        -- What the source said that named the page; NULL: nothing.
        ALTER TABLE articles ADD COLUMN source_published TEXT;
    """)


@news()
def parts_of_scores(db: Database) -> None:
    """Add `articles.score_parts`: JSON of db.model.verdict.ScoreParts, NULL where the rule alone decided."""
    db.execute("ALTER TABLE articles ADD COLUMN score_parts TEXT")
