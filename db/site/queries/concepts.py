"""SQL of concepts: how often each was named lately, counted in an index, and all names of some."""

from __future__ import annotations

# Concepts that any article names, with how many do that were read after one
# (:after, see db.site.queries.subscription_preview.ID_BEFORE).
NAMED_LATELY = """
    SELECT c.id, (
        SELECT count(*) FROM mentions AS m INDEXED BY mentions_concept_article
        WHERE m.concept = c.id AND m.article > :after
    ) AS recent
    FROM concepts AS c
    WHERE EXISTS (SELECT 1 FROM mentions AS m INDEXED BY mentions_concept_article WHERE m.concept = c.id)
"""

# All that some concepts (:ids, a JSON list) are called; countries, which nearly every sentence names, are left out.
NAMES_OF = """
    SELECT c.id, c.names, c.name_en, c.name_es, c.name_zh
    FROM json_each(:ids) AS chosen CROSS JOIN concepts AS c ON c.id = chosen.value
    WHERE coalesce(c.kind, '') <> 'country'
"""

__all__ = ["NAMED_LATELY", "NAMES_OF"]
