"""What is kept of an article's wording to find the others that tell the same event."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryWording:
    """Vectors of an article's sentences with 8 bits a number, and what is shared with other articles by name.

    Written and read by pipelines.stories; the store keeps it for some weeks and never publishes it.
    """

    encoder: str  # what made the vectors; those of another encoder can't be compared with them
    language: str  # ISO 639-1; "" if unknown
    signature: bytes = field(repr=False)  # the sign of each number of the lead's vector, a bit each
    heads: bytes = field(repr=False)  # vectors of the title and the first sentences
    body: bytes = field(repr=False)  # vectors of the sentences that follow
    details: str = field(repr=False)  # JSON
