"""What version 0.2 adds to the schema, continued."""

from db.migrations.v20_to_v29 import (
    v20_undone_corrections,
    v21_kinds_of_divergences,
    v22_correction_numbers,
    v23_briefings,
    v24_planned_briefings,
    v25_sign_in_links,
    v26_dossiers,
    v27_imports,
    v28_reader_marks,
    v29_edits_by_day,
)

__all__ = [
    "v20_undone_corrections",
    "v21_kinds_of_divergences",
    "v22_correction_numbers",
    "v23_briefings",
    "v24_planned_briefings",
    "v25_sign_in_links",
    "v26_dossiers",
    "v27_imports",
    "v28_reader_marks",
    "v29_edits_by_day",
]
