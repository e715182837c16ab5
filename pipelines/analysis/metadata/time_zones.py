"""Find the time zone of an outlet by its country, and that of a zone name beside a time."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

# Countries with one civil time. In countries with several (BR, MX, US …) a naive time gets no zone.
_ZONES = {
    "PE": "America/Lima",
    "CN": "Asia/Shanghai",
    "CO": "America/Bogota",
    "BO": "America/La_Paz",
    "AR": "America/Argentina/Buenos_Aires",
    "UY": "America/Montevideo",
    "PY": "America/Asuncion",
    "VE": "America/Caracas",
    "CR": "America/Costa_Rica",
    "PA": "America/Panama",
    "GT": "America/Guatemala",
    "SV": "America/El_Salvador",
    "HN": "America/Tegucigalpa",
    "NI": "America/Managua",
    "CU": "America/Havana",
    "DO": "America/Santo_Domingo",
    "EC": "America/Guayaquil",
    "CL": "America/Santiago",
    "ES": "Europe/Madrid",
    "GB": "Europe/London",
    "UK": "Europe/London",
    "IE": "Europe/Dublin",
    "FR": "Europe/Paris",
    "DE": "Europe/Berlin",
    "IT": "Europe/Rome",
    "CH": "Europe/Zurich",
    "AT": "Europe/Vienna",
    "NL": "Europe/Amsterdam",
    "BE": "Europe/Brussels",
    "PL": "Europe/Warsaw",
    "SE": "Europe/Stockholm",
    "NO": "Europe/Oslo",
    "DK": "Europe/Copenhagen",
    "FI": "Europe/Helsinki",
    "TR": "Europe/Istanbul",
    "JP": "Asia/Tokyo",
    "KR": "Asia/Seoul",
    "HK": "Asia/Hong_Kong",
    "TW": "Asia/Taipei",
    "MO": "Asia/Macau",
    "SG": "Asia/Singapore",
    "MY": "Asia/Kuala_Lumpur",
    "VN": "Asia/Ho_Chi_Minh",
    "IN": "Asia/Kolkata",
    "PK": "Asia/Karachi",
    "PH": "Asia/Manila",
    "TH": "Asia/Bangkok",
    "IL": "Asia/Jerusalem",
    "AE": "Asia/Dubai",
    "QA": "Asia/Qatar",
    "ZA": "Africa/Johannesburg",
    "KE": "Africa/Nairobi",
    "NG": "Africa/Lagos",
    "EG": "Africa/Cairo",
}

# Minutes from UTC. Where a name has several meanings (CST, PST, IST, BST), the outlet's own zone decides first:
# tzdata calls Asia/Shanghai and America/Costa_Rica CST, Asia/Manila PST, Asia/Jerusalem IST.
_MINUTES = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "EET": 120,
    "EEST": 180, "MSK": 180, "WAT": 60, "CAT": 120, "SAST": 120, "EAT": 180, "IDT": 180, "TRT": 180, "GST": 240,
    "PKT": 300, "IST": 330, "ICT": 420, "WIB": 420, "HKT": 480, "SGT": 480, "MYT": 480, "PHT": 480, "AWST": 480,
    "JST": 540, "KST": 540, "ACST": 570, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
    "AST": -240, "ADT": -180, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360,
    "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600,
    "PET": -300, "COT": -300, "ECT": -300, "BOT": -240, "VET": -240, "CLT": -240, "CLST": -180, "ART": -180,
    "BRT": -180, "UYT": -180,
}  # fmt: skip
# Names that mean the time that is in force, winter or summer.
_SEASONAL = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles"}
ZONE_NAME = "|".join(sorted((*_MINUTES, *_SEASONAL), key=len, reverse=True))  # a pattern


def outlet_zone(country: str, host: str = "") -> dt.tzinfo | None:
    """Return an outlet's civil time, by its country or its host's country domain; else None."""
    for code in (country.upper(), host.rsplit(".", 1)[-1].upper()):
        if code in _ZONES:
            return ZoneInfo(_ZONES[code])
        if code not in {"", "XX"} and code == country.upper():
            return None  # a country with several zones; its domain does not help
    return None


def find_named_zone(name: str, value: dt.datetime, zone: dt.tzinfo | None) -> dt.tzinfo | None:
    """Return the zone that a name means beside a naive time; None for an unknown name.

    `zone` is the outlet's. It is returned if it has that name at that time.
    """
    name = name.upper()
    if zone is not None and zone.tzname(value) == name:
        return zone
    if name in _SEASONAL:
        return ZoneInfo(_SEASONAL[name])
    return dt.timezone(dt.timedelta(minutes=_MINUTES[name])) if name in _MINUTES else None
