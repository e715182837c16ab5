"""The stories of many articles, and of long stories, are read in bounded parts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlite_utils import Database

from db import migrations
from db.news.stories import told_stories
from db.news.stories.told_stories import ArticleStory, read_article_stories
from tests.fixtures.story_desk import make_article, store


@pytest.fixture
def told() -> Database:
    """A story of five articles and one of a single article."""
    db = Database(memory=True)
    migrations.news.apply(db)
    for name, event in (
        ("a", "crane"),
        ("b", "crane"),
        ("c", "strike"),
        ("d", "crane"),
        ("e", "crane"),
        ("f", "crane"),
    ):
        store(db, make_article(name, event))
    return db


def test_of_a_long_story_the_articles_that_were_read_first_are_returned(
    told: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tuple(f"{name}.test/1" for name in "abdef")
    assert read_article_stories(told, [6, 3]) == {
        6: ArticleStory(1, (1,), keys),
        3: ArticleStory(3, (3,), ("c.test/1",)),
    }
    monkeypatch.setattr(told_stories, "_MAX_KEYS", 3)
    assert read_article_stories(told, [6])[6].keys == keys[:3]


def test_many_articles_are_looked_up_in_parts_with_one_story_in_all(
    told: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read_article_stories(told, range(1, 7))
    monkeypatch.setattr(told_stories, "_BATCH", 2)
    asked: list[dict[str, Any]] = []
    with told.tracer(lambda _, parameters: asked.append(parameters)):
        assert read_article_stories(told, iter(range(1, 7))) == whole
    assert {len(json.loads(ids)) for parameters in asked for ids in parameters.values() if isinstance(ids, str)} <= {
        1,
        2,
    }
    assert sum("stories" in parameters for parameters in asked) == 2 * 2, "no story is read twice"
