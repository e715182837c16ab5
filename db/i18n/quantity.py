"""Say a figure in the reader's language: "USD 1.3 billion", "80 kilómetros", "2天". Pure."""

from __future__ import annotations

from typing import Literal

from babel.numbers import format_compact_decimal
from babel.units import format_unit

from db.i18n.catalogue import Catalogue

_COMPACT_FROM = 1_000_000  # "380,000", but "1.3 billion"
_NUMBER = "#,##0.#"
# For each unit of figures, the units in which it is said, the largest first: its size and its name in CLDR.
_UNITS: dict[str, tuple[tuple[float, str], ...]] = {
    "m": ((1000.0, "length-kilometer"), (1.0, "length-meter")),
    "m2": ((1e4, "area-hectare"), (1.0, "area-square-meter")),
    "m3": ((1.0, "volume-cubic-meter"),),
    "kg": ((1000.0, "mass-tonne"), (1.0, "mass-kilogram")),
    "s": (
        (31557600.0, "duration-year"),
        (86400.0, "duration-day"),
        (3600.0, "duration-hour"),
        (60.0, "duration-minute"),
    ),
    "W": ((1e6, "power-megawatt"), (1e3, "power-kilowatt")),
}


def say_quantity(value: float, kind: str, unit: str, wording: Catalogue) -> str:
    """Return a value of a figure with its unit; of a count the number alone."""
    if kind == "money":
        return f"{unit} {_say_number(value, wording)}"
    if kind == "percent":
        return f"{wording.number(value, _NUMBER)} %"
    for size, name in _UNITS.get(unit, ()):
        if value >= size or size == _UNITS[unit][-1][0]:
            said = format_unit(value / size, name, "long", format=_NUMBER, locale=wording.locale)
            if name in said:  # Chinese has short ones alone: 80公里
                said = format_unit(value / size, name, "short", format=_NUMBER, locale=wording.locale)
            return str(said)
    return _say_number(value, wording)


def _say_number(value: float, wording: Catalogue) -> str:
    if value < _COMPACT_FROM:
        return wording.number(value, _NUMBER)
    has_long = "long" in wording.locale.compact_decimal_formats  # Chinese has short ones alone: 13亿
    form: Literal["long", "short"] = "long" if has_long else "short"
    return str(format_compact_decimal(value, format_type=form, locale=wording.locale, fraction_digits=2))
