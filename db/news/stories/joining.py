"""Put an article into the story that it tells: by its original, by an analyst's word, by its likeness.

How alike two articles are is decided by a `StoryMatcher`, which the caller gives: pipelines.stories.matcher. Without
one, and for an article without a wording, every article begins a story, and `story_pending` remembers it.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from sqlite_utils import Database

from db.model.story_wording import StoryWording
from db.model.times import read_stamp
from db.news.stories.corrections import apply_joins, find_split_stories, is_split, stand_apart
from db.news.stories.rows import (
    add_to_story,
    begin_story,
    find_group_elsewhere,
    find_publication_moment,
    find_story,
    find_story_of_group,
    merge_stories,
    refresh_story,
)
from db.news.stories.story_divergences import refresh_divergences
from db.news.stories.wordings import (
    Head,
    Signature,
    StoredWording,
    read_heads,
    read_signatures,
    read_story_members,
    remove_wording,
    remove_wordings_of_copies,
    save_wording,
)

_MAX_COMPARED = 160  # articles with which one is compared, of the likeliest stories
_MAX_SECOND_LOOKS = 4  # stories that are compared whole with the one that an article has joined
_MAX_LINKED = 8  # articles of each of two stories that are compared, the nearest in time first
NEAREST_SHARE = 0.05  # of the likeness to a story: of its nearest article; the mean over its articles has the rest
_SECOND_LOOK_LOGITS = 3.0  # below the threshold: what the article is less like is not compared


class StoryMatcher(Protocol):
    """Decides how surely two articles tell one event."""

    @property
    def encoder(self) -> str:
        """What made the vectors that it reads."""

    @property
    def window(self) -> dt.timedelta:
        """How far apart two articles of one event may be."""

    def choose(self, wording: StoryWording, others: Sequence[Signature]) -> list[int]:
        """Return some hundred articles that are most like one, the likeliest first."""

    def rank(self, wording: StoryWording, others: Sequence[Head]) -> list[int]:
        """Return the places in `others` of those that are most like the article, the likeliest first."""

    def score(self, one: StoredWording, others: Sequence[StoredWording]) -> list[float]:
        """Return the logit of each pair."""

    def find_threshold(self, neighbours: int) -> float:
        """Return the likeness from which an article joins a story, of an article with so many others around it."""

    def to_similarity(self, logit: float, *, threshold: float) -> float:
        """Return a logit as 0..1: 0.5 is just alike enough to join."""


class _Likeness(NamedTuple):
    logit: float  # `link` of the logits of the story's articles
    story: int
    nearest: int  # its article that is most like the compared one


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
        else _find_place(db, article_id, original, wording, matcher)
    )
    refresh_divergences(db, now=now)
    return story


def _find_place(
    db: Database, article_id: int, original: int | None, wording: StoryWording | None, matcher: StoryMatcher | None
) -> int:
    """Find the story of an article that nobody split off, and return it."""
    is_known = find_story(db, article_id) is not None
    _join_copies(db, article_id, original)
    story = find_story(db, article_id)
    if is_known and story is not None:
        refresh_story(db, story)  # the article's date may have changed
    if original is None and wording is not None and matcher is not None and not is_in_company(db, article_id, story):
        one = StoredWording(article=article_id, at=read_stamp(find_publication_moment(db, article_id)), wording=wording)
        story = _join_alike(db, one, story, matcher)
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


def _join_alike(db: Database, one: StoredWording, story: int | None, matcher: StoryMatcher) -> int | None:
    """Join the story that is most alike, if any is alike enough; return the article's story, None if it has none."""
    found, threshold = _compare(db, one, matcher, excluding=story)
    if found and found[0].logit >= threshold:
        best = found.pop(0)
        if story is None:
            similarity = matcher.to_similarity(best.logit, threshold=threshold)
            add_to_story(db, one.article, best.story, because="near", similarity=similarity)
            story = best.story
        else:
            story = merge_stories(db, story, best.story)
    elif story is None:
        story = begin_story(db, one.article)
    likely = [like for like in found if like.logit >= threshold - _SECOND_LOOK_LOGITS]
    return _look_again(db, story, likely[:_MAX_SECOND_LOOKS], one, matcher, threshold=threshold)


def _compare(
    db: Database, one: StoredWording, matcher: StoryMatcher, *, excluding: int | None
) -> tuple[list[_Likeness], float]:
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
            members[story] = _read_members(db, story, article, one.at, matcher)
            compared += members[story]
    logits = iter(matcher.score(one, compared))
    found = [
        _Likeness(link(list(itertools.islice(logits, len(told)))), story, nearest[story])
        for story, told in members.items()
        if told
    ]
    return sorted(found, key=lambda like: (-like.logit, like.story)), matcher.find_threshold(len(around))


def _look_again(
    db: Database,
    story: int,
    others: Iterable[_Likeness],
    one: StoredWording,
    matcher: StoryMatcher,
    *,
    threshold: float,
) -> int:
    """Merge a story with those that it has become like by its new article; return the one that stands."""
    for other in others:
        mine = _read_members(db, story, one.article, one.at, matcher)[:_MAX_LINKED]
        theirs = _read_members(db, other.story, other.nearest, one.at, matcher)[:_MAX_LINKED]
        logits = [
            logit
            for member in mine
            if (near := [it for it in theirs if abs(it.at - member.at) <= matcher.window])
            for logit in matcher.score(member, near)
        ]
        if logits and link(logits) >= threshold:
            story = merge_stories(db, story, other.story)
    return story


def _read_members(
    db: Database, story: int, article: int, at: dt.datetime, matcher: StoryMatcher
) -> list[StoredWording]:
    return read_story_members(db, story, beside=article, at=at, window=matcher.window, encoder=matcher.encoder)


def link(logits: Sequence[float]) -> float:
    """Return how alike two stories are from the logits of their pairs, at least one: their mean, and the best a little.

    A column or a report that follows is like some articles of its story, and unlike the first wires.
    """
    return (1 - NEAREST_SHARE) * sum(logits) / len(logits) + NEAREST_SHARE * max(logits)
