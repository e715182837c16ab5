"""What news.db knows of one article: its versions, what changed between them, its copies. For evidence packs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from sqlite_utils import Database

from db.news.article_row import ArticleRow
from db.news.outlets import OutletRow
from db.news.stories.rows import SQL_MOMENT, SQL_SAME_MOMENT, find_story

MAX_OTHERS = 200  # copies, or articles of a story, that are listed


class VersionRow(TypedDict):
    """One version of an article. The changes are those to the next version, as db.news.revisions stores them."""

    since: str
    title: str
    text: str
    changes: str  # JSON; {} for the latest version, and for a revision from before changes were stored
    kinds: list[str] | None  # of the edit, None where it was not judged
    notice: str | None


class OtherArticleRow(TypedDict):
    """Another article as it is listed: never its text."""

    url: str
    title: str
    outlet: str
    outlet_name: str
    language: str | None
    published: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRecord:
    """An article with all that is known of it."""

    row: ArticleRow
    outlet: OutletRow | None
    keys: tuple[str, ...]  # of the addresses that lead to it
    versions: tuple[VersionRow, ...]  # the first one first
    original: OtherArticleRow | None
    copies: tuple[OtherArticleRow, ...]  # at most MAX_OTHERS
    story: int | None
    story_articles: tuple[OtherArticleRow, ...]  # the article among them; at most MAX_OTHERS


@contextlib.contextmanager
def one_state(db: Database) -> Iterator[None]:
    """Read the database as it is now, whatever another process writes meanwhile."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.conn.rollback()


def read_article_record(db: Database, row: ArticleRow) -> ArticleRecord:
    """Return what is known of an article, given its row."""
    id_ = row["id"]
    outlets = db.query(
        """
        SELECT id, name, home, country, languages, kind, ownership, ownership_source FROM outlets WHERE id = :outlet
        """,
        {"outlet": row["outlet"]},
    )
    keys = db.query("SELECT key FROM addresses WHERE article = :id ORDER BY key", {"id": id_})
    story = find_story(db, id_)
    return ArticleRecord(
        row=row,
        outlet=cast("OutletRow | None", next(outlets, None)),
        keys=tuple(dict.fromkeys((row["key"] or row["url"], *(found["key"] for found in keys)))),
        versions=tuple(_read_versions(db, row)),
        original=next(iter(_list(db, "a.id = :id", {"id": row["original"]})), None),
        copies=_list(db, "a.original = :id", {"id": id_}),
        story=story,
        story_articles=_list(
            db, "a.id IN (SELECT article FROM story_articles WHERE story = :id)", {"id": -1 if story is None else story}
        ),
    )


def _read_versions(db: Database, row: ArticleRow) -> Iterator[VersionRow]:
    since = row["first_seen"]
    for found in db.query(
        """
        SELECT r.seen_at, r.title, r.text, r.changes, e.kinds, e.notice
        FROM revisions AS r LEFT JOIN edits AS e ON e.revision = r.id WHERE r.article = :id ORDER BY r.id
        """,
        {"id": row["id"]},
    ):
        yield VersionRow(
            since=since,
            title=found["title"],
            text=found["text"],
            changes=found["changes"],
            kinds=found["kinds"] and json.loads(found["kinds"]),
            notice=found["notice"],
        )
        since = found["seen_at"]
    yield VersionRow(since=since, title=row["title"], text=row["text"], changes="{}", kinds=None, notice=None)


def _list(db: Database, condition: str, parameters: dict[str, Any]) -> tuple[OtherArticleRow, ...]:
    rows = db.query(
        f"""
        SELECT a.url, a.title, a.outlet, coalesce(o.name, a.outlet) AS outlet_name, a.language, a.published
        FROM articles AS a LEFT JOIN outlets AS o ON o.id = a.outlet WHERE {condition}
        ORDER BY {SQL_MOMENT}, {SQL_SAME_MOMENT} LIMIT :most
        """,  # noqa: S608 -- the conditions above
        parameters | {"most": MAX_OTHERS},
    )
    return tuple(cast("OtherArticleRow", row) for row in rows)
