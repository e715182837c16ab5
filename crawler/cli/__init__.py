"""The `vigia` command: the only room that knows click and rich."""

from __future__ import annotations

from crawler.cli.main import vigia

# Commands register themselves with the group.
from crawler.cli import alerts, analysis, crawling, outlets, running  # noqa: F401  isort: skip


def main() -> None:
    """Run the command line."""
    vigia(prog_name="vigia")
