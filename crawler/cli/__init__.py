"""The `vigia` command. Only this package uses click and rich."""

from __future__ import annotations

from crawler.cli.main import vigia

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    vigia(prog_name="vigia")
