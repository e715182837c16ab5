"""SQL of the ledger of copies. Each statement reads a bounded number of rows."""

from __future__ import annotations

from typing import TypedDict

from db.copies.sources import MAX_VERSION_CHARACTERS
from db.news.stories.rows import SQL_MOMENT, SQL_SAME_MOMENT
from db.search.statement import RowsOf

MAX_COPIES_READ = 2_000  # articles of a story
MAX_COUNTED_COPIES = 100_000  # of the days of the matrix, the newest


class CopyLedgerRow(TypedDict):
    """An original that has copies, or a copy with its source; of one that was not compared the numbers are NULL."""

    id: int
    title: str
    url: str
    outlet: str
    language: str | None
    original: int | None
    copy_kind: str | None
    credited_to: str | None
    published: str | None
    published_precision: str | None
    moment: str
    source: int | None
    kept: int | None
    cut: int | None
    added: int | None
    is_sure: int | None
    is_credited: int | None


class OutletPair(TypedDict):
    """How many copies one outlet took from another, and how many of them name it or an agency."""

    source_outlet: str
    outlet: str
    copies: int
    credited: int


class TextOfVersion(TypedDict):
    """The beginning of an article's text, as far as its sentences are compared."""

    id: int
    text: str


COPIES_OF_STORY = RowsOf[CopyLedgerRow](f"""
    SELECT a.id, a.title, a.url, a.outlet, a.language, a.original, a.copy_kind, a.credited_to, a.published,
        a.published_precision, {SQL_MOMENT} AS moment, c.source, c.kept, c.cut, c.added, c.is_sure, c.is_credited
    FROM story_articles AS s CROSS JOIN articles AS a ON a.id = s.article
    LEFT JOIN copy_sources AS c ON c.article = a.id
    WHERE s.story = :story AND (
        a.original IS NOT NULL OR EXISTS (SELECT 1 FROM articles AS b WHERE b.original = a.id)
    )
    ORDER BY moment, {SQL_SAME_MOMENT} LIMIT {MAX_COPIES_READ + 1}
""")  # noqa: S608 -- constants
TEXTS_OF_VERSIONS = RowsOf[TextOfVersion](f"""
    SELECT a.id, substr(a.text, 1, {MAX_VERSION_CHARACTERS}) AS text
    FROM json_each(:ids) AS one CROSS JOIN articles AS a ON a.id = one.value
""")  # noqa: S608 -- a number of ours
OUTLET_PAIRS = RowsOf[OutletPair](f"""
    SELECT source_outlet, outlet, count(*) AS copies, sum(is_credited) AS credited FROM (
        SELECT source_outlet, outlet, is_credited FROM copy_sources INDEXED BY copy_sources_moment
        WHERE moment >= :since AND is_sure = 1 AND source_outlet <> outlet
        ORDER BY moment DESC LIMIT {MAX_COUNTED_COPIES}
    ) GROUP BY source_outlet, outlet ORDER BY copies DESC, source_outlet, outlet
""")  # noqa: S608 -- a number of ours
