"""The stories of articles, as what a reader was told of is compared with them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Set
from typing import NamedTuple

from sqlite_utils import Database
from sqlite_utils.utils import chunks

_BATCH = 500  # articles that are looked up at once
_MAX_KEYS = 1_000  # articles of a story


class ArticleStory(NamedTuple):
    """A story that stands, the numbers that lead to it, and the keys of its articles.

    Of a story of more than _MAX_KEYS articles it has those that were stored first: of these a reader was told.
    """

    story: int
    numbers: tuple[int, ...]
    keys: tuple[str, ...]


def read_article_stories(db: Database, articles: Iterable[int]) -> dict[int, ArticleStory]:
    """Return the story of each of these articles, by the article's id."""
    stories: dict[int, ArticleStory] = {}
    found: dict[int, ArticleStory] = {}
    for batch in chunks(articles, _BATCH):
        story_of: dict[int, int] = dict(
            db.execute(
                """
                SELECT s.article, s.story FROM json_each(:articles) AS wanted
                CROSS JOIN story_articles AS s ON s.article = wanted.value
                """,
                {"articles": json.dumps(list(batch))},
            ).fetchall()
        )
        if new := set(story_of.values()) - stories.keys():
            stories |= _read_stories(db, new)
        found |= {article: stories[story] for article, story in story_of.items()}
    return found


def _read_stories(db: Database, wanted: Set[int]) -> dict[int, ArticleStory]:
    asked = {"stories": json.dumps(sorted(wanted)), "most": _MAX_KEYS}
    merged = db.execute(
        """
        SELECT e.merged_into, e.id FROM json_each(:stories) AS wanted
        CROSS JOIN stories AS e ON e.merged_into = wanted.value AND e.merged_into IS NOT NULL
        """,
        asked,
    ).fetchall()
    members = db.execute(
        """
        SELECT s.story, coalesce(a.key, a.url) FROM json_each(:stories) AS wanted
        CROSS JOIN story_articles AS s ON +s.story = wanted.value AND s.article IN (
            SELECT article FROM story_articles WHERE story = wanted.value ORDER BY article LIMIT :most
        )
        CROSS JOIN articles AS a ON a.id = s.article ORDER BY s.story, s.article
        """,
        asked,
    ).fetchall()
    numbers: dict[int, list[int]] = {story: [story] for story in wanted}
    keys: dict[int, list[str]] = {story: [] for story in wanted}
    for story, number in merged:
        numbers[story].append(number)
    for story, key in members:
        keys[story].append(key)
    return {story: ArticleStory(story, tuple(numbers[story]), tuple(keys[story])) for story in numbers}
