"""Consoles and log formatting that escape control characters, and outputs that may be closed at any time.

Markup and emoji codes are printed literally.
"""

from __future__ import annotations

import io
import logging
import os
import re
import sys
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


class LastingOutput(io.FileIO):
    """A standard output that becomes /dev/null when it can't be written any more.

    Who reads `vigia crawl | head -1` goes away in the middle, a terminal is closed, the disk of a log file is full:
    the work goes on, and what it stores is stored.
    """

    def write(self, data: Any) -> int:
        """Write to the file descriptor, or to nothing once that has failed."""
        try:
            return super().write(data)
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())  # for libraries and processes that write to the descriptor themselves
            os.close(nowhere)
            return len(memoryview(data).cast("B"))


def keep_outputs_open() -> None:
    """Let nothing that happens to standard input, output and error end a command.

    One that was closed before the start is opened on /dev/null: the next file that is opened, such as a database, would
    get its number, and the first line printed would go there. Streams that a test has put in place are left alone.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free, which is this one
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is not getattr(sys, f"__{name}__"):
            continue
        if stream is not None:
            stream.flush()
        raw = LastingOutput(number, "w", closefd=False)
        lasting = io.TextIOWrapper(
            io.BufferedWriter(raw),
            encoding=getattr(stream, "encoding", None) or "utf-8",
            errors=getattr(stream, "errors", None) or "backslashreplace",
            line_buffering=True,
        )
        setattr(sys, name, lasting)
        setattr(sys, f"__{name}__", lasting)


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
