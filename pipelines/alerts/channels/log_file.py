"""Write desk/alerts.log: one line for each alert of a subscription that names no target."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from db.text.sanitise import escape_line
from pipelines.alerts.messages.digest import DigestContents

LOG_FILE_NAME = "alerts.log"


def format_line(*fields: str) -> str:
    """Join fields with tabs, and escape line breaks and the control characters of terminals."""
    return "\t".join(escape_line(field) for field in fields)


def format_digest_lines(
    contents: DigestContents, more: int, *, created: dt.datetime, name: str
) -> tuple[list[str], list[str]]:
    """Return (lines for the log, texts for the terminal) of a digest of the subscription called `name`.

    `more`: how many alerts are over the daily limit. In which figures the outlets of a story differ is the last field
    of a line, and a text of its own.
    """
    over_limit = [f"and {more} more, over the ceiling of a day"] if more else []
    told = [
        *((story.outlet, story.title, story.url, story.updated, story.figures) for story in contents.stories),
        *((article.outlet, article.title, article.url, "also", article.figures) for article in contents.later),
    ]
    lines = [
        format_line(_format_time(created), name, outlet, title, url or "", *filter(None, remarks))
        for outlet, title, url, *remarks in told
    ]
    lines += [format_line(_format_time(created), name, "", "no longer in news.db", key) for key in contents.lost]
    lines += format_text_lines(over_limit, created=created, name=name)
    texts: list[str] = []
    for story in contents.stories:
        updated = f" ({story.updated})" if story.updated else ""
        texts += [f"{story.title}{updated} — {story.outlet} {story.url or ''}".rstrip(), story.figures]
    for article in contents.later:
        texts += [f"also: {article.title} — {article.outlet} {article.url or ''}".rstrip(), article.figures]
    return lines, [f"{name}: {text}" for text in (*filter(None, texts), *over_limit)]


def format_text_lines(texts: Sequence[str], *, created: dt.datetime, name: str) -> list[str]:
    """Return log lines for texts without an article: a notice or a heartbeat."""
    return [format_line(_format_time(created), name, "", text, "") for text in texts]


def _format_time(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def measure_size(path: Path) -> int:
    """Return the size of the log in bytes, 0 if there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Append lines and flush them to the disk: all of them or, if that fails, none. Raises OSError if it fails."""
    old_size = measure_size(path)
    try:
        with path.open("ab") as log:
            log.write("".join(f"{text}\n" for text in lines).encode("utf-8", "replace"))
            log.flush()
            os.fsync(log.fileno())
    except OSError:
        cut_back(path, old_size)
        raise


def cut_back(path: Path, size: int) -> None:
    """Truncate the log to `size` bytes, to drop the lines of an attempt that was interrupted.

    A log that is shorter, because it was rotated, stays as it is. Raises OSError if the file can't be written.
    """
    if measure_size(path) > size:
        os.truncate(path, size)
