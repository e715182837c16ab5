"""Verdicts of the relevance rule, marks of analysts, and the reasons and mentions behind a verdict."""

from __future__ import annotations

import enum
from dataclasses import dataclass

MIN_MARKS = 25  # from which on a topic can learn from a desk's marks


class Verdict(enum.StrEnum):
    """The relevance rule's verdict on a stored article."""

    RELEVANT = "relevant"
    BORDERLINE = "borderline"  # stored and shown apart; no alert unless a subscription includes it


class Mark(enum.StrEnum):
    """An analyst's mark on a page. It wins over the rule."""

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
    """One readable reason for a relevance score: a sentence and the concepts that it names.

    `weight` is how much it connects the topic's two sides, 0..1. `share` is what its wording adds to the score, in
    logits, or None if the rule alone decided.
    """

    sentence: str
    concepts: tuple[str, ...]
    place: str  # "title", "lead" or "body"
    weight: float
    share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarText:
    """A text with a person's label that reads like an article. `similarity` is the cosine of their vectors."""

    title: str
    label: str  # relevant or irrelevant
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreParts:
    """What a learned score is the sum of, in logits: names, the wording of the head, and each reason's `share`."""

    names: float  # how often, where and how closely the two sides are named
    head: float  # the wording of the title and the lead
    similar: tuple[SimilarText, ...] = ()  # the nearest first
