"""Add silent outlets."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def what_outlets_usually_bring(db: Database) -> None:
    """Add an outlet's usual rate and the start of its silence, written after each crawl of it.

    Notices, digests, `vigia status` and the reading room all read it here.
    """
    db.executescript("""
        -- The last sign of life of an outlet that is silent; NULL: it is not, or nobody watches it (pipelines.silence).
        ALTER TABLE outlets ADD COLUMN silent_since TEXT;
        -- Pages of whatever topic; NULL: too little of its past is known.
        ALTER TABLE outlets ADD COLUMN usual_per_day REAL;
    """)
