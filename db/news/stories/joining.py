"""Put an article into the story that it tells: by its original, by an analyst's word, by its likeness.

How alike two articles are is decided by a `StoryMatcher`, which the caller gives: pipelines.stories.matcher. Without
one, and for an article without a wording, every article begins a story, and `story_pending` remembers it.
"""

from __future__ import annotations

import datetime as dt
import itertools

from sqlite_utils import Database

from db.model.story_wording import StoryWording
from db.model.times import read_stamp
from db.news.stories.corrections import apply_joins, find_split_stories, is_split, stand_apart
from db.news.stories.grouping import link
from db.news.stories.regrouping import NearStory, regroup
from db.news.stories.rows import (
    add_to_story,
    begin_story,
    find_group_elsewhere,
    find_publication_moment,
    find_story,
    find_story_of_group,
    refresh_story,
)
from db.news.stories.story_divergences import refresh_divergences
from db.news.stories.wordings import (
    StoredWording,
    StoryMatcher,
    read_heads,
    read_signatures,
    read_story_members,
    remove_wording,
    remove_wordings_of_copies,
    save_wording,
)

_MAX_COMPARED = 160  # articles with which one is compared, of the likeliest stories
MAX_NEAR = 5  # stories that are compared with each other, too
NEAR_LOGITS = 3.0  # below the threshold: what the article is less like is not near


def join_article(
    db: Database,
    article_id: int,
    *,
    wording: StoryWording | None,
    matcher: StoryMatcher | None,
    now: dt.datetime,
) -> int:
    """Put an article that was just written into a story, and return that; runs in the caller's transaction.

    An article that shares its story with others stays there: only what stands alone is compared again.
    """
    (original,) = db.execute("SELECT original FROM articles WHERE id = :id", {"id": article_id}).fetchone()
    if original is None and wording is not None:
        save_wording(db, article_id, wording, moment=find_publication_moment(db, article_id), now=now)
    elif original is not None:
        remove_wording(db, article_id)
    is_compared = original is not None or (wording is not None and matcher is not None)
    if is_compared:
        db.execute("DELETE FROM story_pending WHERE article = :id", {"id": article_id})
    else:
        db.execute("INSERT INTO story_pending (article) VALUES (:id) ON CONFLICT DO NOTHING", {"id": article_id})
    story = (
        stand_apart(db, article_id)
        if is_split(db, article_id)
        else _find_place(db, article_id, original, wording, matcher, now=now)
    )
    refresh_divergences(db, now=now)
    return story


def _find_place(
    db: Database,
    article_id: int,
    original: int | None,
    wording: StoryWording | None,
    matcher: StoryMatcher | None,
    *,
    now: dt.datetime,
) -> int:
    """Find the story of an article that nobody split off, and return it."""
    is_known = find_story(db, article_id) is not None
    _join_copies(db, article_id, original)
    story = find_story(db, article_id)
    if is_known and story is not None:
        refresh_story(db, story)  # the article's date may have changed
    if original is None and wording is not None and matcher is not None and not is_in_company(db, article_id, story):
        one = StoredWording(article=article_id, at=read_stamp(find_publication_moment(db, article_id)), wording=wording)
        story = _join_alike(db, one, story, matcher, now=now)
    if story is None:
        begin_story(db, article_id)
    apply_joins(db, article_id)
    story = find_story(db, article_id)
    if story is None:
        raise RuntimeError(f"article {article_id} is in no story")
    return story


def is_in_company(db: Database, article_id: int, story: int | None) -> bool:
    """True if a story has more than one article with its copies."""
    row = db.execute(
        """
        SELECT 1 FROM story_articles AS s CROSS JOIN articles AS a ON a.id = s.article
        WHERE s.story = :story AND s.article <> :id AND a.original IS NOT :id LIMIT 1
        """,
        {"story": story, "id": article_id},
    ).fetchone()
    return row is not None


def _join_copies(db: Database, article_id: int, original: int | None) -> None:
    """Bring an article, its original and its copies into one story: the original's, if it is in one."""
    root = article_id if original is None else original
    story = find_story_of_group(db, root)
    if story is None and root == article_id:
        return
    if story is None:
        story = begin_story(db, root)
    for id_, similarity in find_group_elsewhere(db, root, story):
        add_to_story(db, id_, story, because="copy", similarity=similarity)
    remove_wordings_of_copies(db, root)


def _join_alike(
    db: Database, one: StoredWording, story: int | None, matcher: StoryMatcher, *, now: dt.datetime
) -> int | None:
    """Join the stories that are alike enough, if there are any; return the article's story, None if it has none."""
    found, threshold = _compare(db, one, matcher, excluding=story)
    near = [like for like in found if like.likeness >= threshold - NEAR_LOGITS][:MAX_NEAR]
    if any(logit >= threshold for like in near for logit in like.logits):
        regroup(db, one, story, near, matcher, threshold=threshold, now=now)
    return find_story(db, one.article)


def _compare(
    db: Database, one: StoredWording, matcher: StoryMatcher, *, excluding: int | None
) -> tuple[list[NearStory], float]:
    """Return the stories around an article, the likeliest first, and the logit from which it joins one."""
    around = read_signatures(db, at=one.at, window=matcher.window, encoder=matcher.encoder)
    heads = read_heads(db, matcher.choose(one.wording, around), excluding=excluding)
    split = find_split_stories(db)
    nearest: dict[int, int] = {}
    for place in matcher.rank(one.wording, heads):
        nearest.setdefault(heads[place].story, heads[place].article)
    members: dict[int, list[StoredWording]] = {}
    compared: list[StoredWording] = []
    for story, article in nearest.items():
        if story not in split and len(compared) < _MAX_COMPARED:
            members[story] = read_story_members(db, story, beside=article, at=one.at, encoder=matcher.encoder)
            compared += members[story]
    logits = iter(matcher.score(one, compared))
    found = [
        NearStory(link(likeness), story, told, likeness)
        for story, told in members.items()
        if told and (likeness := list(itertools.islice(logits, len(told))))
    ]
    return sorted(found, key=lambda like: (-like.likeness, like.story)), matcher.find_threshold(len(around))
