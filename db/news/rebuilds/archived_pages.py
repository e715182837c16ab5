"""The pages that a rebuild analyses, in temporary tables: what is in memory does not grow with the archive.

The list is made once, because a rebuild writes to the tables from which it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from db.model.article import Place

_BATCH_ROWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedPage:
    """A page in the archive; `is_stored`: an article or a rejection of it is stored."""

    url: str
    key: str
    outlet: str
    place: Place
    is_stored: bool
    is_article: bool
    was_read: bool  # True if the page was analysed in full: an article, or off topic


def list_archived_pages(db: Database, outlet: str | None = None) -> int:
    """Begin the list with all pages that are stored, by file and in the order of writing; return their number."""
    with db.atomic():
        db.execute("DROP TABLE IF EXISTS temp.archived_pages")
        db.execute(
            """
            CREATE TEMP TABLE archived_pages (
                position INTEGER PRIMARY KEY, url TEXT, key TEXT, outlet TEXT, file TEXT, offset INTEGER,
                is_stored INTEGER, is_article INTEGER, was_read INTEGER, is_sampled INTEGER DEFAULT 0
            )
            """
        )
        return db.execute(
            """
            INSERT INTO temp.archived_pages (url, key, outlet, file, offset, is_stored, is_article, was_read)
            SELECT url, coalesce(key, url), outlet, archive_file, archive_offset, 1, 1, 1 FROM articles
            WHERE archive_file IS NOT NULL AND (:outlet IS NULL OR outlet = :outlet)
            UNION ALL
            SELECT url, coalesce(key, url), outlet, archive_file, archive_offset, 1, 0, reason = 'off-topic'
            FROM rejections WHERE archive_file IS NOT NULL AND (:outlet IS NULL OR outlet = :outlet)
            ORDER BY archive_file, archive_offset
            """,
            {"outlet": outlet},
        ).rowcount


def begin_unknown_pages(db: Database) -> None:
    """Make ready for `add_unknown_pages`."""
    with db.atomic():
        db.execute("DROP TABLE IF EXISTS temp.unknown_pages")
        db.execute(
            """
            CREATE TEMP TABLE unknown_pages (
                position INTEGER PRIMARY KEY, url TEXT, key TEXT UNIQUE, outlet TEXT, file TEXT, offset INTEGER
            )
            """
        )


def add_unknown_pages(db: Database, pages: Iterable[ArchivedPage]) -> None:
    """Note pages of which nothing is stored, in the order of fetching: the latest of each key counts."""
    with db.atomic():
        for page in pages:
            db.execute(
                """
                INSERT INTO temp.unknown_pages (url, key, outlet, file, offset)
                VALUES (:url, :key, :outlet, :file, :offset)
                ON CONFLICT (key) DO UPDATE SET
                    url = excluded.url, outlet = excluded.outlet, file = excluded.file, offset = excluded.offset
                """,
                {
                    "url": page.url,
                    "key": page.key,
                    "outlet": page.outlet,
                    "file": page.place.file,
                    "offset": page.place.offset,
                },
            )


def append_unknown_pages(db: Database) -> int:
    """Put the unknown pages at the end of the list, in the order in which each was first fetched; return how many."""
    with db.atomic():
        return db.execute(
            """
            INSERT INTO temp.archived_pages (url, key, outlet, file, offset, is_stored, is_article, was_read)
            SELECT url, key, outlet, file, offset, 0, 0, 0 FROM temp.unknown_pages ORDER BY position
            """
        ).rowcount


def read_listed_pages(db: Database, *, sampled: bool = False) -> Iterator[tuple[int, ArchivedPage]]:
    """Yield the pages of the list with their positions, a batch in memory at a time; only the sample if `sampled`."""
    position = 0
    while True:
        rows = db.execute(
            """
            SELECT position, url, key, outlet, file, offset, is_stored, is_article, was_read
            FROM temp.archived_pages WHERE position > :position AND is_sampled >= :sampled ORDER BY position LIMIT :most
            """,
            {"position": position, "sampled": int(sampled), "most": _BATCH_ROWS},
        ).fetchall()
        if not rows:
            return
        for number, url, key, outlet, file, offset, is_stored, is_article, was_read in rows:
            page = ArchivedPage(
                url=url,
                key=key,
                outlet=outlet,
                place=Place(file=file, offset=offset),
                is_stored=bool(is_stored),
                is_article=bool(is_article),
                was_read=bool(was_read),
            )
            yield number, page
        position = rows[-1][0]


def read_listed_outlets(db: Database) -> list[str]:
    """Return the outlets of the list, sorted."""
    return [outlet for (outlet,) in db.execute("SELECT DISTINCT outlet FROM temp.archived_pages ORDER BY outlet")]


def mark_sampled(db: Database, positions: Iterable[int]) -> None:
    """Take the pages at these positions as the sample."""
    with db.atomic():
        db.execute(
            """
            UPDATE temp.archived_pages SET is_sampled = 1
            WHERE position IN (SELECT value FROM json_each(:positions))
            """,
            {"positions": json.dumps(list(positions))},
        )


def begin_sampled_lines(db: Database) -> None:
    """Make ready for `add_sampled_lines`."""
    with db.atomic():
        db.execute("DROP TABLE IF EXISTS temp.sampled_lines")
        db.execute("CREATE TEMP TABLE sampled_lines (outlet TEXT, page TEXT)")
        db.execute("CREATE INDEX temp.sampled_lines_outlet ON sampled_lines (outlet)")


def add_sampled_lines(db: Database, pages: Iterable[tuple[str, str]]) -> None:
    """Keep what pages of the sample show, each with its outlet and as JSON, until all of them are analysed."""
    with db.atomic():
        for outlet, page in pages:
            db.execute(
                "INSERT INTO temp.sampled_lines (outlet, page) VALUES (:outlet, :page)",
                {"outlet": outlet, "page": page},
            )


def read_sampled_lines(db: Database, outlet: str) -> list[str]:
    """Return what the sampled pages of an outlet show, in the order of the list."""
    rows = db.execute("SELECT page FROM temp.sampled_lines WHERE outlet = :outlet ORDER BY rowid", {"outlet": outlet})
    return [page for (page,) in rows]
