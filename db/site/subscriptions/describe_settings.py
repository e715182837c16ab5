"""A subscription's settings in the reader's words. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from babel.dates import format_time, get_day_names

from db.model.times import WEEKDAYS
from db.site.wording import SiteWording


def describe_rhythm(when: str, wording: SiteWording) -> str:
    """Describe a rhythm of vigia.toml, such as "weekly mon 07:30"."""
    rhythm, *rest = when.split()
    if not rest:
        return wording(f"subscription.{rhythm}")
    time = _format_clock(rest[-1], wording)
    day = name_weekday(rest[0], wording) if len(rest) > 1 else ""
    return wording(f"subscription.{rhythm}_at", time=time, day=day)


def describe_quiet(quiet: str, wording: SiteWording) -> str:
    """Describe quiet hours of vigia.toml, such as "22:00-07:00, sat sun"; "" if there are none."""
    return wording.join([_describe_period(period.strip(), wording) for period in quiet.split(",") if period.strip()])


def name_weekday(day: str, wording: SiteWording, *, width: Literal["wide", "abbreviated"] = "wide") -> str:
    """Name a day that vigia.toml writes as "mon"."""
    return str(get_day_names(width, locale=wording.locale)[WEEKDAYS.index(day)])


def _describe_period(period: str, wording: SiteWording) -> str:
    parts = []
    for word in period.split():
        if "-" in word:
            begin, _, end = word.partition("-")
            parts.append(f"{_format_clock(begin, wording)}–{_format_clock(end, wording)}")
        else:
            parts.append(name_weekday(word, wording, width="abbreviated"))
    return " ".join(parts)


def _format_clock(text: str, wording: SiteWording) -> str:
    return str(format_time(dt.time.fromisoformat(text), "HH:mm", locale=wording.locale))
