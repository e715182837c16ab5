"""What version 0.2 adds to the schema."""

from db.migrations.v10_to_v19 import (
    v10_comparisons_claims_scores,
    v11_sessions_and_sources,
    v12_stories,
    v13_figures,
    v14_list_indexes,
    v15_story_signatures,
    v16_edits,
    v17_divergences,
    v18_story_alerts,
    v19_copy_sources,
)

__all__ = [
    "v10_comparisons_claims_scores",
    "v11_sessions_and_sources",
    "v12_stories",
    "v13_figures",
    "v14_list_indexes",
    "v15_story_signatures",
    "v16_edits",
    "v17_divergences",
    "v18_story_alerts",
    "v19_copy_sources",
]
