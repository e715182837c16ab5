"""A rejected page, and the reasons for which pages are rejected."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from db.model.repeated_lines import SeenLines


class RejectionReason(enum.StrEnum):
    """Why a page is not stored as an article. The value is stored in `rejections.reason`."""

    OFF_TOPIC = "off-topic"  # read in full, and the relevance rule rejected it
    MARKED = "marked"  # an analyst marked it as not relevant
    NO_ACTORS = "no-actors"  # the prefilter found that no sentence can name an actor of both sides
    NO_TEXT = "no-text"  # no text of an article could be extracted
    NOT_ARTICLE = "not-article"  # a listing, a tag page, a search page, a video stub
    NOT_HTML = "not-html"  # neither HTML nor PDF: an image, a feed …
    SCAN = "scan"  # a PDF whose pages are pictures, without text
    UNREADABLE = "unreadable"  # a PDF that is damaged or encrypted, or whose fonts give no letters
    TOO_LARGE = "too-large"
    NOT_FOUND = "not-found"  # 404, 410
    FORBIDDEN = "forbidden"  # 401, 403, 451, a bot wall: not requested again
    ROBOTS = "robots"  # robots.txt forbids it
    OFF_SITE = "off-site"  # redirected to an address that is not the outlet's
    UNREACHABLE = "unreachable"  # the last attempt failed too
    ANALYSIS_CRASHED = "analysis-crashed"  # ended its worker process twice
    ANALYSIS_TIMEOUT = "analysis-timeout"  # did not end in time


@dataclass(frozen=True, kw_only=True)  # no slots: dataclasses would pickle them by Python code
class Rejection:
    """A page that was read and is not stored as an article, with the reason, so that it is not requested again."""

    url: str
    key: str
    outlet: str
    reason: RejectionReason
    relevance: float | None = None  # 0..1 where it was scored
    title: str | None = None
    detail: str | None = None  # one sentence for the operator: "answered 403"
    # of an off-topic article, to learn the repeated lines of the outlet
    seen_lines: SeenLines | None = field(default=None, repr=False, compare=False)
    # of all lines that may be repeated ones; empty for a page that was rejected before its lines were read
    line_hashes: bytes = field(default=b"", repr=False, compare=False)
