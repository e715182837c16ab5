"""Write dates in the forms that outlets use on their pages."""

from __future__ import annotations

import datetime as dt

_ES_DAYS = ("Lunes", "Martes", "Miércoles", "Jueves", "Viernes", "Sábado", "Domingo")
_ES_MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)
_EN_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def short_date(moment: dt.datetime, language: str) -> str:
    """Write a day as in a dateline: "20 nov.", "Nov. 20", "11月20日"."""
    if language == "zh":
        return f"{moment.month}月{moment.day}日"
    if language == "en":
        return f"{_EN_MONTHS[moment.month - 1][:3]}. {moment.day}"
    return f"{moment.day} {_ES_MONTHS[moment.month - 1][:3]}."


def long_date(moment: dt.datetime, form: str) -> str:
    """Write a moment in a form that `date_form` of an outlet.toml names."""
    clock = f"{moment:%H:%M}"
    month, year = _ES_MONTHS[moment.month - 1], moment.year
    forms = {
        "es-weekday": f"{_ES_DAYS[moment.weekday()]} {moment.day} de {month.capitalize()} de {year} - {clock}",
        "es-long": f"{moment.day} de {month} de {year}, {clock} h",
        "es-slashes": f"{moment:%d/%m/%Y} {clock}",
        "es-day": f"{moment.day} de {month} del {year}",
        "en-long": f"{_EN_MONTHS[moment.month - 1]} {moment.day}, {year} {moment.hour % 12 or 12}:{moment:%M} "
        f"{'a.m.' if moment.hour < 12 else 'p.m.'}",
        "en-day": f"{moment.day} {_EN_MONTHS[moment.month - 1]} {year}",
        "zh": f"{year}年{moment.month:02}月{moment.day:02}日{clock}",
        "zh-dashes": f"{moment:%Y-%m-%d} {clock}",
    }
    return forms[form]


def shows_time(form: str) -> bool:
    """Return True if dates of that form include the time."""
    return not form.endswith("-day")


def relative_time(span: dt.timedelta, language: str) -> str:
    """Write how long ago a story was published: "hace 3 horas"."""
    hours = int(span.total_seconds() // 3600)
    if language == "zh":
        return f"{hours}小时前" if hours < 24 else f"{hours // 24}天前"
    if language == "en":
        return f"{hours} hours ago" if hours < 24 else f"{hours // 24} days ago"
    return f"hace {hours} horas" if hours < 24 else f"hace {hours // 24} días"
