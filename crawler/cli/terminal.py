"""Consoles and log formatting that escape control characters.

Markup and emoji codes are printed literally.
"""

from __future__ import annotations

import logging
import os
import re
from typing import Any

from rich.console import Console
from rich.text import Text

# Control characters (ECMA-48: C0 except tab and line feed, DEL, C1) and bidirectional controls (UAX #9). Titles,
# reasons and errors contain text of pages and servers, which is not always cleaned before it is printed.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def escape_controls(text: str) -> str:
    """Escape the control characters of a text: ESC [2J becomes \\x1b[2J."""
    return _CONTROLS.sub(lambda sign: sign[0].encode("unicode_escape").decode("ascii"), text)


class Terminal(Console):
    """A rich console that prints strings literally.

    Styled text is passed as a Text or with a style. If the output is not a terminal, it is 200 columns wide, so that a
    table's row stays on one line.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False)
        if not self.is_terminal and "COLUMNS" not in os.environ:
            self.width = 200

    def render_str(self, text: str, **options: Any) -> Text:
        """Escape a string before rich renders it.

        Rich calls this for every string, also for table cells.
        """
        return super().render_str(escape_controls(text), **options)


class EscapingFormatter(logging.Formatter):
    """A log formatter that escapes control characters, also in tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        """Format the record, with its traceback if it has one."""
        return escape_controls(super().format(record))


def pluralize(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun: "1 article", "1,200 articles".

    `many` is the plural if it is not `one` + "s".
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
