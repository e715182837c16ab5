"""What an article read before, and what changed."""

from __future__ import annotations

from typing import Any

from sqlite_utils import Database

from db.records import Article


def keep(db: Database, before: dict[str, Any], article: Article, *, seen: str) -> None:  # noqa: ARG001
    """Keep what a row read until now. One row for each change: `seen_at` is when the change was seen.

    So the first version is never lost, and the row in `articles` shows the latest: version n stood from revision
    n - 1's `seen_at` (the first from `articles.first_seen`) until revision n's.
    """
    db.execute(
        """
        INSERT INTO revisions (article, seen_at, title, text, text_sha256, changes)
        VALUES (:article, :seen_at, :title, :text, :text_sha256, :changes)
        """,
        {
            "article": before["id"],
            "seen_at": seen,
            "title": before["title"],
            "text": before["text"],
            "text_sha256": before["text_sha256"],
            "changes": "{}",
        },
    )
