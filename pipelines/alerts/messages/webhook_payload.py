"""Build the JSON of stories for `vigia alerts preview --json` and signed webhooks. Pure.

Texts from pages are cleaned as in other messages; codes (country, kind, language, flags) are those of news.db.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from db.text.sanitise import one_line
from db.text.web_address import web_address

MAX_PAYLOAD_TITLE_CHARS = 300
MAX_PAYLOAD_REASON_CHARS = 300
MAX_PAYLOAD_NAME_CHARS = 100
MAX_PAYLOAD_QUERY_CHARS = 2_000


def build_story_payload(
    row: Mapping[str, Any], *, snippets: Sequence[str] = (), updated: str | None = None, revision: int | None = None
) -> dict[str, Any]:
    """Convert a row of db.news.alert_articles.read_message_articles to a story of webhook.schema.json.

    For an alert to a revision, `revision` is its number and `updated` what it changed.
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
        "first_seen": row["first_seen"],
        "language": row["language"] or None,
        "snippets": list(snippets),
        "reasons": [sentence for sentence in dict.fromkeys(sentences) if sentence],
        "flags": [flag for flag, is_set in flags.items() if is_set],
        "also": [one_line(other["name"], MAX_PAYLOAD_NAME_CHARS) for other in json.loads(row["also"])],
        "updated": None if updated is None else one_line(updated, MAX_PAYLOAD_TITLE_CHARS),
        "revision": revision,
    }


def build_message_payload(
    *,
    name: str,
    query: str,
    thread: str,
    stories: Sequence[Mapping[str, Any]] = (),
    lost: Sequence[str] = (),
    more: int = 0,
) -> dict[str, Any]:
    """Build the contents of a message: subscription, stories, and how many alerts are over the daily limit."""
    return {
        "subscription": {"id": thread, "name": name, "query": one_line(query, MAX_PAYLOAD_QUERY_CHARS)},
        "stories": list(stories),
        "lost": list(lost),
        "more": more,
    }
