"""Times as they are stored: UTC, ISO 8601, whole seconds, `Z`."""

from __future__ import annotations

import datetime as dt

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # as vigia.toml writes them


def stamp(moment: dt.datetime) -> str:
    """Write an aware datetime as 2026-11-22T06:00:00Z. Texts of this form sort in the order of time.

    Raises ValueError for a datetime without a time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a moment without a time zone: {moment}")
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_stamp(text: str) -> dt.datetime:
    """Parse a time that `stamp` wrote, as an aware datetime in UTC."""
    return dt.datetime.fromisoformat(text)


def utc_now() -> dt.datetime:
    """Return the current time, aware. The clock of everything that is given no other one."""
    return dt.datetime.now(dt.UTC)
