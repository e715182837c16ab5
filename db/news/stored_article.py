"""Which article is stored for a page already."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import cast

from sqlite_utils import Database

from db.copies.similarity import compare_texts, normalise
from db.model.article import Article
from db.news.article_row import ArticleRow


def find_version_before(db: Database, article: Article, *, keys: Iterable[str] = ()) -> tuple[str, str] | None:
    """Return title and text of the stored version that `save_article` would revise; None if there is no other one.

    For `db.news.revisions.prepare_revision`, which is too slow for the event loop.
    """
    before = find_stored_article(db, article, dict.fromkeys((article.key, *keys)))
    if before is None or (before["title"], before["text"]) == (article.title, article.text):
        return None
    return before["title"], before["text"]


def find_stored_article(db: Database, article: Article, addresses: Iterable[str]) -> ArticleRow | None:
    """Find the row of a stored page by its key or URL, or by another of its addresses.

    Another address counts only if the texts are alike: some sites redirect or canonicalise every page to
    the front page.
    """
    if (row := find_article_at(db, article.key, article.url)) is not None:
        return row
    for key in addresses:
        row = find_article_at(db, key, "")
        if row is not None and row["outlet"] == article.outlet and _is_alike(row, article):
            return row
    return None


def _is_alike(row: ArticleRow, article: Article) -> bool:
    likeness = compare_texts(row["text"], article.text)
    return normalise(row["title"]) == normalise(article.title) or likeness.jaccard >= 0.5 or likeness.containment >= 0.8


def find_known_keys(db: Database, keys: Sequence[str]) -> set[str]:
    """Return those of `keys` whose page is stored, as an article or as a rejection."""
    rows = db.query(
        "SELECT key FROM addresses WHERE key IN (SELECT value FROM json_each(:keys))", {"keys": json.dumps(list(keys))}
    )
    return {row["key"] for row in rows}


def find_keys_read(db: Database, keys: Sequence[str]) -> set[str]:
    """Return those of `keys` whose page the desk has read: as an article, or as an archived page that is none."""
    rows = db.query(
        """
        SELECT key FROM addresses WHERE article IS NOT NULL AND key IN (SELECT value FROM json_each(:keys))
        UNION
        SELECT key FROM rejections WHERE archive_file IS NOT NULL AND key IN (SELECT value FROM json_each(:keys))
        """,
        {"keys": json.dumps(keys)},
    )
    return {row["key"] for row in rows}


def find_article_at(db: Database, key: str, url: str) -> ArticleRow | None:
    """Return the row of the article with this key or URL, or None."""
    rows = db.query(
        """
        SELECT * FROM articles WHERE id IN (SELECT article FROM addresses WHERE key = :key)
            OR key = :key OR url = :url ORDER BY id LIMIT 1
        """,
        {"key": key, "url": url},
    )
    return cast("ArticleRow | None", next(rows, None))
