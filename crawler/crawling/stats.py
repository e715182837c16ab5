"""Counts of one crawl, updated while it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class CrawlStats:
    """The counts of one row of the table `crawls`."""

    requests: int = 0
    pages: int = 0
    new: int = 0
    revised: int = 0
    rejected: int = 0
    errors: int = 0
    sources: int = 0
    sources_failed: int = 0
    last_error: str = ""

    def count_error(self, error: str) -> None:
        """Count an error and keep it as the last one."""
        self.errors += 1
        self.last_error = error
