"""Find the time zone of an outlet by its country, and that of a zone name beside a time."""

from __future__ import annotations

import datetime as dt
import functools
from zoneinfo import ZoneInfo, available_timezones

# Countries with one civil time, or with one that the country's media write. The others (US, CA, AU) give no zone.
_ZONES = {
    "PE": "America/Lima", "CN": "Asia/Shanghai", "CO": "America/Bogota", "BO": "America/La_Paz",
    "AR": "America/Argentina/Buenos_Aires", "UY": "America/Montevideo", "PY": "America/Asuncion",
    "VE": "America/Caracas", "CR": "America/Costa_Rica", "PA": "America/Panama", "GT": "America/Guatemala",
    "SV": "America/El_Salvador", "HN": "America/Tegucigalpa", "NI": "America/Managua", "CU": "America/Havana",
    "DO": "America/Santo_Domingo", "PR": "America/Puerto_Rico", "EC": "America/Guayaquil", "CL": "America/Santiago",
    "BR": "America/Sao_Paulo", "MX": "America/Mexico_City", "GY": "America/Guyana", "JM": "America/Jamaica",
    "TT": "America/Port_of_Spain", "ES": "Europe/Madrid", "PT": "Europe/Lisbon", "GB": "Europe/London",
    "UK": "Europe/London", "IE": "Europe/Dublin", "FR": "Europe/Paris", "DE": "Europe/Berlin", "IT": "Europe/Rome",
    "CH": "Europe/Zurich", "AT": "Europe/Vienna", "NL": "Europe/Amsterdam", "BE": "Europe/Brussels",
    "LU": "Europe/Luxembourg", "PL": "Europe/Warsaw", "CZ": "Europe/Prague", "HU": "Europe/Budapest",
    "RO": "Europe/Bucharest", "GR": "Europe/Athens", "UA": "Europe/Kyiv", "RU": "Europe/Moscow",
    "SE": "Europe/Stockholm", "NO": "Europe/Oslo", "DK": "Europe/Copenhagen", "FI": "Europe/Helsinki",
    "IS": "Atlantic/Reykjavik", "TR": "Europe/Istanbul", "JP": "Asia/Tokyo", "KR": "Asia/Seoul",
    "HK": "Asia/Hong_Kong", "TW": "Asia/Taipei", "MO": "Asia/Macau", "SG": "Asia/Singapore",
    "MY": "Asia/Kuala_Lumpur", "VN": "Asia/Ho_Chi_Minh", "ID": "Asia/Jakarta", "IN": "Asia/Kolkata",
    "PK": "Asia/Karachi", "BD": "Asia/Dhaka", "LK": "Asia/Colombo", "NP": "Asia/Kathmandu", "PH": "Asia/Manila",
    "TH": "Asia/Bangkok", "IL": "Asia/Jerusalem", "IR": "Asia/Tehran", "SA": "Asia/Riyadh", "AE": "Asia/Dubai",
    "QA": "Asia/Qatar", "KW": "Asia/Kuwait", "ZA": "Africa/Johannesburg", "KE": "Africa/Nairobi",
    "NG": "Africa/Lagos", "EG": "Africa/Cairo", "MA": "Africa/Casablanca", "NZ": "Pacific/Auckland",
}  # fmt: skip

