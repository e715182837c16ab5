"""Dates as sources write them."""

from __future__ import annotations

import datetime as dt
import re
import time
from email.utils import parsedate_to_datetime


def moment(text: str | None) -> dt.datetime | None:
    """A date of ISO 8601 (so W3C-DTF too, which sitemaps use) or RFC 5322; None when it isn't one.

    The result may be naive: that's for the caller to judge. A year or a month alone is no date.
    """
    text = (text or "").strip()[:80]
    if not text[:1].isalnum() or re.fullmatch(r"\d{4}(-\d\d)?", text):
        return None
    for read in (dt.datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue  # not in this form; the next one reads it, or nobody does
    return None


def from_parts(parts: time.struct_time | None) -> dt.datetime | None:
    """A UTC struct_time, as feedparser gives it; None for what no calendar has."""
    if parts is None:
        return None
    try:
        return dt.datetime(*parts[:5], min(parts[5], 59), tzinfo=dt.UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def from_number(number: float) -> dt.datetime | None:
    """Seconds, or milliseconds, since 1970."""
    try:
        return dt.datetime.fromtimestamp(number / 1000 if abs(number) > 1e11 else number, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
