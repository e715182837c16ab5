"""The schema of both databases, append-only: a migration that has shipped is never edited (sqlite_utils.Migrations).

`news.db` may be published, `desk.db` is private; column names are an interface, columns may be added freely.
Migrations run in the order of the modules' names, and within a module from its top: a new one gets the next number.
"""

from db.migrations import (
    v01_first_tables,
    v02_marks_copies_query,
    v03_feeds_unsubscribes,
    v04_notices,
    v05_revision_alerts,
    v06_list_indexes,
    v07_concept_names,
    v08_silence,
    v09_prefixes,
    v10_comparisons_claims_scores,
    v11_sessions_and_sources,
    v12_stories,
    v13_figures,
    v14_rejections_by_outlet,
    v15_story_signatures,
    v16_story_lists,
    v17_edits,
    v18_divergences,
    v19_story_alerts,
    v20_copy_sources,
    v21_undone_corrections,
    v22_figure_alerts,
)
from db.migrations.sets import desk, news

__all__ = [
    "desk",
    "news",
    "v01_first_tables",
    "v02_marks_copies_query",
    "v03_feeds_unsubscribes",
    "v04_notices",
    "v05_revision_alerts",
    "v06_list_indexes",
    "v07_concept_names",
    "v08_silence",
    "v09_prefixes",
    "v10_comparisons_claims_scores",
    "v11_sessions_and_sources",
    "v12_stories",
    "v13_figures",
    "v14_rejections_by_outlet",
    "v15_story_signatures",
    "v16_story_lists",
    "v17_edits",
    "v18_divergences",
    "v19_story_alerts",
    "v20_copy_sources",
    "v21_undone_corrections",
    "v22_figure_alerts",
]
