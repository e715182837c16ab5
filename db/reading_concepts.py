"""What the reading room says of concepts: how often each was named lately, counted in an index alone."""

from __future__ import annotations

# Concepts that any article names, with how many do that were read after one (:after, see db.reading_saving.BEFORE).
NAMED_LATELY = """
    SELECT c.id, (
        SELECT count(*) FROM mentions AS m INDEXED BY mentions_concept_article
        WHERE m.concept = c.id AND m.article > :after
    ) AS recent
    FROM concepts AS c
    WHERE EXISTS (SELECT 1 FROM mentions AS m INDEXED BY mentions_concept_article WHERE m.concept = c.id)
"""

__all__ = ["NAMED_LATELY"]
