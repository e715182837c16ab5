"""An article as it is stored, and its place in the archive."""

from __future__ import annotations

from dataclasses import dataclass, field

from db.model.figure import Figure
from db.model.repeated_lines import SeenLines
from db.model.story_wording import StoryWording
from db.model.verdict import Mention, RelevanceReason, ScoreParts, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The record of one article.

    Times are UTC, ISO 8601 with `Z`; `published_local` is the same moment with the offset that the page gave.
    """

    url: str
    key: str  # crawler.urls.key(url): the same for http and https, www and mobile twins
    outlet: str
    title: str
    text: str = field(repr=False)
    language: str | None  # ISO 639-1
    authors: tuple[str, ...] = ()
    published: str | None = None  # 2024-11-14T20:30:00Z; a day alone is 2024-11-14T00:00:00Z with precision "day"
    published_precision: str | None = None  # "time" or "day"
    published_local: str | None = None
    published_from: str | None = None  # "page", "source" or "address"
    modified: str | None = None
    relevance: float = 0.0  # 0..1
    verdict: Verdict = Verdict.RELEVANT
    reasons: tuple[RelevanceReason, ...] = field(default=(), repr=False)
    score_parts: ScoreParts | None = field(default=None, repr=False)  # None if the rule alone decided
    mentions: tuple[Mention, ...] = field(default=(), repr=False)
    figures: tuple[Figure, ...] = field(default=(), repr=False)  # quantities in the text, in order
    credited_to: str | None = None
    paywalled: bool = False
    sponsored: bool = False
    section: str | None = None
    tags: tuple[str, ...] = field(default=(), repr=False)
    image: str | None = None
    format: str | None = None  # "pdf"; None: HTML
    words: int = 0  # words; for Chinese, characters
    text_sha256: str = ""
    fingerprint: tuple[int, ...] = field(default=(), repr=False)  # anchors of the text, see db.copies.fingerprint
    # to learn the repeated lines of the outlet
    seen_lines: SeenLines | None = field(default=None, repr=False, compare=False)
    line_hashes: bytes = field(default=b"", repr=False, compare=False)  # of all lines that may be repeated ones
    # to find the others that tell the same event; None without an encoder
    wording: StoryWording | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page lies in the archive: file name below the archive folder, and byte offset of its response record."""

    file: str
    offset: int
