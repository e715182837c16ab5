"""What the store knows of one page, and how much it holds in all: for `vigia why`, `status` and `rebuild`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from db.model.article import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedPage:
    """A page that was settled, and where it lies in the archive."""

    url: str
    key: str
    outlet: str
    place: Place
    kept: bool  # an article, not a rejection
    read: bool  # in full: an article, or off topic


def find_article(db: Database, address: str) -> dict[str, Any] | None:
    """The row of an article by its URL, its key, or the key of any address that led to it."""
    rows = db.query(
        """
        SELECT * FROM articles WHERE url = :address OR key = :address
            OR id IN (SELECT article FROM addresses WHERE key = :address) ORDER BY id LIMIT 1
        """,
        {"address": address},
    )
    return next(rows, None)


def find_article_url(db: Database, article_id: int) -> str | None:
    """The address of an article."""
    row = db.execute("SELECT url FROM articles WHERE id = :id", {"id": article_id}).fetchone()
    return row and str(row[0])


def find_rejection(db: Database, address: str) -> dict[str, Any] | None:
    """The row of a rejected page by its URL or key."""
    return next(db.query("SELECT * FROM rejections WHERE url = :address OR key = :address", {"address": address}), None)


def read_mentions(db: Database, article_id: int) -> list[dict[str, Any]]:
    """Concepts that an article names, with their names, the most frequent first."""
    rows = db.query(
        """
        SELECT m.concept, m.count, m.in_title, c.kind, c.side, c.name_en, c.name_es, c.name_zh
        FROM mentions m JOIN concepts c ON c.id = m.concept WHERE m.article = :id ORDER BY m.count DESC, m.concept
        """,
        {"id": article_id},
    )
    return list(rows)


def read_archived_pages(db: Database, outlet: str | None = None) -> Iterator[ArchivedPage]:
    """Every page that lies in the archive, kept and rejected, file by file in the order in which it was written."""
    rows = db.query(
        """
        SELECT url, coalesce(key, url) AS key, outlet, archive_file, archive_offset, 1 AS kept, 1 AS read FROM articles
        WHERE archive_file IS NOT NULL AND (:outlet IS NULL OR outlet = :outlet)
        UNION ALL
        SELECT url, coalesce(key, url), outlet, archive_file, archive_offset, 0, reason = 'off-topic' FROM rejections
        WHERE archive_file IS NOT NULL AND (:outlet IS NULL OR outlet = :outlet)
        ORDER BY archive_file, archive_offset
        """,
        {"outlet": outlet},
    )
    # Read at once, in slim tuples: whoever rebuilds writes to the same tables meanwhile.
    settled = [tuple(row.values()) for row in rows]
    for url, key, outlet_id, file, offset, kept, read in settled:
        place = Place(file=file, offset=offset)
        yield ArchivedPage(url=url, key=key, outlet=outlet_id, place=place, kept=bool(kept), read=bool(read))


def count_records(db: Database) -> dict[str, int]:
    """How many articles, originals, copies, revisions and rejections there are."""
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
