"""SQL of downloads: columns that the list of articles does not have. :ids is a JSON list."""

from __future__ import annotations

MORE_OF = """
    SELECT a.id, a.url, coalesce(a.key, a.url) AS key, a.authors
    FROM json_each(:ids) AS page CROSS JOIN articles AS a ON a.id = page.value
"""
COPIED_OF = """
    SELECT a.original, count(*) AS copies
    FROM json_each(:ids) AS page CROSS JOIN articles AS a ON a.original = page.value
    GROUP BY a.original
"""

__all__ = ["COPIED_OF", "MORE_OF"]
