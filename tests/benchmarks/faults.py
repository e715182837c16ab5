"""Everything that may go wrong while alerts go out, and what came of it: `python tests/benchmarks/faults.py [WORD]`.

A real mail server with three recipients, a real receiver of signed webhooks and alerts.log; processes are killed by
SIGKILL at every step that is recorded. `again` counts arrivals of a message that was there (the same Message-ID or
webhook-id), `twice` stories that another message told too, each for each recipient. A row that is not as it is stated
is marked, and the exit code is 1. WORD picks the faults whose line holds it.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.fixtures.alert_bench import Outcome
from tests.fixtures.alert_faults import all_faults


def line(outcome: Outcome) -> str:
    """A row of the table."""
    numbers = (
        f"{outcome.due:>5} {outcome.due - outcome.lost:>5} {outcome.lost:>5} {outcome.again:>6} {outcome.twice:>6}"
    )
    stated = "as stated" if outcome.held else f"NOT AS STATED {outcome.stated}"
    return f"{outcome.fault:<66} {outcome.channel:<8} {numbers}  {stated}{f'; {outcome.note}' if outcome.note else ''}"


def main(word: str) -> int:
    """Print a row for each fault, and how many were not as it is stated."""
    logging.basicConfig(level=logging.CRITICAL)
    print(f"{'fault':<66} {'channel':<8} {'due':>5} {'sent':>5} {'lost':>5} {'again':>6} {'twice':>6}")
    began, rows, wrong = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for name, fault in all_faults(Path(folder)):
            if word in name:
                outcome = fault()
                rows, wrong = rows + 1, wrong + (not outcome.held)
                print(line(outcome), flush=True)
    print(f"{rows} faults in {time.monotonic() - began:.0f} s, {wrong} not as stated")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
