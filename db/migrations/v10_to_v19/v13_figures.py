"""A table for the quantities in texts."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def figures_of_articles(db: Database) -> None:
    """Articles from before have none until the archive is rebuilt."""
    db.executescript("""
        CREATE TABLE figures (
            id INTEGER PRIMARY KEY,
            article INTEGER NOT NULL REFERENCES articles(id),
            start INTEGER NOT NULL,     -- in characters of articles.text
            "end" INTEGER NOT NULL,
            surface TEXT NOT NULL,
            kind TEXT NOT NULL,         -- money, percent, distance, area, mass, volume, count, duration, power, date, …
            value,                      -- SI units, ISO 4217, percent as 0 to 100, a day as YYYY-MM-DD; NULL: a range
            low REAL,
            high REAL,
            unit TEXT NOT NULL,
            qualifier TEXT NOT NULL     -- '', approx, more_than, at_least, less_than, up_to, almost, range
        );
        CREATE INDEX idx_figures_article ON figures (article);
    """)
