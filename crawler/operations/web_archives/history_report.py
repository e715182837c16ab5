"""What a reading of a web archive did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from crawler.operations.imports.import_report import count_outcomes


@dataclass(slots=True, kw_only=True)
class HistoryReport:
    """What one run did; each capture that was settled is counted once, by outcome.

    rows: of the index, `bad` of them unreadable. captures: of pages that may be articles of the outlet, each page once
    an answer. waiting: captures that no run has settled yet. failed: of these, those that could not be had this time.
    problem: why the run ended early, in one line.
    """

    outlet: str
    archive: str
    rows: int = 0
    bad: int = 0
    captures: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    problem: str | None = None
    is_stopped: bool = False

    @property
    def settled(self) -> int:
        """How many captures were settled."""
        return self.counts.total()

    def as_dict(self) -> dict[str, Any]:
        """Return it as `vigia backfill --from … --json` prints it."""
        return {
            "outlet": self.outlet,
            "archive": self.archive,
            "stopped": self.is_stopped,
            "problem": self.problem,
            "index": {"rows": self.rows, "unreadable": self.bad, "captures": self.captures},
            **count_outcomes(self.settled, self.counts),
            "waiting": self.waiting,
            "failed": dict(self.failed),
        }
