"""Independent voices of a story: the outlets that have an original of it. A copy repeats another's voice. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict


class StoryTeller(TypedDict):
    """An article of a story, as far as it is a voice. `original`: the article that it copies, None for an original."""

    outlet: str
    original: int | None


def find_independent_voices(articles: Iterable[StoryTeller]) -> set[str]:
    """Return the outlets that tell a story in words of their own."""
    return {article["outlet"] for article in articles if article["original"] is None}
