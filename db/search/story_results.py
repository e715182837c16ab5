"""One page of the list of stories whose articles a search finds, ordered by the newest of these or by rank.

A story stands where the first of its articles stands in the list of articles (db.search.results), and nowhere else, so
that the pages of the two lists follow one another by the same places.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict, cast

from db.search.filters import MOMENT
from db.search.plan import Ask, Plan
from db.search.results import ResultPlace, list_places, select_matching
from db.search.statement import RowsOf

MAX_STORY_MEMBERS = 300  # newest articles of a story that are looked at, beside its first one and those of the page
MAX_EARLIER_ARTICLES = 3_000  # articles of a longer story of which is asked at once whether an earlier page lists one
_MAX_EARLIER_READINGS = 20  # of these articles, for one page; a longer story than they reach may be listed again
_MAX_ROUNDS = 3  # readings of the list of articles for one page; a page with fewer stories than asked for may follow


class MemberPlace(TypedDict):
    """An article of a story. `first_article`: the id of the story's first one."""

    story: int
    id: int
    outlet: str
    language: str | None
    original: int | None
    moment: str
    first_article: int


class _StoryArticle(TypedDict):
    id: int
    is_newer: int  # 0 or 1


@dataclass(slots=True, kw_only=True)
class StoryResult:
    """A story, the ids of its articles that the search finds, in the order of the list, and its members by id."""

    story: int
    found: list[int]
    members: dict[int, MemberPlace]

    @property
    def is_of_one(self) -> bool:
        """True if all its articles are one and its copies."""
        return sum(member["original"] not in self.members for member in self.members.values()) < 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPage:
    """Stories, and the place after which the next page begins; None for the last page."""

    stories: list[StoryResult]
    last: tuple[str, int] | None


_MEMBERS = RowsOf[MemberPlace](f"""
    WITH page AS MATERIALIZED (
        SELECT one.story, one.article FROM json_each(:ids) AS given
        CROSS JOIN story_articles AS one ON one.article = given.value
    )
    SELECT s.story, it.id, it.outlet, it.language, it.original, {MOMENT} AS moment, e.first_article
    FROM (SELECT DISTINCT story FROM page) AS listed
    CROSS JOIN stories AS e ON e.id = listed.story
    CROSS JOIN story_articles AS s ON +s.story = listed.story AND s.article IN (
        SELECT article FROM (
            SELECT article FROM story_articles WHERE story = listed.story ORDER BY article DESC
            LIMIT {MAX_STORY_MEMBERS}
        )
        UNION SELECT e.first_article
        UNION SELECT article FROM page WHERE story = listed.story
    )
    CROSS JOIN articles AS it INDEXED BY articles_facets ON it.id = s.article
    ORDER BY s.story, s.article
""")  # noqa: S608 -- constants


_ARTICLES_BELOW = RowsOf[_StoryArticle](f"""
    SELECT it.id, ({MOMENT}, it.id) >= (:moment, :id) AS is_newer FROM (
        SELECT article FROM story_articles WHERE story = :story AND article < :below ORDER BY article DESC LIMIT :most
    ) AS s CROSS JOIN articles AS it INDEXED BY articles_facets ON it.id = s.article
""")  # noqa: S608 -- a constant


async def list_stories(ask: Ask, plan: Plan, *, limit: int) -> StoryPage:
    """Return up to `limit` stories, each with what the search finds of it. Raises TooSlowError."""
    found: dict[int, StoryResult] = {}
    last: tuple[str, int] | None = None
    size = 2 * limit + 1
    reading = plan
    for _ in range(_MAX_ROUNDS):
        places = await list_places(ask, reading, limit=size)
        members = await read_members_of_stories(ask, [place["id"] for place in places])
        earlier = await _find_earlier(ask, reading, members, found)
        last = _add_places(found, places, members, earlier, limit=limit) or last
        is_full = bool(places) and last != (places[-1]["moment"], places[-1]["id"])
        if not is_full and (len(places) < size or plan.filters.sort == "rank"):
            last = None
        if is_full or last is None:
            break
        reading = replace(plan, filters=replace(plan.filters, before=last))
    if plan.filters.sort == "rank":
        return StoryPage(stories=list(found.values()), last=None)
    await _add_rest(ask, plan, found)
    return StoryPage(stories=list(found.values()), last=last)


