"""What reaches a terminal: words of strangers as they are, never as markup, an emoji's code or a command to it."""

from __future__ import annotations

import logging
import os
import re
from typing import Any

from rich.console import Console
from rich.text import Text

# What steers a terminal (ECMA-48: C0 but tab and line feed, DEL, C1) and what turns the text around it (UAX #9). Pages,
# addresses and servers' answers come into titles, reasons and errors, and not every one of these was cleaned before.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def escape_controls(text: str) -> str:
    """The text with what could steer a terminal written as an escape: \\x1b[2J."""
    return _CONTROLS.sub(lambda sign: sign[0].encode("unicode_escape").decode("ascii"), text)


class Terminal(Console):
    """A rich console that takes every string as it is; what is to be styled says so in a Text or a style.

    What goes into a pipe or a log has lines of up to 200 columns: a table's row stays in one line there.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False)
        if not self.is_terminal and "COLUMNS" not in os.environ:
            self.width = 200

    def render_str(self, text: str, **options: Any) -> Text:
        """Where rich makes of every string, also of a table's cell, what it shows."""
        return super().render_str(escape_controls(text), **options)


class EscapingFormatter(logging.Formatter):
    """Log lines for a terminal, traces included."""

    def format(self, record: logging.LogRecord) -> str:
        """The line or, with a trace, the lines."""
        return escape_controls(super().format(record))


def pluralize(count: int, one: str, many: str = "") -> str:
    """ "1 article", "1,200 articles"; `many` where an s does not make it."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
