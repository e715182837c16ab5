"""The `vigia` command. Only this package uses click and rich."""

from __future__ import annotations

import io
import sys

from crawler.cli.main import vigia

__all__ = ["main"]


def main() -> None:
    """Run the command line. A character that the terminal's encoding lacks is shown as its escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    vigia(prog_name="vigia")
