"""The `vigia` command: the only room that knows click and rich."""

from __future__ import annotations

# Commands register themselves with the group.
from crawler.cli import alerts as _alerts
from crawler.cli import analysis as _analysis
from crawler.cli import crawling as _crawling
from crawler.cli import marks as _marks
from crawler.cli import outlets as _outlets
from crawler.cli import running as _running
from crawler.cli import topics as _topics
from crawler.cli.main import vigia

__all__ = ["main"]

COMMANDS = (_alerts, _analysis, _crawling, _marks, _outlets, _running, _topics)


def main() -> None:
    """Run the command line."""
    vigia(prog_name="vigia")
