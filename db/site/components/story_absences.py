"""Find which groups of outlets have nothing of a story: of which concepts it is, and of which stories that is said."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Sequence

from db.model.voices import find_independent_voices
from db.site import local_time
from db.site.components.absent_groups import ShownAbsence, find_story_absences
from db.site.page_context import PageContext, ShownConcept
from db.site.queries.articles import CONCEPTS_OF
from db.site.queries.concept_rows import CONCEPT_FREQUENCIES
from db.site.queries.story_rows import StoryMember
from db.site.query_cache import compute_cached

MAX_JUDGED_AGE = dt.timedelta(days=30)  # of a story of which it is said who has nothing
STORY_WINDOW = dt.timedelta(days=7)  # after its latest article, in which others join a story
MIN_TELLING_OUTLETS = 2  # with originals, of a story of which it is said who has nothing
MAX_STORY_CONCEPTS = 3


async def choose_story_concepts(context: PageContext, members: Sequence[StoryMember]) -> list[ShownConcept]:
    """Return the concepts that two thirds of a story's originals name, the rarest first; no countries."""
    originals = [member["id"] for member in members if member["original"] is None]
    known = await context.concepts()
    mentions = await context.read_by_id(CONCEPTS_OF, originals)
    named = Counter(mention["concept"] for listed in mentions.values() for mention in listed)
    shared = [
        concept
        for concept, n in named.items()
        if 3 * n >= 2 * len(originals) and concept in known and known[concept].kind != "country"
    ]
    counted = await context.read_or_none((CONCEPT_FREQUENCIES, {"ids": json.dumps(shared)})) or []
    ranked = sorted(counted, key=lambda row: (row["articles"], -named[row["id"]], row["id"]))
    return [known[row["id"]] for row in ranked[:MAX_STORY_CONCEPTS]]


async def find_absences_of_story(
    context: PageContext, story: int, members: Sequence[StoryMember], concepts: Sequence[ShownConcept]
) -> list[ShownAbsence]:
    """Return the groups that have nothing of a young story that two outlets or more tell."""
    moments = [moment for member in members if (moment := local_time.read_moment(member["moment"]))]
    if len(find_independent_voices(members)) < MIN_TELLING_OUTLETS or min(moments) < context.now - MAX_JUDGED_AGE:
        return []
    found = await compute_cached(
        context,
        ("absences", story),
        lambda: find_story_absences(
            context,
            [concept.id for concept in concepts],
            began=min(moments),
            latest=max(moments) + STORY_WINDOW,
            has={member["outlet"] for member in members},
        ),
    )
    return found or []
