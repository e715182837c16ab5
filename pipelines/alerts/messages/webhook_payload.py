"""Build the JSON of stories for `vigia alerts preview --json` and signed webhooks. Pure.

Texts from pages are cleaned as in other messages; codes (country, kind, language, flags) are those of news.db.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypedDict

from db.news.alert_articles import MessageArticle
from db.text.sanitise import one_line
from db.text.web_address import web_address

MAX_PAYLOAD_TITLE_CHARS = 300
MAX_PAYLOAD_REASON_CHARS = 300
MAX_PAYLOAD_NAME_CHARS = 100
MAX_PAYLOAD_QUERY_CHARS = 2_000


class StoryPayload(TypedDict):
    """A story of webhook.schema.json."""

    article: int
    title: str
    url: str | None
    outlet: str
    country: str | None
    kind: str | None
    ownership: str | None
    published: str | None
    published_precision: str | None
    claimed: str | None  # a date that the story contradicts; `published` is then None
    claimed_precision: str | None
    first_seen: str
    language: str | None
    snippets: list[str]
    reasons: list[str]
    flags: list[str]
    also: list[str]
    updated: str | None
    revision: int | None
    figures: str | None  # in which figures the outlets of its story differ, in the recipient's language


class LaterArticlePayload(TypedDict):
    """A later article of webhook.schema.json."""

    article: int
    title: str
    url: str | None
    outlet: str
    published: str | None
    published_precision: str | None
    language: str | None
    of: int | None
    figures: str | None


class SubscriptionPayload(TypedDict):
    """The subscription in a message of webhook.schema.json."""

    id: str
    name: str
    query: str


class MessagePayload(TypedDict):
    """What webhook.schema.json says of every message about a subscription. `more`: alerts over the daily limit."""

    subscription: SubscriptionPayload
    stories: list[StoryPayload]
    later: list[LaterArticlePayload]
    lost: list[str]
    more: int


def build_story_payload(
    row: MessageArticle,
    *,
    snippets: Sequence[str] = (),
    updated: str | None = None,
    revision: int | None = None,
    figures: str = "",
) -> StoryPayload:
    """Convert an article to a story.

    For an alert to a revision, `revision` is its number and `updated` what it changed. `figures` as in AlertStory.
    """
    flags = {
        "paywalled": row["paywalled"],
        "sponsored": row["sponsored"],
        "borderline": row["verdict"] == "borderline",
        "copy": row["original"] is not None,
    }
    sentences = (
        one_line(str(reason.get("sentence", "")), MAX_PAYLOAD_REASON_CHARS)
        for reason in json.loads(row["reasons"] or "[]")
    )
    return {
        "article": row["id"],
        "title": one_line(row["title"], MAX_PAYLOAD_TITLE_CHARS),
        "url": web_address(row["url"]),
        "outlet": one_line(row["outlet_name"], MAX_PAYLOAD_NAME_CHARS),
        "country": row["country"] or None,
        "kind": row["kind"] or None,
        "ownership": row["ownership"] or None,
        "published": row["published"],
        "published_precision": row["published_precision"],
        "claimed": row.get("claimed"),
        "claimed_precision": row.get("claimed_precision"),
        "first_seen": row["first_seen"],
        "language": row["language"] or None,
        "snippets": list(snippets),
        "reasons": [sentence for sentence in dict.fromkeys(sentences) if sentence],
        "flags": [flag for flag, is_set in flags.items() if is_set],
        "also": [one_line(other["name"], MAX_PAYLOAD_NAME_CHARS) for other in json.loads(row["also"])],
        "updated": None if updated is None else one_line(updated, MAX_PAYLOAD_TITLE_CHARS),
        "revision": revision,
        "figures": figures or None,
    }


def build_later_article_payload(row: MessageArticle, *, of: int | None, figures: str) -> LaterArticlePayload:
    """Convert a later article of a story; `of` and `figures` as in LaterArticle."""
    return {
        "article": row["id"],
        "title": one_line(row["title"], MAX_PAYLOAD_TITLE_CHARS),
        "url": web_address(row["url"]),
        "outlet": one_line(row["outlet_name"], MAX_PAYLOAD_NAME_CHARS),
        "published": row["published"],
        "published_precision": row["published_precision"],
        "language": row["language"] or None,
        "of": of,
        "figures": figures or None,
    }


def build_message_payload(
    *,
    name: str,
    query: str,
    thread: str,
    stories: Sequence[StoryPayload] = (),
    later: Sequence[LaterArticlePayload] = (),
    lost: Sequence[str] = (),
    more: int = 0,
) -> MessagePayload:
    """Build the contents of a message."""
    return {
        "subscription": {"id": thread, "name": name, "query": one_line(query, MAX_PAYLOAD_QUERY_CHARS)},
        "stories": list(stories),
        "later": list(later),
        "lost": list(lost),
        "more": more,
    }
