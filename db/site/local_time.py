"""Describe moments in the desk's time zone; without an hour if the source gave only the day."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from db.site.wording import SiteWording

# The zone of a country's capital, or of the city where most of its outlets are.
_CLOCKS = {
    "AR": "America/Argentina/Buenos_Aires", "AU": "Australia/Sydney", "BO": "America/La_Paz", "BR": "America/Sao_Paulo",
    "CA": "America/Toronto", "CH": "Europe/Zurich", "CL": "America/Santiago", "CN": "Asia/Shanghai",
    "CO": "America/Bogota", "CR": "America/Costa_Rica", "CU": "America/Havana", "DE": "Europe/Berlin",
    "EC": "America/Guayaquil", "ES": "Europe/Madrid", "FR": "Europe/Paris", "GB": "Europe/London",
    "GR": "Europe/Athens", "HK": "Asia/Hong_Kong", "IN": "Asia/Kolkata", "IT": "Europe/Rome", "JP": "Asia/Tokyo",
    "KR": "Asia/Seoul", "MO": "Asia/Macau", "MX": "America/Mexico_City", "NL": "Europe/Amsterdam",
    "PA": "America/Panama", "PE": "America/Lima", "PY": "America/Asuncion", "QA": "Asia/Qatar", "RU": "Europe/Moscow",
    "SG": "Asia/Singapore", "TW": "Asia/Taipei", "US": "America/New_York", "UY": "America/Montevideo",
    "VE": "America/Caracas", "ZA": "Africa/Johannesburg",
}  # fmt: skip


def read_moment(text: str | None) -> dt.datetime | None:
    """Read a stored moment as an aware datetime; None if the text is empty or not a moment."""
    try:
        moment = dt.datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def load_zone(name: str) -> zoneinfo.ZoneInfo:
    """Return the zone of that name, or UTC if there is none (`vigia.toml` is checked before)."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def zone_of_outlet(country: str | None, default: dt.tzinfo) -> dt.tzinfo:
    """Return the time zone of a country's outlets (ISO 3166 code), or the default if it is not known."""
    return load_zone(_CLOCKS[country]) if country in _CLOCKS else default


def day_of_article(moment: dt.datetime, precision: str | None, at: dt.tzinfo) -> dt.date:
    """Return the day under which an article is listed: the stored day for precision "day", else that in the zone."""
    return moment.date() if precision == "day" else moment.astimezone(at).date()


def find_listed_day(published: str | None, precision: str | None, otherwise: dt.datetime, at: dt.tzinfo) -> dt.date:
    """Return the day of an article by its stored date of publication, else by the moment `otherwise`."""
    moment = read_moment(published)
    return day_of_article(moment or otherwise, precision if moment else None, at)


def describe_day(day: dt.date, today: dt.date, wording: SiteWording) -> str:
    """Name a day: Today, Yesterday, Thursday 20 November, 3 March 2024."""
    age = (today - day).days
    if not 0 <= age < 300:
        return wording.date(day)
    plain = wording.date(day, "MMMMd")
    if age < 2:
        return wording("dates.yesterday" if age else "dates.today", day=plain)
    weekday = wording.weekday(day)
    return wording("dates.weekday", weekday=weekday[:1].upper() + weekday[1:], day=plain)


def format_time(moment: dt.datetime, at: dt.tzinfo) -> str:
    """Format hour and minute in a zone: 07:05."""
    return moment.astimezone(at).strftime("%H:%M")


def describe_moment(moment: dt.datetime | None, precision: str | None, at: dt.tzinfo, wording: SiteWording) -> str:
    """Describe a moment: 22 Nov 2026, 07:05; of precision "day" the day alone."""
    if moment is None:
        return wording("dates.none")
    day = wording.date(day_of_article(moment, precision, at), "medium")
    return day if precision == "day" else wording("dates.moment", day=day, time=format_time(moment, at))


def describe_age(moment: dt.datetime, now: dt.datetime, wording: SiteWording) -> str:
    """Say roughly how long ago: "just now", "5 minutes ago", "3 hours ago", "4 days ago"."""
    past = now - moment
    return wording("dates.just_now") if past < dt.timedelta(minutes=2) else wording.ago(past)
