"""Tables of news.db by month, for `vigia export`: what their columns are, and their rows in batches.

Nothing of desk.db is in them, and of texts only the words of figures, but for the column `text`, which is asked for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from sqlite_utils import Database

from db.connection import explain_errors, open_news
from db.i18n.concept_names import CONCEPT_NAME_COLUMNS, SQL_NAME_COLUMNS

Batch: TypeAlias = "list[tuple[object, ...]]"  # rows
ColumnType = Literal["text", "integer", "real", "boolean", "time"]  # time: UTC, ISO 8601 with Z

BATCH_ROWS = 2_000
TEXT_COLUMN = "text"
_SHORT_TYPES: dict[str, ColumnType] = {"t": "text", "i": "integer", "r": "real", "b": "boolean", "at": "time"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportTable:
    """A table that is exported: its columns with their types, and the statements for its months and its rows.

    A table without months is one file.
    """

    name: str
    columns: tuple[tuple[str, ColumnType], ...]
    rows: str
    months: str | None = None

    def choose_columns(self, *, with_text: bool) -> tuple[tuple[str, ColumnType], ...]:
        """Return the columns, with or without the texts of articles."""
        return tuple(column for column in self.columns if with_text or column[0] != TEXT_COLUMN)


@contextlib.contextmanager
def open_for_export(path: Path) -> Iterator[Database]:
    """Open news.db for reading, in one state for the whole block. Raises StoreError."""
    db = open_news(path, readonly=True)
    try:
        with explain_errors(path):
            db.execute("BEGIN")
            yield db
    finally:
        db.conn.close()


def list_months(db: Database, table: ExportTable) -> list[str]:
    """Return the months (UTC, YYYY-MM) in which a table has rows, the first first; "" for a table without months."""
    return [""] if table.months is None else [str(month) for (month,) in db.execute(table.months)]


def read_batches(db: Database, table: ExportTable, month: str, *, with_text: bool) -> Iterator[Batch]:
    """Yield the rows of one month in batches, in an order that stays."""
    names = ", ".join(f'"{name}"' for name, _ in table.choose_columns(with_text=with_text))
    # A month's end is the text that follows all its times: "2026-11~" is greater than "2026-11-30T23:59:59Z".
    bounds = {"begin": month, "end": f"{month}~"} if table.months else {}
    cursor = db.execute(f"SELECT {names} FROM ({table.rows})", bounds)  # noqa: S608 -- columns of EXPORT_TABLES
    while batch := cursor.fetchmany(BATCH_ROWS):
        yield batch


def _columns(written: str) -> tuple[tuple[str, ColumnType], ...]:
    """Read "id:i url:t" as columns with their types."""
    pairs = (word.split(":") for word in written.split())
    return tuple((name, _SHORT_TYPES[kind]) for name, kind in pairs)


_ARTICLE_MONTHS = """
    SELECT DISTINCT substr(coalesce(published, first_seen), 1, 7) AS month FROM articles ORDER BY month
