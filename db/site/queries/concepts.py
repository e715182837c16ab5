"""SQL of concepts: recent mentions of each, counted in an index, and all names of some concepts."""

from __future__ import annotations

from typing import TypedDict

from db.search.statement import RowsOf


class RecentMentions(TypedDict):
    """A row of NAMED_LATELY."""

    id: str
    recent: int


class TopicNames(TypedDict):
    """A row of NAMES_OF."""

    id: str
    names: str | None


# Concepts that any article names, with the number of articles with an id above :after that name them
# (see db.site.queries.subscription_preview.ID_BEFORE).
NAMED_LATELY = RowsOf[RecentMentions]("""
    SELECT c.id, (
        SELECT count(*) FROM mentions AS m INDEXED BY mentions_concept_article
        WHERE m.concept = c.id AND m.article > :after
    ) AS recent
    FROM concepts AS c
    WHERE EXISTS (SELECT 1 FROM mentions AS m INDEXED BY mentions_concept_article WHERE m.concept = c.id)
""")

# All names that the topic gives to some concepts (:ids, a JSON list), each as a JSON list; without countries, which
# nearly every sentence names.
NAMES_OF = RowsOf[TopicNames]("""
    SELECT c.id, c.names
    FROM json_each(:ids) AS chosen CROSS JOIN concepts AS c ON c.id = chosen.value
    WHERE coalesce(c.kind, '') <> 'country'
""")

__all__ = ["NAMED_LATELY", "NAMES_OF"]
