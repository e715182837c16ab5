"""The schema of version 0.1."""

from db.migrations.v01_to_v09 import (
    v01_first_tables,
    v02_marks_copies_query,
    v03_feeds_unsubscribes,
    v04_notices,
    v05_revision_alerts,
    v06_list_indexes,
    v07_concept_names,
    v08_silence,
    v09_prefixes,
)

__all__ = [
    "v01_first_tables",
    "v02_marks_copies_query",
    "v03_feeds_unsubscribes",
    "v04_notices",
    "v05_revision_alerts",
    "v06_list_indexes",
    "v07_concept_names",
    "v08_silence",
    "v09_prefixes",
]
