"""Order the stories of a digest, and sum them up over the passages. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipelines.alerts.messages.story import AlertStory
from pipelines.alerts.messages.wording import MessageWording

MIN_LISTED_STORIES = 3  # from so many on, a list of headlines stands over the passages
MANY_STORIES = 12  # from so many on, a story has one passage, and no sentences on topic
MAX_GROUPS_NAMED = 6


def sort_stories(stories: Sequence[AlertStory]) -> tuple[AlertStory, ...]:
    """Return new stories before changes of known ones, each the newest first."""
    newest_first = sorted(stories, key=lambda story: story.moment, reverse=True)
    return tuple(sorted(newest_first, key=lambda story: story.is_update))


def choose_weightiest(stories: Sequence[AlertStory]) -> AlertStory:
    """Return the story that most other outlets have, of the new ones if there are any; among equals the first."""
    new = [story for story in stories if not story.is_update]
    return max(new or stories, key=lambda story: len(story.also))


def describe_story_groups(stories: Sequence[AlertStory], wording: MessageWording) -> str:
    """Count the stories by ownership and country of their outlets: "State outlets (China): 5 · …"."""
    counted = Counter(story.group for story in stories)
    said = [
        wording(
            "overview.group",
            group=wording(f"groups.{group.ownership}", country=wording.country_name(group.country)),
            n=n,
        )
        for group, n in counted.most_common(MAX_GROUPS_NAMED)
    ]
    return " · ".join([*said, "…"] if len(counted) > MAX_GROUPS_NAMED else said)
