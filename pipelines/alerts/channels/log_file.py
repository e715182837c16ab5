"""desk/alerts.log: one line for each alert of a subscription that names no target."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from db.text.sanitise import escape_line

NAME = "alerts.log"


def line(*fields: str) -> str:
    """Fields as one line, separated by tabs; what would break the line or steer a terminal is escaped."""
    return "\t".join(escape_line(field) for field in fields)


def size(path: Path) -> int:
    """Bytes that the log holds, 0 when there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def append(path: Path, lines: Iterable[str]) -> None:
    """Add lines and flush them to the disk; all of them or, when the disk is full, none. Raises OSError."""
    before = size(path)
    try:
        with path.open("ab") as log:
            log.write("".join(f"{text}\n" for text in lines).encode("utf-8", "replace"))
            log.flush()
            os.fsync(log.fileno())
    except OSError:
        cut(path, before)
        raise


def cut(path: Path, back_to: int) -> None:
    """Take off what stands behind this size: an attempt that was cut short. A log that was rotated is left alone.

    Raises OSError.
    """
    if size(path) > back_to:
        os.truncate(path, back_to)
