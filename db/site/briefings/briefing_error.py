"""The error of briefings."""

from __future__ import annotations


class BriefingError(Exception):
    """A briefing can't be made. The text is one line: what is wrong, the remedy."""