# Minutes from UTC. A name with several meanings has the commonest first: see find_named_zone.
_MINUTES: dict[str, tuple[int, ...]] = {
    "Z": (0,), "UT": (0,), "UTC": (0,), "GMT": (0,), "WET": (0,), "WEST": (60,), "BST": (60, 360), "CET": (60,),
    "MEZ": (60,), "CEST": (120,), "MESZ": (120,), "EET": (120,), "EEST": (180,), "MSK": (180,), "WAT": (60,),
    "CAT": (120,), "SAST": (120,), "EAT": (180,), "IDT": (180,), "TRT": (180,), "IRST": (210,), "GST": (240, -120),
    "AMT": (-240, 240), "AZT": (240,), "GET": (240,), "AFT": (270,), "PKT": (300,), "UZT": (300,), "YEKT": (300,),
    "IST": (330, 120, 60), "SLST": (330,), "NPT": (345,), "BDT": (360,), "MMT": (390,), "ICT": (420,), "WIB": (420,),
    "HKT": (480,), "SGT": (480,), "MYT": (480,), "PHT": (480,), "WITA": (480,), "AWST": (480,), "BJT": (480,),
    "ULAT": (480,), "WIT": (540,), "JST": (540,), "KST": (540,), "ACST": (570,), "AEST": (600,), "ACDT": (630,),
    "AEDT": (660,), "NZST": (720,), "FJT": (720,), "NZDT": (780,), "NST": (-210,), "NDT": (-150,),
    "AST": (-240, 180), "ADT": (-180,), "EST": (-300, 600), "EDT": (-240, 660), "CST": (-360, 480),
    "CDT": (-300,), "MST": (-420,), "MDT": (-360,), "PST": (-480,), "PDT": (-420,), "AKST": (-540,),
    "AKDT": (-480,), "HST": (-600,), "PET": (-300,), "COT": (-300,), "ECT": (-300, -240), "BOT": (-240,),
    "VET": (-240,), "CLT": (-240,), "CLST": (-180,), "ART": (-180,), "BRT": (-180,), "BRST": (-120,), "PYT": (-180,),
    "PYST": (-180,), "UYT": (-180,), "GYT": (-240,), "SRT": (-180,), "GFT": (-180,), "FKT": (-180,),
}  # fmt: skip
# Names that mean the time that is in force, winter or summer, and clocks that are named by their place.
_IN_FORCE = {
    "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles",
    "北京时间": "Asia/Shanghai", "北京時間": "Asia/Shanghai", "Beijing time": "Asia/Shanghai",
    "Beijing Time": "Asia/Shanghai", "hora de Beijing": "Asia/Shanghai", "hora de Pekín": "Asia/Shanghai",
    "利马时间": "America/Lima", "Lima time": "America/Lima", "hora de Lima": "America/Lima",
    "hora peruana": "America/Lima", "hora de Perú": "America/Lima", "hora del Perú": "America/Lima",
    "东京时间": "Asia/Tokyo", "hora de Chile": "America/Santiago", "hora chilena": "America/Santiago",
    "hora de Madrid": "Europe/Madrid", "hora peninsular": "Europe/Madrid", "London time": "Europe/London",
}  # fmt: skip
_BY_PLACE = {name.upper(): zone for name, zone in _IN_FORCE.items()}
# A pattern: the names above, and those of the IANA data base (America/Lima).
ZONE_NAME = (
    "|".join(sorted((*_MINUTES, *_IN_FORCE), key=len, reverse=True))
    + r"|[A-Z][a-z]{2,11}/[A-Z][A-Za-z]{1,15}(?:[_/-][A-Z][A-Za-z]{1,15}){0,2}"
).replace(" ", r"\s")


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

    `zone` is the outlet's. It is returned if it has that name at that time: tzdata calls Asia/Shanghai and
    America/Costa_Rica CST. Of several meanings of a name, the outlet's own hour is taken if it is one of them (CST in
    Singapore is China's time), otherwise the commonest (CST in Peru is Chicago's).
    """
    if zone is not None and zone.tzname(value) == name.upper():
        return zone
    if (place := _BY_PLACE.get(" ".join(name.upper().split()))) is not None:
        return ZoneInfo(place)
    if "/" in name:
        return ZoneInfo(name) if name in _iana_names() else None
    meanings = _MINUTES.get(name.upper())
    if meanings is None:
        return None
    own = zone.utcoffset(value) if zone is not None and len(meanings) > 1 else None
    if own is not None and own.total_seconds() / 60 in meanings:
        return dt.timezone(own)
    return dt.timezone(dt.timedelta(minutes=meanings[0]))


@functools.cache
def _iana_names() -> frozenset[str]:
    return frozenset(available_timezones())
