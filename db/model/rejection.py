"""A page that is not kept, and why."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from db.model.repeated_lines import SeenLines


class RejectionReason(enum.StrEnum):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A page that was looked at and is not kept, with the reason, so that nobody fetches it again."""

    url: str
    key: str
    outlet: str
    reason: RejectionReason
    relevance: float | None = None  # 0..1 where it was scored
    title: str | None = None
    detail: str | None = None  # one sentence for a person: "answered 403"
    seen_lines: SeenLines | None = field(default=None, repr=False, compare=False)  # of an article that is off topic
