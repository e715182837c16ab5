"""The `vigia` command: the only room that knows click and rich."""

from __future__ import annotations

from crawler.cli.main import vigia

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    vigia(prog_name="vigia")
