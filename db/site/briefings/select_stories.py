"""Find the stories of a period, ranked by independent voices and by groups of outlets."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.desk.analysts.briefings import BriefingRecipe
from db.model.day_span import bound_days
from db.news.outlets import OutletRow
from db.search.filters import SearchFilters
from db.search.plan import make_plan
from db.search.results import list_places
from db.site.briefings.briefing_error import BriefingError
from db.site.components.coverage import find_group
from db.site.filters.query_feedback import QueryFeedback, read_words
from db.site.page_context import PageContext
from db.site.queries.briefing_rows import ARTICLES_OF_PERIOD, STORY_VOICES, StoryVoice
from db.site.wording import SiteWording

MAX_READ_ARTICLES = 20_000  # newest originals of the period that are read


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRank:
    """A story with its independent voices, their groups, and their originals within the period."""

    story: int
    voices: int
    groups: int
    articles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoriesOfPeriod:
    """Stories, the first one first, and of how many outlets they are.

    found: the articles of the period that the search finds. is_cut: there are more than were read.
    """

    ranked: tuple[StoryRank, ...]
    outlets: int
    found: frozenset[int]
    is_cut: bool

    @property
    def articles(self) -> int:
        """How many originals of the period the stories have."""
        return sum(rank.articles for rank in self.ranked)


def find_bounds(recipe: BriefingRecipe, zone: dt.tzinfo) -> tuple[str, str]:
    """Return the moments from which on and before which the period is, as they are stored."""
    bounds = bound_days(recipe.since, recipe.until, zone)
    return bounds.since, bounds.until


def widen_bounds(recipe: BriefingRecipe, zone: dt.tzinfo) -> tuple[str, str]:
    """Return bounds that hold the period in the zone and in UTC, in which a day alone is stored."""
    (since, until), (since_utc, until_utc) = find_bounds(recipe, zone), find_bounds(recipe, dt.UTC)
    return min(since, since_utc), max(until, until_utc)


async def select_stories(context: PageContext, recipe: BriefingRecipe) -> StoriesOfPeriod:
    """Return the stories with an original in the period of which the search finds an article.

    Raises BriefingError for a wrong query, TooSlowError.
    """
    since, before = widen_bounds(recipe, context.zone)
    feedback = await _read_query(context, recipe.query)
    filters = SearchFilters(words=recipe.query, query=feedback.query, since=since, before=(before, 0))
    plan = await make_plan(context.rows, filters)
    places = await list_places(context.rows, plan, limit=MAX_READ_ARTICLES + 1)
    read = sorted(place["id"] for place in places[:MAX_READ_ARTICLES])
    since, until = find_bounds(recipe, context.zone)
    period = {"since": since, "until": until}
    period |= {"first_day": recipe.since.isoformat(), "last_day": recipe.until.isoformat()}
    found = frozenset(row["id"] for row in await context.read(ARTICLES_OF_PERIOD, {"ids": json.dumps(read)} | period))
    voices = await context.read(STORY_VOICES, {"ids": json.dumps(sorted(found))} | period)
    return StoriesOfPeriod(
        ranked=rank_stories(voices, await context.outlets()),
        outlets=len({voice["outlet"] for voice in voices}),
        found=found,
        is_cut=len(places) > MAX_READ_ARTICLES,
    )


def rank_stories(voices: Sequence[StoryVoice], outlets: Mapping[str, OutletRow]) -> tuple[StoryRank, ...]:
    """Rank stories by independent voices, by groups of outlets, by originals, and number, highest first. Pure."""
    by_story: dict[int, list[StoryVoice]] = {}
    for voice in voices:
        by_story.setdefault(voice["story"], []).append(voice)
    ranks = [
        StoryRank(
            story=story,
            voices=len(listed),
            groups=len({find_group(outlets, voice["outlet"]) for voice in listed}),
            articles=sum(voice["articles"] for voice in listed),
        )
        for story, listed in by_story.items()
    ]
    return tuple(sorted(ranks, key=lambda rank: (-rank.voices, -rank.groups, -rank.articles, -rank.story)))


async def _read_query(context: PageContext, words: str) -> QueryFeedback:
    feedback = read_words(
        {"q": words}, outlets=await context.outlets(), concepts=await context.concepts(), wording=SiteWording("en")
    )
    if feedback.mistake:
        raise BriefingError(f"--query: {feedback.mistake}")
    return feedback
