"""What a rebuild did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

_GO_ON = "Run the same command again to go on."


class StoppedEarly(Exception):  # noqa: N818 - what ends it, not an error
    """The rebuild was asked to end."""


@dataclass(slots=True)
class RebuildReport:
    """What a rebuild did. `first_lost`: "address: reason" of the first page that could not be read in the archive."""

    pages: int = 0
    archive_only: int = 0  # pages of which news.db had no record
    lines_learned: int = 0  # repeated lines that are left out of texts
    changes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    first_lost: str = ""
    is_stopped: bool = False  # ended before the last page

    def count_lost(self, problem: str) -> None:
        """Count a page that can't be read."""
        self.lost += 1
        self.first_lost = self.first_lost or problem

    def lines(self) -> Iterator[str]:
        """Yield the report as lines of text."""
        if self.is_stopped and not self.pages:
            yield f"Stopped before a page was stored. {_GO_ON}"
            return
        yield (
            f"{self.pages} page{'s' * (self.pages != 1)} analysed again; "
            f"repeated lines that are left out of texts: {self.lines_learned}."
        )
        if self.archive_only:
            yield f"  {self.archive_only} of them lay in the archive alone: news.db knew nothing of them"
        for change in ("now an article", "now rejected", "record changed", "unchanged"):
            yield f"  {change}: {self.changes[change]}"
        for reason, number in self.reasons.most_common():
            yield f"    rejected, {reason}: {number}"
        if self.lost:
            yield f"  could not be read in the archive: {self.lost} (first: {self.first_lost})"
        if self.is_stopped:
            yield f"Stopped before the end. {_GO_ON}"
