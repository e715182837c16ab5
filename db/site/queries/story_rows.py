"""SQL of a story's page."""

from __future__ import annotations

from typing import TypedDict

from db.news.stories.rows import SQL_MOMENT
from db.search.statement import RowsOf

MOST_SHOWN = 300  # articles of a story


class StoryNumber(TypedDict):
    """The story that stands."""

    id: int


class StoryMember(TypedDict):
    """An article of a story, in the order of publication."""

    id: int
    title: str
    outlet: str
    language: str | None
    original: int | None
    published: str | None
    published_precision: str | None
    moment: str
    because: str


STANDING_STORY = RowsOf[StoryNumber]("SELECT coalesce(merged_into, id) AS id FROM stories WHERE id = :id")
STORY_OF = RowsOf[StoryNumber]("SELECT story AS id FROM story_articles WHERE article = :id")
STORY_MEMBERS = RowsOf[StoryMember](f"""
    SELECT a.id, a.title, a.outlet, a.language, a.original, a.published, a.published_precision,
        {SQL_MOMENT} AS moment, s.because
    FROM stories AS e CROSS JOIN story_articles AS s ON s.story = e.id CROSS JOIN articles AS a ON a.id = s.article
    WHERE e.id = :id
    ORDER BY a.id <> e.first_article, moment, a.original IS NOT NULL, a.id LIMIT {MOST_SHOWN}
""")  # noqa: S608 -- constants
