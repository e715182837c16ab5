"""SQL of a story's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from db.news.stories.rows import SQL_MOMENT, SQL_SAME_MOMENT
from db.news.stories.undo import SQL_CORRECTIONS_OF, SQL_NEWEST_FIRST
from db.search.statement import RowsOf

MOST_SHOWN = 300  # articles of a story
MOST_MOVES = 20
MOST_CORRECTIONS = 10


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


class StoryOfArticle(TypedDict):
    """The story of an article. may_split: 1 if the article can be taken out of it, with its copies; else 0."""

    article: int
    story: int
    may_split: int


class MoveRow(TypedDict):
    """An article that came to a story from another one, or left it for another one, by its likeness."""

    title: str
    language: str | None
    has_come: int  # 0 or 1
    other: int  # the story that it came from, or is in now
    moved_at: str


class CorrectionRow(TypedDict):
    """What an analyst decided on a story: kind "join" or "split", of the article `title` and of `other_title`."""

    id: int
    kind: str
    key: str  # of that article
    made_at: str
    may_undo: int  # 0 or 1
    title: str
    other_title: str | None


# Of the articles :ids (a JSON list), the newest first.
CORRECTIONS_OF = RowsOf[CorrectionRow](f"""
    SELECT c.id, c.kind, c.key, c.made_at, c.undo IS NOT NULL AS may_undo, a.title, b.title AS other_title
    FROM ({SQL_CORRECTIONS_OF}) AS found CROSS JOIN story_corrections AS c ON c.id = found.id
    JOIN articles AS a ON a.key = c.key LEFT JOIN articles AS b ON b.key = c.other_key
    ORDER BY {SQL_NEWEST_FIRST} LIMIT {MOST_CORRECTIONS}
""")  # noqa: S608 -- constants
# Of the story :id, the latest first.
MOVES_OF = RowsOf[MoveRow](f"""
    SELECT a.title, a.language, 1 AS has_come, m.story_before AS other, max(m.moved_at) AS moved_at
    FROM story_moves AS m CROSS JOIN story_articles AS s ON s.article = m.article AND s.story = :id
    CROSS JOIN articles AS a ON a.id = m.article WHERE m.story = :id GROUP BY a.id
    UNION ALL
    SELECT a.title, a.language, 0, s.story, max(m.moved_at)
    FROM story_moves AS m CROSS JOIN story_articles AS s ON s.article = m.article AND s.story <> :id
    CROSS JOIN articles AS a ON a.id = m.article WHERE m.story_before = :id GROUP BY a.id
    ORDER BY moved_at DESC LIMIT {MOST_MOVES}
""")  # noqa: S608 -- the constant
STANDING_STORY = RowsOf[StoryNumber]("SELECT coalesce(merged_into, id) AS id FROM stories WHERE id = :id")
STORY_OF = RowsOf[StoryNumber]("SELECT story AS id FROM story_articles WHERE article = :id")
# Of the articles :ids (a JSON list). A copy stays with its original, and what is alone needs no taking out.
STORIES_OF = RowsOf[StoryOfArticle]("""
    SELECT s.article, s.story,
        NOT EXISTS (SELECT 1 FROM story_articles WHERE article = a.original AND story = s.story)
        AND EXISTS (
            SELECT 1 FROM story_articles AS o CROSS JOIN articles AS b ON b.id = o.article
            WHERE o.story = s.story AND o.article <> s.article
                AND NOT EXISTS (SELECT 1 FROM story_articles WHERE article = b.original AND story = s.story)
        ) AS may_split
    FROM json_each(:ids) AS page CROSS JOIN story_articles AS s ON s.article = page.value
    CROSS JOIN articles AS a ON a.id = s.article
""")
STORY_MEMBERS = RowsOf[StoryMember](f"""
    SELECT a.id, a.title, a.outlet, a.language, a.original, a.published, a.published_precision,
        {SQL_MOMENT} AS moment, s.because
    FROM stories AS e CROSS JOIN story_articles AS s ON s.story = e.id CROSS JOIN articles AS a ON a.id = s.article
    WHERE e.id = :id
    ORDER BY a.id <> e.first_article, moment, {SQL_SAME_MOMENT} LIMIT {MOST_SHOWN}
""")  # noqa: S608 -- constants


def find_splittable(originals: Mapping[int, int | None]) -> set[int]:
    """Return the articles of a story that can be taken out of it, as STORIES_OF tells.

    originals: of all its articles the id, with that of the original if it is a copy.
    """
    found = {article for article, original in originals.items() if original not in originals}
    return found if len(found) > 1 else set()
