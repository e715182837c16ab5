"""The stories of articles, as what a reader was told of is compared with them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from sqlite_utils import Database


class ArticleStory(NamedTuple):
    """A story that stands, the numbers that lead to it, and the keys of its articles."""

    story: int
    numbers: tuple[int, ...]
    keys: tuple[str, ...]


def read_article_stories(db: Database, articles: Iterable[int]) -> dict[int, ArticleStory]:
    """Return the story of each of these articles, by the article's id."""
    story_of: dict[int, int] = dict(
        db.execute(
            """
            SELECT s.article, s.story FROM json_each(:articles) AS wanted
            CROSS JOIN story_articles AS s ON s.article = wanted.value
            """,
            {"articles": json.dumps(list(articles))},
        ).fetchall()
    )
    stories = {"stories": json.dumps(sorted(set(story_of.values())))}
    merged = db.execute(
        """
        SELECT e.merged_into, e.id FROM json_each(:stories) AS wanted
        CROSS JOIN stories AS e ON e.merged_into = wanted.value AND e.merged_into IS NOT NULL
        """,
        stories,
    ).fetchall()
    members = db.execute(
        """
        SELECT s.story, coalesce(a.key, a.url) FROM json_each(:stories) AS wanted
        CROSS JOIN story_articles AS s ON s.story = wanted.value CROSS JOIN articles AS a ON a.id = s.article
        """,
        stories,
    ).fetchall()
    numbers: dict[int, list[int]] = {story: [story] for story in story_of.values()}
    keys: dict[int, list[str]] = {story: [] for story in story_of.values()}
    for story, number in merged:
        numbers[story].append(number)
    for story, key in members:
        keys[story].append(key)
    found = {story: ArticleStory(story, tuple(numbers[story]), tuple(keys[story])) for story in numbers}
    return {article: found[story] for article, story in story_of.items()}
