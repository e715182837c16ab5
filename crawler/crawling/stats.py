"""Counts of one crawl, updated while it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class CrawlStats:
    """The counts of one crawl; most are stored in the table `crawls`.

    `pages` are those that are settled: new, revised, rejected (also unread, by robots.txt) or unchanged.
    """

    requests: int = 0
    pages: int = 0
    new: int = 0
    revised: int = 0
    rejected: int = 0
    errors: int = 0
    sources: int = 0
    sources_failed: int = 0
    last_error: str = ""

    @property
    def unchanged(self) -> int:
        """Pages that were read again and are as they were."""
        return self.pages - self.new - self.revised - self.rejected

    def count_error(self, error: str) -> None:
        """Count an error and keep it as the last one."""
        self.errors += 1
        self.last_error = error
