"""Who fell silent."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def what_outlets_usually_bring(db: Database) -> None:
    """One verdict for notices, digests, `vigia status` and the reading room, written after each look at an outlet."""
    db.executescript("""
        -- The last sign of life of an outlet that is silent; NULL: it is not, or nobody watches it (pipelines.silence).
        ALTER TABLE outlets ADD COLUMN silent_since TEXT;
        -- Pages of whatever topic; NULL: too little of its past is known.
        ALTER TABLE outlets ADD COLUMN usual_per_day REAL;
    """)
