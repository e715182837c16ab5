"""What the rule and the analysts say of an article, and because of what."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Verdict(enum.StrEnum):
    """What the relevance rule says of an article that is kept."""

    RELEVANT = "relevant"
    BORDERLINE = "borderline"  # kept and shown apart; no alert unless a subscription asks for it


class Mark(enum.StrEnum):
    """What an analyst said of a page: it wins over the rule."""

    RELEVANT = "relevant"
    IRRELEVANT = "irrelevant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A concept of the topic, and how often an article names it (all languages and aliases together)."""

    concept: str
    count: int
    in_title: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RelevanceReason:
    """One reason for a relevance score that a person can read: a sentence and the concepts it holds."""

    sentence: str
    concepts: tuple[str, ...]
    place: str  # "title", "lead" or "body"
    weight: float