"""
EXPORT_TABLES = (
    ExportTable(
        name="articles",
        columns=_columns(
            "id:i url:t outlet:t title:t authors:t published:at published_precision:t published_local:t claimed:at"
            " modified:at first_seen:at last_seen:at language:t words:i relevance:r verdict:t original:i similarity:r"
            " copy_kind:t credited_to:t paywalled:b sponsored:b backfilled:b format:t section:t tags:t story:i text:t"
        ),
        months=_ARTICLE_MONTHS,
        rows="""
            SELECT a.*, s.story FROM articles AS a LEFT JOIN story_articles AS s ON s.article = a.id
            WHERE coalesce(a.published, a.first_seen) >= :begin AND coalesce(a.published, a.first_seen) < :end
            ORDER BY coalesce(a.published, a.first_seen), a.id
        """,
    ),
    ExportTable(
        name="mentions",
        columns=_columns("article:i concept:t count:i in_title:i"),
        months=_ARTICLE_MONTHS,
        rows="""
            SELECT m.* FROM articles AS a CROSS JOIN mentions AS m ON m.article = a.id
            WHERE coalesce(a.published, a.first_seen) >= :begin AND coalesce(a.published, a.first_seen) < :end
            ORDER BY coalesce(a.published, a.first_seen), a.id, m.concept
        """,
    ),
    ExportTable(
        name="figures",
        columns=_columns(
            "id:i article:i start:i end:i surface:t kind:t value:r low:r high:r day:t unit:t qualifier:t measure:t"
            " concept:t scope:t is_attributed:b in_lead:i"
        ),
        months=_ARTICLE_MONTHS,
        rows="""
            SELECT f.id, f.article, f.start, f."end", f.surface, f.kind,
                CASE WHEN typeof(f.value) <> 'text' THEN f.value END AS value, f.low, f.high,
                CASE WHEN typeof(f.value) = 'text' THEN f.value END AS day,
                f.unit, f.qualifier, f.measure, f.concept, f.scope, f.is_attributed, f.in_lead
            FROM articles AS a CROSS JOIN figures AS f ON f.article = a.id
            WHERE coalesce(a.published, a.first_seen) >= :begin AND coalesce(a.published, a.first_seen) < :end
            ORDER BY coalesce(a.published, a.first_seen), a.id, f.start, f.id
        """,
    ),
    ExportTable(
        name="stories",
        columns=_columns(
            "id:i began:at latest:at first_article:i title:t articles:i originals:i outlets:i languages:i"
        ),
        months="SELECT DISTINCT substr(began, 1, 7) AS month FROM stories WHERE merged_into IS NULL ORDER BY month",
        rows="""
            SELECT s.id, s.began, s.latest, s.first_article, first.title,
                count(*) AS articles, sum(a.original IS NULL) AS originals,
                count(DISTINCT a.outlet) AS outlets, count(DISTINCT a.language) AS languages
            FROM stories AS s CROSS JOIN story_articles AS sa ON sa.story = s.id
            CROSS JOIN articles AS a ON a.id = sa.article LEFT JOIN articles AS first ON first.id = s.first_article
            WHERE s.merged_into IS NULL AND s.began >= :begin AND s.began < :end
            GROUP BY s.began, s.id ORDER BY s.began, s.id
        """,
    ),
    ExportTable(
        name="divergences",
        columns=_columns(
            "divergence:i kind:t since:at closed:at story:i concept:t measure:t unit:t figure:i article:i outlet:t"
            " surface:t value:r low:r high:r"
        ),
        months="SELECT DISTINCT substr(since, 1, 7) AS month FROM divergences ORDER BY month",
        rows="""
            SELECT d.id AS divergence, d.kind, d.since, d.closed, d.story, d.concept, d.measure, d.unit,
                f.id AS figure, f.article, a.outlet, f.surface,
                CASE WHEN typeof(f.value) <> 'text' THEN f.value END AS value, f.low, f.high
            FROM divergences AS d CROSS JOIN divergence_figures AS df ON df.divergence = d.id
            CROSS JOIN figures AS f ON f.id = df.figure CROSS JOIN articles AS a ON a.id = f.article
            WHERE d.since >= :begin AND d.since < :end ORDER BY d.since, d.id, f.id
        """,
    ),
    ExportTable(
        name="outlets",
        columns=_columns("id:t name:t home:t country:t languages:t kind:t ownership:t ownership_source:t"),
        rows="""
            SELECT id, name, home, country, languages, kind, ownership, ownership_source FROM outlets ORDER BY id
        """,
    ),
    ExportTable(
        name="concepts",
        columns=_columns(" ".join(["id:t kind:t side:t", *(f"{name}:t" for name in CONCEPT_NAME_COLUMNS.values())])),
        rows=f"SELECT id, kind, side, {SQL_NAME_COLUMNS} FROM concepts ORDER BY id",  # noqa: S608 -- constants
    ),
)
