"""Figures in which outlets differ as files: CSV and JSON. Pure.

docs/reading-room.md describes the fields, whose names are an interface.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from db.news.stories.divergence_lookup import ToldRow, list_divergences, sentence_of
from db.site.exports.csv_table import CSV_MEDIA_TYPE, write_csv_table
from db.site.exports.file_format import JSON_MEDIA_TYPE, FileFormat

_COLUMNS = (
    "divergence", "kind", "measure", "concept", "story", "since", "value", "unit", "qualifier", "surface", "sentence",
    "outlet", "published", "language", "url",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureFile:
    """The content of a file: figures with their articles, those of one divergence together."""

    rows: Sequence[ToldRow]
    page: str  # address of the same divergences as a page
    mistake: str  # which arguments of the address were not read, or ""


def write_figures_csv(file: FigureFile) -> str:
    """Write a table with a row for each figure."""
    cells = (
        (
            row["divergence"], row["divergence_kind"], row["measure"], row["concept"], row["story"], row["since"],
            row["value"], row["unit"], row["qualifier"], row["surface"], sentence_of(row), row["outlet"],
            row["published"], row["language"], row["url"],
        )
        for row in file.rows
    )  # fmt: skip
    return write_csv_table(_COLUMNS, cells)


def write_figures_json(file: FigureFile) -> str:
    """Write one JSON object: `divergences`, each with its values and figures."""
    document = {
        "page": file.page,
        "mistake": file.mistake or None,
        "divergences": list_divergences(file.rows),
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


FIGURE_FORMATS = {
    "csv": FileFormat(label="CSV", media_type=CSV_MEDIA_TYPE, write=write_figures_csv, is_attachment=True),
    "json": FileFormat(label="JSON", media_type=JSON_MEDIA_TYPE, write=write_figures_json, is_attachment=True),
}
