"""Which articles can be taken out of their story: read by SQL for any articles, and of a whole story in hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db import migrations
from db.site.queries.story_rows import STORIES_OF, find_splittable

ARTICLES = 5


@pytest.fixture(scope="module")
def news() -> Iterator[Database]:
    db = Database(memory=True)
    migrations.news.apply(db)
    moment = "2026-11-22T15:00:00Z"
    for number in range(1, ARTICLES + 1):
        row: dict[str, Any] = {"url": f"https://faro.test/{number}", "outlet": "faro", "title": "", "text": ""}
        row |= {"words": 0, "text_sha256": "", "verdict": "relevant", "relevance": 1}
        db.table("articles").insert(row | {"first_seen": moment, "last_seen": moment})
    yield db
    db.conn.close()


@settings(max_examples=40)
@given(
    stories=st.lists(st.sampled_from((0, 1, 2)), min_size=ARTICLES, max_size=ARTICLES),
    originals=st.lists(st.none() | st.integers(1, ARTICLES), min_size=ARTICLES, max_size=ARTICLES),
)
def test_both_tell_the_same_articles(news: Database, stories: list[int], originals: list[int | None]) -> None:
    """A story of 0 is none. An original is an earlier article, which may stand in another story or in none."""
    family = {id_: one if one and one < id_ else None for id_, one in enumerate(originals, start=1)}
    with news.atomic():
        news.execute("DELETE FROM story_articles")
        for (id_, original), story in zip(family.items(), stories, strict=True):
            news.execute("UPDATE articles SET original = :original WHERE id = :id", {"original": original, "id": id_})
            if story:
                placed = {"article": id_, "story": story}
                news.execute("INSERT INTO story_articles VALUES (:article, :story, NULL, 'near')", placed)
    read = {row["article"] for row in news.query(STORIES_OF, {"ids": str(list(family))}) if row["may_split"]}
    members = [{id_: family[id_] for id_, of in zip(family, stories, strict=True) if of == story} for story in (1, 2)]
    assert read == set().union(*map(find_splittable, members))