def _add_places(
    found: dict[int, StoryResult],
    places: list[ResultPlace],
    members: list[MemberPlace],
    earlier: set[int],
    *,
    limit: int,
) -> tuple[str, int] | None:
    """Add to `found` the stories of these places, up to the limit; return the last place that was used."""
    by_story: dict[int, dict[int, MemberPlace]] = {}
    for member in members:
        by_story.setdefault(member["story"], {})[member["id"]] = member
    story_of = {member["id"]: member["story"] for member in members}
    last = None
    for place in places:
        story = story_of.get(place["id"])  # None if it left its story meanwhile
        if story in found:
            found[story].found.append(place["id"])
            found[story].members[place["id"]] = by_story[story][place["id"]]
        elif story is not None and story not in earlier:
            if len(found) == limit:
                break
            found[story] = StoryResult(story=story, found=[place["id"]], members=by_story[story])
        last = (place["moment"], place["id"])
    return last


async def read_members_of_stories(ask: Ask, ids: Sequence[int]) -> list[MemberPlace]:
    """Return the articles of the stories of these articles, up to MAX_STORY_MEMBERS of a story and these.

    Raises TooSlowError.
    """
    return cast("list[MemberPlace]", await ask(_MEMBERS, {"ids": json.dumps(list(ids))}))


async def _find_earlier(ask: Ask, plan: Plan, members: list[MemberPlace], found: dict[int, StoryResult]) -> set[int]:
    """Return the stories that stand on an earlier page, because the search finds a newer article of them."""
    before = plan.filters.before
    if before is None:
        return set()
    newer = {
        member["id"]: member["story"]
        for member in members
        if (member["moment"], member["id"]) >= before and member["story"] not in found
    }
    matching = await _find_matching(ask, plan, newer)
    earlier = {newer[id_] for id_ in matching}
    counted = Counter(member["story"] for member in members)
    long = {story for story, n in counted.items() if n >= MAX_STORY_MEMBERS} - earlier - found.keys()
    return earlier | await _find_long_earlier(ask, plan, sorted(long), before)


async def _find_long_earlier(ask: Ask, plan: Plan, stories: Sequence[int], before: tuple[str, int]) -> set[int]:
    """Return those of these stories of which the search finds an article that stands before a place."""
    earlier = set()
    readings = _MAX_EARLIER_READINGS
    for story in stories:
        asked = {"story": story, "moment": before[0], "id": before[1], "most": MAX_EARLIER_ARTICLES, "below": 2**63 - 1}
        is_read = False
        while readings and not is_read:
            readings -= 1
            rows = cast("list[_StoryArticle]", await ask(_ARTICLES_BELOW, asked))
            if await _find_matching(ask, plan, [row["id"] for row in rows if row["is_newer"]]):
                earlier.add(story)
                break
            is_read = len(rows) < MAX_EARLIER_ARTICLES
            asked |= {"below": min((row["id"] for row in rows), default=0)}
    return earlier


async def _find_matching(ask: Ask, plan: Plan, ids: Collection[int]) -> list[int]:
    """Return those of these articles that the search finds on any page of its list."""
    if not ids:
        return []
    return [place["id"] for place in cast("list[ResultPlace]", await ask(*select_matching(plan, ids)))]


async def _add_rest(ask: Ask, plan: Plan, found: dict[int, StoryResult]) -> None:
    """Add to each story those of its articles that the search finds further back than its page reaches."""
    if plan.filters.is_empty:
        for story in found.values():
            originals = [one for one in story.members.values() if one["original"] is None]
            originals.sort(key=lambda one: (one["moment"], one["id"]), reverse=True)
            story.found = [one["id"] for one in originals]
        return
    story_of = {id_: story for story in found.values() for id_ in story.members}
    listed = {id_ for story in found.values() for id_ in story.found}
    for id_ in await _find_matching(ask, plan, story_of.keys() - listed):
        story_of[id_].found.append(id_)
