"""Moments as people at the desk read them: in the desk's time zone, and never with an hour that nobody gave."""

from __future__ import annotations

import datetime as dt
import zoneinfo

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def read(text: str | None) -> dt.datetime | None:
    """An aware datetime from what the database keeps; None for nothing, or for what is no moment."""
    try:
        moment = dt.datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def zone(name: str) -> zoneinfo.ZoneInfo:
    """The zone of that name; UTC for a name that there is not (`vigia.toml` is checked before it comes here)."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def day_of(moment: dt.datetime, precision: str | None, at: dt.tzinfo) -> dt.date:
    """The day under which an article stands: the page's own where it gave a day alone, else the desk's."""
    return moment.date() if precision == "day" else moment.astimezone(at).date()


def day_in_words(day: dt.date, today: dt.date) -> str:
    """Today, Yesterday, Thursday 20 November, 3 March 2024."""
    age = (today - day).days
    plain = f"{day.day} {day:%B}"
    if age == 0:
        return f"Today, {plain}"
    if age == 1:
        return f"Yesterday, {plain}"
    return f"{_DAYS[day.weekday()]}, {plain}" if 0 < age < 300 else f"{plain} {day.year}"


def time_in_words(moment: dt.datetime, at: dt.tzinfo) -> str:
    """The hour and minute at the desk: 07:05."""
    return moment.astimezone(at).strftime("%H:%M")


def moment_in_words(moment: dt.datetime | None, precision: str | None, at: dt.tzinfo) -> str:
    """22 Nov 2026, 07:05 — or the day alone where the page gave no more."""
    if moment is None:
        return "not given"
    if precision == "day":
        return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
    local = moment.astimezone(at)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"


def ago(moment: dt.datetime, now: dt.datetime) -> str:
    """How long ago, roughly: "just now", "5 minutes ago", "3 hours ago", "4 days ago"."""
    minutes = (now - moment).total_seconds() / 60
    if minutes < 2:
        return "just now"
    if minutes < 90:
        return f"{minutes:.0f} minutes ago"
    if minutes < 48 * 60:
        return f"{minutes / 60:.0f} hours ago"
    return f"{minutes / 1440:.0f} days ago"
