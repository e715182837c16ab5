"""desk/alerts.log: one line for each alert of a subscription that names no target."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from db.text.sanitise import escape_line
from pipelines.alerts.messages.story import AlertStory

LOG_FILE_NAME = "alerts.log"


def format_line(*fields: str) -> str:
    """Fields as one line, separated by tabs; what would break the line or steer a terminal is escaped."""
    return "\t".join(escape_line(field) for field in fields)


def format_digest_lines(
    stories: Sequence[AlertStory], lost: Sequence[str], more: int, *, created: dt.datetime, name: str
) -> tuple[list[str], list[str]]:
    """(lines for the log, texts for the terminal) of a digest of the subscription called `name`.

    `lost` are keys of articles that a restored news.db no longer has, `more` counts alerts over the limit of the day.
    """
    over = [f"and {more} more, over the ceiling of a day"] if more else []
    lines = [
        format_line(_format_time(created), name, one.outlet, one.title, one.url or "", *filter(None, [one.updated]))
        for one in stories
    ]
    lines += [format_line(_format_time(created), name, "", "no longer in news.db", key) for key in lost]
    lines += format_text_lines(over, created=created, name=name)
    told = [
        f"{one.title}{f' ({one.updated})' if one.updated else ''} — {one.outlet} {one.url or ''}".rstrip()
        for one in stories
    ]
    return lines, [f"{name}: {text}" for text in (*told, *over)]


def format_text_lines(texts: Sequence[str], *, created: dt.datetime, name: str) -> list[str]:
    """Lines for the log that hold a text and no article: a notice, a heartbeat."""
    return [format_line(_format_time(created), name, "", text, "") for text in texts]


def _format_time(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def measure_size(path: Path) -> int:
    """Bytes that the log holds, 0 when there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Add lines and flush them to the disk; all of them or, when the disk is full, none. Raises OSError."""
    before = measure_size(path)
    try:
        with path.open("ab") as log:
            log.write("".join(f"{text}\n" for text in lines).encode("utf-8", "replace"))
            log.flush()
            os.fsync(log.fileno())
    except OSError:
        cut_back(path, before)
        raise


def cut_back(path: Path, back_to: int) -> None:
    """Take off what stands behind this size: an attempt that was cut short. A log that was rotated is left alone.

    Raises OSError.
    """
    if measure_size(path) > back_to:
        os.truncate(path, back_to)
