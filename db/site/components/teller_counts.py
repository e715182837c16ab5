"""Say how many outlets tell a story, and how many of them in words of their own."""

from __future__ import annotations

from collections.abc import Collection

from db.model.voices import StoryTeller, find_independent_voices
from db.site.wording import SiteWording


def describe_voices(articles: Collection[StoryTeller], wording: SiteWording) -> list[str]:
    """Return "9 outlets", and "5 independent voices" where others ran copies alone."""
    outlets = {article["outlet"] for article in articles}
    voices = find_independent_voices(articles)
    parts = [wording("story.outlets", n=len(outlets))]
    return parts + ([wording("story.voices", n=len(voices))] if voices and len(voices) < len(outlets) else [])
