"""SQL of briefings."""

from __future__ import annotations

from typing import TypedDict

from db.search.filters import MOMENT
from db.search.statement import RowsOf


class StoryVoice(TypedDict):
    """An outlet that tells a story in words of its own, with how many originals, within a period."""

    story: int
    outlet: str
    articles: int


# Of the stories of the articles :ids (a JSON list), from :since on and before :until.
STORY_VOICES = RowsOf[StoryVoice](f"""
    SELECT s.story, it.outlet, count(*) AS articles
    FROM (
        SELECT DISTINCT one.story FROM json_each(:ids) AS given
        CROSS JOIN story_articles AS one ON one.article = given.value
    ) AS listed
    CROSS JOIN story_articles AS s ON s.story = listed.story
    CROSS JOIN articles AS it INDEXED BY articles_facets ON it.id = s.article
    WHERE it.original IS NULL AND {MOMENT} >= :since AND {MOMENT} < :until
    GROUP BY s.story, it.outlet ORDER BY s.story, it.outlet
""")  # noqa: S608 -- a constant
