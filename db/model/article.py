"""What the database keeps, as frozen values. The lowest floor: everything above may import it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Reason(enum.StrEnum):
    """Why a page is not an article of this desk. The value is what stands in `rejections.reason`."""

    OFF_TOPIC = "off-topic"  # read in full, and the relevance rule said no
    MARKED = "marked"  # an analyst said that it is not relevant
    NO_ACTORS = "no-actors"  # the prefilter saw that no sentence of it can hold an actor of both sides
    NO_TEXT = "no-text"  # nothing that reads like an article could be extracted
    NOT_ARTICLE = "not-article"  # a listing, a tag page, a search page, a video stub
    NOT_HTML = "not-html"  # PDF, image, feed …
    TOO_LARGE = "too-large"
    NOT_FOUND = "not-found"  # 404, 410
    FORBIDDEN = "forbidden"  # 401, 403, 451, a bot wall: recorded and left alone
    ROBOTS = "robots"  # robots.txt forbids it
    OFF_SITE = "off-site"  # redirected to an address that is not the outlet's
    UNREACHABLE = "unreachable"  # gave up after the last attempt
    ANALYSIS_CRASHED = "analysis-crashed"  # ended its worker process twice
    ANALYSIS_TIMEOUT = "analysis-timeout"  # did not come to an end in time


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
class Because:
    """One reason for a relevance score that a person can read: a sentence and the concepts it holds."""

    sentence: str
    concepts: tuple[str, ...]
    place: str  # "title", "lead" or "body"
    weight: float


class Standing(enum.IntEnum):
    """How a line stands on a page: the higher, the more it looks like the article's own."""

    LABEL = 0  # it reads like a label, a link or a word to the readers
    LAST = 1  # a sentence among the last lines
    AMONG = 2  # a sentence among others


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """A line that a page shows; `line` is the same number for the same line of the outlet."""

    text: str
    line: int
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a page shows that other pages of its outlet may show too, and what tells its article from others."""

    title: int  # of the headline's beginning
    anchors: tuple[int, ...]  # of the text, see db.copies.fingerprint
    lines: tuple[Sighted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One clean record of one article at one address.

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
    published_from: str | None = None  # "page" or "source"
    modified: str | None = None
    relevance: float = 0.0  # 0..1
    verdict: Verdict = Verdict.RELEVANT
    reasons: tuple[Because, ...] = field(default=(), repr=False)
    mentions: tuple[Mention, ...] = field(default=(), repr=False)
    credited_to: str | None = None
    paywalled: bool = False
    sponsored: bool = False
    section: str | None = None
    tags: tuple[str, ...] = field(default=(), repr=False)
    image: str | None = None
    words: int = 0  # words; for Chinese, characters
    text_sha256: str = ""
    fingerprint: tuple[int, ...] = field(default=(), repr=False)  # of the text, see db.copies.fingerprint
    sighting: Sighting | None = field(default=None, repr=False, compare=False)  # for learning the outlet's furniture


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A page that was looked at and is not kept, with the reason, so that nobody fetches it again."""

    url: str
    key: str
    outlet: str
    reason: Reason
    relevance: float | None = None  # 0..1 where it was scored
    title: str | None = None
    detail: str | None = None  # one sentence for a person: "answered 403"
    sighting: Sighting | None = field(default=None, repr=False, compare=False)  # of an article that is off topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page lies in the archive: file name below the archive folder, and byte offset of its response record."""

    file: str
    offset: int
