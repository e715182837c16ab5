"""Traditional Chinese characters folded to simplified ones; the table stands in db, where the search index uses it."""

from __future__ import annotations

from db.hanzi import SIMPLIFIED, TO_SIMPLIFIED, TRADITIONAL

__all__ = ["SIMPLIFIED", "TO_SIMPLIFIED", "TRADITIONAL"]
