"""Why a record of a foreign WARC file did not become an article."""

from __future__ import annotations

import enum


class SkipReason(enum.StrEnum):
    """Why a record was skipped before or after the analysis; the analysis has its own (RejectionReason)."""

    OTHER_RECORD = "other-record"
    REVISIT = "revisit"
    STATUS = "status"
    UNKNOWN_OUTLET = "unknown-outlet"
    SEVERAL_OUTLETS = "several-outlets"
    BAD_ADDRESS = "bad-address"
    NO_CAPTURE_DATE = "no-capture-date"
    NOT_HTML = "not-html"
    TOO_LARGE = "too-large"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    NO_DATE = "no-date"
    OTHER_DAY = "other-day"
    KNOWN = "known"
    OTHER_VERSION = "other-version"
    NOT_ARCHIVED = "not-archived"
    READ_BEFORE = "read-before"


# What each reason means, for people.
SKIP_SENTENCES: dict[str, str] = {
    SkipReason.OTHER_RECORD: "no page: requests, metadata, information about the file",
    SkipReason.REVISIT: "the same as an earlier capture, which they only refer to",
    SkipReason.STATUS: "answers other than 200: redirects, errors",
    SkipReason.UNKNOWN_OUTLET: "of hosts that are no outlet of this desk (--outlets any takes them)",
    SkipReason.SEVERAL_OUTLETS: "of a host that several outlets share; article_pattern can tell them apart",
    SkipReason.BAD_ADDRESS: "without a web address",
    SkipReason.NO_CAPTURE_DATE: "without a readable WARC-Date",
    SkipReason.NOT_HTML: "images, feeds and other formats than HTML and PDF",
    SkipReason.TOO_LARGE: "larger than [crawl] max_page_bytes",
    SkipReason.TRUNCATED: "cut by the program that wrote them (WARC-Truncated)",
    SkipReason.DAMAGED: "damaged or torn",
    SkipReason.NO_DATE: "on the topic, but the page gives no date of publication",
    SkipReason.OTHER_DAY: "of other days than --since and --until ask for",
    SkipReason.KNOWN: "articles that this desk has",
    SkipReason.OTHER_VERSION: "other versions of articles that this desk has; its own is kept",
    SkipReason.READ_BEFORE: "not asked for: this desk has read these pages at the outlet or imported them",
    SkipReason.NOT_ARCHIVED: "listed by the archive, but not given out: blocked, lost, or another page",
    "off-topic": "read in full, not on the topic",
    "no-actors": "not on the topic: no sentence can name both sides",
    "no-text": "no text of an article",
    "scan": "PDF of pictures without text",
    "unreadable": "PDF that is damaged, encrypted or without readable letters",
    "not-article": "listings, tag pages, error pages",
    "marked": "marked as irrelevant by an analyst",
    "analysis-crashed": "ended their worker process",
    "analysis-timeout": "took too long to analyse",
}
