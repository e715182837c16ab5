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


class ArticleNumber(TypedDict):
    """An article."""

    id: int


# The rule of db.site.local_time.day_of_article: an article with a day alone is of that day. The others are of the
# moments from :since on and before :until, which are the same days in the desk's zone.
_IN_PERIOD = f"""CASE
    WHEN it.published IS NOT NULL AND it.published_precision = 'day'
    THEN substr(it.published, 1, 10) BETWEEN :first_day AND :last_day
    ELSE {MOMENT} >= :since AND {MOMENT} < :until END"""

# Of the articles :ids (a JSON list), those of the period.
ARTICLES_OF_PERIOD = RowsOf[ArticleNumber](f"""
    SELECT it.id FROM json_each(:ids) AS given CROSS JOIN articles AS it ON it.id = given.value WHERE {_IN_PERIOD}
""")  # noqa: S608 -- a constant
# Of the stories of the articles :ids (a JSON list), within the period.
STORY_VOICES = RowsOf[StoryVoice](f"""
    SELECT s.story, it.outlet, count(*) AS articles
    FROM (
        SELECT DISTINCT one.story FROM json_each(:ids) AS given
        CROSS JOIN story_articles AS one ON one.article = given.value
    ) AS listed
    CROSS JOIN story_articles AS s ON s.story = listed.story
    CROSS JOIN articles AS it INDEXED BY articles_facets ON it.id = s.article
    WHERE it.original IS NULL AND {_IN_PERIOD}
    GROUP BY s.story, it.outlet ORDER BY s.story, it.outlet
""")  # noqa: S608 -- a constant
