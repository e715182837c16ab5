"""Look up a page and count records, for `vigia why` and `status`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict, cast

from sqlite_utils import Database

from db.i18n.concept_names import SQL_NAMES, ConceptNames, read_concept_names
from db.news.article_row import ArticleRow


class RejectionRow(TypedDict):
    """A row of `rejections`. Times are UTC as in db.model.times."""

    url: str
    key: str
    outlet: str
    reason: str
    relevance: float | None
    title: str | None
    detail: str | None
    seen_at: str
    archive_file: str | None
    archive_offset: int | None


class ConceptMention(TypedDict):
    """A concept that an article names."""

    concept: str
    count: int
    in_title: int  # 0 or 1
    kind: str | None
    side: str | None
    names: ConceptNames


def find_article_by_id(db: Database, id: int) -> ArticleRow | None:  # noqa: A002 - the column's name
    """Return an article by its number."""
    return next(cast("Iterator[ArticleRow]", db.query("SELECT * FROM articles WHERE id = :id", {"id": id})), None)


def find_article(db: Database, address: str) -> ArticleRow | None:
    """Find an article by its URL, its key, or the key of any address that led to it."""
    rows = db.query(
        """
        SELECT * FROM articles WHERE url = :address OR key = :address
            OR id IN (SELECT article FROM addresses WHERE key = :address) ORDER BY id LIMIT 1
        """,
        {"address": address},
    )
    return cast("ArticleRow | None", next(rows, None))


def find_article_url(db: Database, article_id: int) -> str | None:
    """Return the address of an article, or None if there is no such article."""
    row = db.execute("SELECT url FROM articles WHERE id = :id", {"id": article_id}).fetchone()
    return row and str(row[0])


def find_rejection(db: Database, address: str) -> RejectionRow | None:
    """Find a rejected page by its URL or key."""
    rows = db.query("SELECT * FROM rejections WHERE url = :address OR key = :address", {"address": address})
    return cast("RejectionRow | None", next(rows, None))


def read_mentions(db: Database, article_id: int) -> list[ConceptMention]:
    """Return the concepts that an article names, the most frequent first."""
    rows = db.query(
        f"""
        SELECT m.concept, m.count, m.in_title, c.kind, c.side, {SQL_NAMES} AS names
        FROM mentions m JOIN concepts c ON c.id = m.concept WHERE m.article = :id ORDER BY m.count DESC, m.concept
        """,  # noqa: S608 -- columns
        {"id": article_id},
    )
    return [cast("ConceptMention", row | {"names": read_concept_names(row["names"])}) for row in rows]


def count_records(db: Database) -> dict[str, int]:
    """Count the articles, originals, copies, revisions and rejections, by these names."""
    (row,) = db.query(
        """
        SELECT (SELECT count(*) FROM articles) AS articles,
            (SELECT count(*) FROM articles WHERE original IS NULL) AS originals,
            (SELECT count(*) FROM articles WHERE original IS NOT NULL) AS copies,
            (SELECT count(*) FROM revisions) AS revisions,
            (SELECT count(*) FROM rejections) AS rejections
        """
    )
    return {name: int(number) for name, number in row.items()}
