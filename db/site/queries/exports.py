"""SQL of downloads: columns that the list of articles does not have. :ids is a JSON list."""

from __future__ import annotations

from typing import TypedDict

from db.search.statement import RowsOf


class ExportDetails(TypedDict):
    """A row of MORE_OF. `authors` is a JSON list."""

    id: int
    url: str
    key: str
    authors: str | None
    claimed: str | None
    claimed_precision: str | None


class CopyCount(TypedDict):
    """A row of COPIED_OF."""

    original: int
    copies: int


MORE_OF = RowsOf[ExportDetails]("""
    SELECT a.id, a.url, coalesce(a.key, a.url) AS key, a.authors, a.claimed, a.claimed_precision
    FROM json_each(:ids) AS page CROSS JOIN articles AS a ON a.id = page.value
""")
COPIED_OF = RowsOf[CopyCount]("""
    SELECT a.original, count(*) AS copies
    FROM json_each(:ids) AS page CROSS JOIN articles AS a ON a.original = page.value
    GROUP BY a.original
""")

__all__ = ["COPIED_OF", "MORE_OF"]
