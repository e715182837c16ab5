"""Cause every fault of sending alerts and print its effect: `python tests/benchmarks/faults.py [WORD]`.

Messages go to a real mail server with three recipients, a real receiver of signed webhooks, and alerts.log. Processes
are killed by SIGKILL after every recorded step. Per recipient, `again` counts messages that arrived once more (the same
Message-ID or webhook-id), and `twice` counts stories that came in more than one message. A row that differs from the
expected effect is marked, and the exit code is then 1. WORD selects the faults whose line contains it.
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
    """Format a row of the table."""
    numbers = (
        f"{outcome.due:>5} {outcome.due - outcome.lost:>5} {outcome.lost:>5} {outcome.again:>6} {outcome.twice:>6}"
    )
    verdict = "as allowed" if outcome.is_as_allowed else f"NOT AS ALLOWED {outcome.allowed}"
    return f"{outcome.fault:<66} {outcome.channel:<8} {numbers}  {verdict}{f'; {outcome.note}' if outcome.note else ''}"


def main(word: str) -> int:
    """Print a row for each fault, and how many rows differ from what is expected."""
    logging.basicConfig(level=logging.CRITICAL)
    print(f"{'fault':<66} {'channel':<8} {'due':>5} {'sent':>5} {'lost':>5} {'again':>6} {'twice':>6}")
    began, rows, wrong = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for name, fault in all_faults(Path(folder)):
            if word in name:
                outcome = fault()
                rows, wrong = rows + 1, wrong + (not outcome.is_as_allowed)
                print(line(outcome), flush=True)
    print(f"{rows} faults in {time.monotonic() - began:.0f} s, {wrong} not as allowed")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
