"""The `vigia` command. Only this package uses click and rich."""

from __future__ import annotations

import io
import sys

from crawler.cli.main import vigia

__all__ = ["main"]


def main() -> None:
    """Run the command line. A character that the encoding of the output lacks is shown as its escape."""
    output = sys.stdout
    if isinstance(output, io.TextIOWrapper) and output.encoding.lower() != "utf-8":
        output.reconfigure(errors="backslashreplace")
    vigia(prog_name="vigia")
