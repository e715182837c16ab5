"""What analysts decided on stories. It wins over every likeness, now and at every rebuild, so it names pages."""

from __future__ import annotations

import datetime as dt
import json

from sqlite_utils import Database

from db.model.times import stamp
from db.news.stories.rows import add_to_story, find_copies, find_story, merge_stories, part_from_story
from db.news.stories.story_divergences import refresh_divergences
from db.news.stories.undo import record_changes, take_corrections


def join_stories(db: Database, one: int, other: int, *, now: dt.datetime) -> int:
    """Merge the stories of two articles for good, and return the story that stands.

    Takes back that these articles, or the originals that they copy, stand apart.
    """
    with db.atomic():
        keys = {"key": _find_key(db, one), "other": _find_key(db, other)}
        removed = take_corrections(db, kind="split", keys=[*keys.values(), *_find_original_keys(db, one, other)])
        stories = sorted({story for id_ in (one, other) if (story := find_story(db, id_)) is not None})
        goes = stories[-1]  # merge_stories keeps the older number
        moved = _find_members(db, goes) if len(stories) > 1 else []
        db.execute(
            """
            INSERT INTO story_corrections (kind, key, other_key, made_at, undo)
            VALUES ('join', :key, :other, :at, :undo)
            """,
            keys | {"at": stamp(now), "undo": record_changes(db, goes, moved, removed=removed)},
        )
        story = _merge(db, one, other)
        refresh_divergences(db, now=now)
        return story


def split_story(db: Database, article_id: int, *, now: dt.datetime) -> int:
    """Take an article and its copies out of its story for good, and return the story that they begin.

    No other article joins that one, until an analyst joins them. One that stands apart already is left as it is.
    """
    with db.atomic():
        before = find_story(db, article_id) or 0
        moved = [article_id, *find_copies(db, article_id)]
        if is_split(db, article_id) and _find_members(db, before) == sorted(moved):
            return before
        key = _find_key(db, article_id)
        removed = take_corrections(db, kind="", keys=[key])
        db.execute(
            "INSERT INTO story_corrections (kind, key, made_at, undo) VALUES ('split', :key, :at, :undo)",
            {"key": key, "at": stamp(now), "undo": record_changes(db, before, moved, removed=removed)},
        )
        story = stand_apart(db, article_id)
        refresh_divergences(db, now=now)
        return story


def stand_apart(db: Database, article_id: int) -> int:
    """Give an article and its copies a story without any other article; runs in the caller's transaction."""
    story = find_story(db, article_id)
    group = {article_id, *find_copies(db, article_id)}
    if story is not None and not _has_others(db, story, group):
        apart = story
    else:
        apart = part_from_story(db, article_id, because="analyst")
    for copy in sorted(group - {article_id}):
        if find_story(db, copy) != apart:
            add_to_story(db, copy, apart, because="copy")
    return apart


def is_split(db: Database, article_id: int) -> bool:
    """True if an analyst said that the article stands apart."""
    row = db.execute(
        """
        SELECT 1 FROM articles AS a JOIN story_corrections AS c ON c.key = a.key
        WHERE a.id = :id AND c.kind = 'split' LIMIT 1
        """,
        {"id": article_id},
    ).fetchone()
    return row is not None


def find_split_stories(db: Database) -> set[int]:
    """Return the stories that nothing may join by its likeness."""
    rows = db.execute(
        """
        SELECT s.story FROM story_corrections AS c CROSS JOIN articles AS a ON a.key = c.key
        CROSS JOIN story_articles AS s ON s.article = a.id WHERE c.kind = 'split'
        """
    )
    return {int(story) for (story,) in rows}


def apply_joins(db: Database, article_id: int) -> None:
    """Merge an article's story with those that analysts joined it to; runs in the caller's transaction."""
    rows = db.execute(
        """
        SELECT b.id FROM articles AS a JOIN story_corrections AS c ON a.key IN (c.key, c.other_key)
        JOIN articles AS b ON b.key = CASE a.key WHEN c.key THEN c.other_key ELSE c.key END
        WHERE a.id = :id AND c.kind = 'join' ORDER BY c.id
        """,
        {"id": article_id},
    ).fetchall()
    for (other,) in rows:
        if find_story(db, other) is not None:
            _merge(db, article_id, other)


def _merge(db: Database, one: int, other: int) -> int:
    stories = [find_story(db, id_) for id_ in (one, other)]
    if stories[0] is None or stories[1] is None:
        raise ValueError(f"article {one} or {other} is in no story")
    if stories[0] == stories[1]:
        return stories[0]
    return merge_stories(db, stories[0], stories[1], because="analyst")


def _find_members(db: Database, story: int) -> list[int]:
    rows = db.execute("SELECT article FROM story_articles WHERE story = :story ORDER BY article", {"story": story})
    return [int(article) for (article,) in rows]


def _has_others(db: Database, story: int, group: set[int]) -> bool:
    return any(article not in group for article in _find_members(db, story))


def _find_key(db: Database, article_id: int) -> str:
    (key,) = db.execute("SELECT key FROM articles WHERE id = :id", {"id": article_id}).fetchone()
    return str(key)


def _find_original_keys(db: Database, *articles: int) -> list[str]:
    """Return the keys of the originals of those articles that are copies."""
    rows = db.execute(
        """
        SELECT original.key FROM json_each(:articles) AS wanted
        CROSS JOIN articles AS a ON a.id = wanted.value CROSS JOIN articles AS original ON original.id = a.original
        """,
        {"articles": json.dumps(articles)},
    )
    return [str(key) for (key,) in rows]
