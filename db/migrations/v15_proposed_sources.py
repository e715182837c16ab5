"""Sources that Vigía found for an outlet whose own ones all failed."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


@desk()
def proposals_for_outlets_whose_sources_fail(db: Database) -> None:
    """Each is proposed by `vigia status` and never taken without a person."""
    db.executescript("""
        CREATE TABLE proposed_sources (
            outlet TEXT PRIMARY KEY,
            looked_at TEXT NOT NULL,
            instead_of TEXT NOT NULL,   -- the failing sources, a JSON list of addresses
            found TEXT NOT NULL,        -- {"feed": [addresses], "sitemap": …}, without those of instead_of
            problem TEXT                -- why nothing could be found; NULL if the home page was read
        );
    """)
