"""Look again at small stories beside a new article: what is nearer to it than to its own story moves.

While a story has one article, one pair decides who joins it; so the articles of small stories are put into groups anew
when one comes that is like them. Stories that are larger, that an analyst decided on, or of which an article can't be
compared stay together: they can grow and merge. Each function runs in the caller's transaction.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlite_utils import Database

from db.model.times import stamp
from db.news.stories.grouping import group_alike, link
from db.news.stories.rows import add_to_story, begin_story, find_group_elsewhere, merge_stories, part_from_story
from db.news.stories.wordings import StoredWording, StoryMatcher

MAX_MOVABLE = 8  # articles of a small story
_MAX_ROWS = 32  # articles of a small story with their copies
_MAX_LINKED = 8  # articles of a larger story that are compared, the nearest in time first


class NearStory(NamedTuple):
    """A story to which an article was compared: `logits` are those of its members beside the article."""

    likeness: float  # `link` of the logits
    story: int
    members: list[StoredWording]  # the nearest to the article in time first
    logits: list[float]


class _Unit(NamedTuple):
    """Articles that stay together: one that may move, or some of a story that stands for it."""

    story: int | None  # None: of an article that is in no story yet
    members: list[StoredWording]
    is_movable: bool


@dataclass(slots=True)
class _Group:
    """Units that are alike, and the story that they become."""

    movable: list[_Unit]
    whole: set[int]  # stories that are in it with all their articles
    story: int | None = None
    similarities: dict[int, float] = field(default_factory=dict)  # of an article beside the rest


def regroup(
    db: Database,
    one: StoredWording,
    own: int | None,
    near: Sequence[NearStory],
    matcher: StoryMatcher,
    *,
    threshold: float,
    now: dt.datetime,
) -> None:
    """Put an article and those of the stories near it into groups by their likeness, and write the stories.

    own: the story in which the article is alone with its copies, None if it is in none.
    """
    units = [_Unit(own, [one], is_movable=True)]
    for like in near:
        if _may_move(db, like):
            units += [_Unit(like.story, [member], is_movable=True) for member in like.members]
        else:
            units.append(_Unit(like.story, like.members[:_MAX_LINKED], is_movable=False))
    units.sort(key=lambda unit: (unit.members[0].at, unit.members[0].article))
    logits = _score_pairs(units, one, near, matcher)
    sizes = Counter(unit.story for unit in units if unit.is_movable)
    groups = []
    for places in group_alike(
        [[member.article for member in unit.members] for unit in units], logits, threshold=threshold
    ):
        together = [units[place] for place in places]
        group = _Group(
            movable=[unit for unit in together if unit.is_movable],
            whole={unit.story for unit in together if unit.story is not None and not unit.is_movable},
        )
        counts = Counter(unit.story for unit in group.movable)
        group.whole |= {story for story, number in counts.items() if story is not None and number == sizes[story]}
        for unit in group.movable:
            article = unit.members[0].article
            others = [member.article for other in together if other is not unit for member in other.members]
            if others:
                likeness = link([_find_logit(logits, article, other) for other in others])
                group.similarities[article] = matcher.to_similarity(likeness, threshold=threshold)
        groups.append(group)
    _choose_stories(db, groups)
    for group in groups:
        _write_group(db, group, now=now)


def _may_move(db: Database, like: NearStory) -> bool:
    """True if a story is small, all its articles are compared, and no analyst decided on any of them."""
    rows = db.execute(
        """
        SELECT s.article, a.original IS NULL, s.because = 'analyst'
            OR EXISTS (SELECT 1 FROM story_corrections AS c WHERE c.key = a.key)
            OR EXISTS (SELECT 1 FROM story_corrections AS c WHERE c.other_key = a.key)
        FROM (
            SELECT article, because FROM story_articles WHERE story = :story ORDER BY article LIMIT :most
        ) AS s CROSS JOIN articles AS a ON a.id = s.article
        """,
        {"story": like.story, "most": _MAX_ROWS + 1},
    ).fetchall()
    originals = {article for article, is_original, _ in rows if is_original}
    return (
        len(rows) <= _MAX_ROWS
        and len(originals) <= MAX_MOVABLE
        and not any(is_decided for *_, is_decided in rows)
        and originals == {member.article for member in like.members}
    )


def _score_pairs(
    units: Sequence[_Unit], one: StoredWording, near: Iterable[NearStory], matcher: StoryMatcher
) -> dict[tuple[int, int], float]:
    """Return the logit of each pair of articles of different units, once."""
    logits = {
        (one.article, member.article): logit
        for like in near
        for member, logit in zip(like.members, like.logits, strict=True)
    }
    for place, unit in enumerate(units):
        later = [member for other in units[place + 1 :] for member in other.members if member is not one]
        for member in unit.members:
            if member is one or not later:
                continue
            for other, logit in zip(later, matcher.score(member, later), strict=True):
                logits[member.article, other.article] = logit
    compared = {member.article for unit in units for member in unit.members}
    return {pair: logit for pair, logit in logits.items() if compared.issuperset(pair)}


def _find_logit(logits: dict[tuple[int, int], float], one: int, other: int) -> float:
    return logits[one, other] if (one, other) in logits else logits[other, one]


def _choose_stories(db: Database, groups: Sequence[_Group]) -> None:
    """Merge the stories that are whole in a group; another keeps its number where most of its articles are."""
    taken: set[int] = set()
    for group in groups:
        taken |= group.whole
        for story in sorted(group.whole):
            group.story = story if group.story is None else merge_stories(db, group.story, story)
    claims = [
        (-number, story, place)
        for place, group in enumerate(groups)
        if group.story is None
        for story, number in Counter(unit.story for unit in group.movable).items()
        if story is not None and story not in taken
    ]
    for _, story, place in sorted(claims):
        if groups[place].story is None and story not in taken:
            groups[place].story = story
            taken.add(story)


def _write_group(db: Database, group: _Group, *, now: dt.datetime) -> None:
    """Put the articles of a group with their copies into its story, or begin one."""
    for unit in group.movable:
        article = unit.members[0].article
        if unit.story is not None and (unit.story in group.whole or unit.story == group.story):
            continue
        if group.story is None:
            group.story = begin_story(db, article) if unit.story is None else part_from_story(db, article)
        else:
            similarity = group.similarities.get(article)
            add_to_story(db, article, group.story, because="near", similarity=similarity)
        for copy, similarity in find_group_elsewhere(db, article, group.story):
            add_to_story(db, copy, group.story, because="copy", similarity=similarity)
        if unit.story is not None:
            _record_move(db, article, unit.story, group.story, now=now)


def _record_move(db: Database, article: int, before: int, story: int, *, now: dt.datetime) -> None:
    db.execute(
        """
        INSERT INTO story_moves (article, story_before, story, moved_at)
        VALUES (:article, :before, :story, :at)
        """,
        {"article": article, "before": before, "story": story, "at": stamp(now)},
    )
