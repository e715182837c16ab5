"""An article as programs are told it: the same in `vigia alerts preview --json` and in signed webhooks. Pure.

Words of strangers are cleaned as in a message; codes (country, kind, language, flags) are those of news.db.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from db.text.sanitise import one_line, web_address

LONGEST_TITLE = 300  # characters
LONGEST_REASON = 300
LONGEST_NAME = 100
LONGEST_QUERY = 2_000


def plain(
    row: Mapping[str, Any], *, snippets: Sequence[str] = (), updated: str | None = None, revision: int | None = None
) -> dict[str, Any]:
    """A row of db.news.alert_articles.read_message_articles as webhook.schema.json describes a story.

    `revision` is its number when it is a revision that is told, and `updated` what that changed.
    """
    flags = {
        "paywalled": row["paywalled"],
        "sponsored": row["sponsored"],
        "borderline": row["verdict"] == "borderline",
        "copy": row["original"] is not None,
    }
    sentences = (
        one_line(str(reason.get("sentence", "")), LONGEST_REASON) for reason in json.loads(row["reasons"] or "[]")
    )
    return {
        "article": row["id"],
        "title": one_line(row["title"], LONGEST_TITLE),
        "url": web_address(row["url"]),
        "outlet": one_line(row["outlet_name"], LONGEST_NAME),
        "country": row["country"] or None,
        "kind": row["kind"] or None,
        "ownership": row["ownership"] or None,
        "published": row["published"],
        "published_precision": row["published_precision"],
        "first_seen": row["first_seen"],
        "language": row["language"] or None,
        "snippets": list(snippets),
        "reasons": [sentence for sentence in dict.fromkeys(sentences) if sentence],
        "flags": [flag for flag, holds in flags.items() if holds],
        "also": [one_line(other["name"], LONGEST_NAME) for other in json.loads(row["also"])],
        "updated": None if updated is None else one_line(updated, LONGEST_TITLE),
        "revision": revision,
    }


def facts(
    *,
    name: str,
    query: str,
    thread: str,
    stories: Sequence[Mapping[str, Any]] = (),
    lost: Sequence[str] = (),
    more: int = 0,
) -> dict[str, Any]:
    """What a message is about, for programs: the subscription, its stories, and how many went over the ceiling."""
    return {
        "subscription": {"id": thread, "name": name, "query": one_line(query, LONGEST_QUERY)},
        "stories": list(stories),
        "lost": list(lost),
        "more": more,
    }
