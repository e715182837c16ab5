"""Say a quantity as newspapers of a language write it: "US$1.3 billion", "80 kilómetros", "4.2亿美元". Pure."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TypedDict, cast

from babel.numbers import get_currency_name
from babel.units import format_unit

from db.i18n.catalogue import Catalogue
from db.i18n.languages import Language

QUANTITIES_FILE = Path(__file__).parent / "quantities.toml"
_ByPlural = str | dict[str, str]
_MAX_IN_SMALLER = 100_000  # of a unit where there is a larger one
_FLOAT_ERROR = 1e-12  # of a number that was multiplied once
_SMALL = "0.######"  # numbers below 1
_ROUND_OFF = 1e-7  # of a value: by less it differs from what was written, for units are converted
# For each unit of figures, the units in which it is said, the largest first: size, and a name in CLDR or a symbol.
_UNITS: dict[str, tuple[tuple[float, str], ...]] = {
    "m": (
        (1000.0, "length-kilometer"),
        (1.0, "length-meter"),
        (0.01, "length-centimeter"),
        (1e-3, "length-millimeter"),
    ),
    "m2": ((1e4, "area-hectare"), (1.0, "area-square-meter")),
    "m3": ((1.0, "volume-cubic-meter"), (0.001, "volume-liter")),
    "kg": ((1000.0, "mass-tonne"), (1.0, "mass-kilogram"), (0.001, "mass-gram")),
    "s": (
        (31557600.0, "duration-year"),
        (2629800.0, "duration-month"),
        (86400.0, "duration-day"),
        (3600.0, "duration-hour"),
        (60.0, "duration-minute"),
        (1.0, "duration-second"),
    ),
    "W": ((1e6, "power-megawatt"), (1e3, "power-kilowatt"), (1.0, "power-watt")),
    "J": ((3.6e12, "GWh"), (3.6e9, "MWh"), (3.6e6, "kWh"), (1.0, "J")),
    "V": ((1e3, "kV"), (1.0, "V")),
    "m/s": ((1 / 3.6, "speed-kilometer-per-hour"),),
    "m3/s": ((1.0, "m³/s"),),
    "°C": ((1.0, "°C"),),
    "pp": ((1.0, "pp"),),
    "TEU": ((1.0, "TEU"),),
}
# Units in which articles may have told a value: one that has one decimal in them, and more in those above.
_TOLD_UNITS: dict[str, tuple[tuple[float, str], ...]] = {
    "m": ((1852.0, "length-nautical-mile"), (1609.344, "length-mile"), (0.3048, "length-foot")),
    "m2": ((4046.8564, "area-acre"),),
    "m3": ((0.158987294928, "volume-barrel"), (0.003785411784, "volume-gallon")),
    "kg": ((0.45359237, "mass-pound"),),
    "m/s": ((0.5144444, "speed-knot"),),
}


class _Style(TypedDict):
    """A table of quantities.toml."""

    number: str
    price: str
    decimals: int
    percent: str
    named: str
    scaled: str
    scales: dict[str, _ByPlural]
    money: dict[str, str]
    qualifiers: dict[str, str]
    names: dict[str, dict[str, str]]


def say_quantity(value: float, kind: str, unit: str, wording: Catalogue, *, qualifier: str = "") -> str:
    """Return a value of a figure with its unit; of a count of people or things the number alone.

    All digits of a number stand there: 1,304 million and 1,304,500,000 are not both "1.3 billion". kind, unit,
    qualifier: as in `db.model.figure`.
    """
    style = _load_styles()[wording.language]
    said = _say_exactly(value, kind, unit, wording, style)
    return style["qualifiers"].get(qualifier, "{value}").format(value=said)


def _say_exactly(value: float, kind: str, unit: str, wording: Catalogue, style: _Style) -> str:
    number = _write_number(value, wording, style, is_money=kind == "money")
    if kind == "money":
        form = style["money"].get(unit)
        return form.format(n=number) if form else _add_name(value, number, unit, wording, style)
    if unit == "%":
        return style["percent"].format(n=number)
    if unit not in _UNITS:
        return number
    size, name = _choose_unit(value, unit)
    value = value / size if _is_exact(value / size, 2) else round(value / size, 2)
    return _add_name(value, _write_number(value, wording, style), name, wording, style)


def _choose_unit(value: float, unit: str) -> tuple[float, str]:
    """Return size and name of the unit in which a value is read best: the largest that has it exactly."""
    if value == 0:  # has every unit exactly
        return next((it for it in _UNITS[unit] if it[0] == 1), _UNITS[unit][-1])
    sizes = [it for it in _UNITS[unit] if abs(value) >= it[0]] or [_UNITS[unit][-1]]
    decimals = 0 if unit == "s" else 2  # "18 months", but "2.75 tonnes"
    for error in (_FLOAT_ERROR, _ROUND_OFF):
        if _is_exact(value / sizes[0][0], decimals, error):
            return sizes[0]
        for size, name in sizes[1:]:
            if abs(value) / size < _MAX_IN_SMALLER and _is_exact(value / size, 0, error):
                return size, name
        for size, name in _TOLD_UNITS.get(unit, ()):
            if abs(value) >= size and _is_exact(value / size, 1, _FLOAT_ERROR):
                return size, name
    return sizes[0]


def _choose_scale(value: float, style: _Style) -> tuple[float, _ByPlural]:
    """Return size and form of the largest word for large numbers that has a value with few decimals."""
    for size, form in style["scales"].items():
        if abs(value) >= float(size) and _is_exact(value / float(size), style["decimals"]):
            return float(size), form
    return 1.0, "{n}"


def _is_exact(number: float, decimals: int, error: float = _ROUND_OFF) -> bool:
    return abs(round(number, decimals) - number) <= error * abs(number)


def _write_number(value: float, wording: Catalogue, style: _Style, *, is_money: bool = False) -> str:
    """Return a number as it is written before its unit: "380,000", "1.3 billion", "13亿"."""
    size, form = _choose_scale(value, style)
    number = value / size
    if abs(number) < 1:
        pattern = _SMALL
    else:
        pattern = style["price" if is_money and size == 1 and not _is_exact(number, 0) else "number"]
    if isinstance(form, dict):
        form = form.get(wording.locale.plural_form(abs(number)), form["other"])
    return form.format(n=wording.number(number, pattern))


def _add_name(value: float, number: str, name: str, wording: Catalogue, style: _Style) -> str:
    is_scaled = _choose_scale(value, style)[0] != 1
    is_one = not is_scaled and wording.locale.plural_form(abs(value)) == "one"
    return style["scaled" if is_scaled else "named"].format(n=number, name=_find_name(name, wording, style, is_one))


def _find_name(name: str, wording: Catalogue, style: _Style, is_one: bool) -> str:
    """Return a unit or currency in words."""
    if names := style["names"].get(name):
        return names["one" if is_one and "one" in names else "other"]
    count = 1 if is_one else 2
    if name in wording.locale.currencies:
        return str(get_currency_name(name, count, wording.locale))
    if "-" not in name:
        return name
    said = str(format_unit(count, name, "long", format="0", locale=wording.locale))
    if name in said:  # Chinese has short ones alone: 公里
        said = str(format_unit(count, name, "short", format="0", locale=wording.locale))
    return said.replace(str(count), "", 1).strip()


@cache
def _load_styles() -> dict[Language, _Style]:
    return cast("dict[Language, _Style]", tomllib.loads(QUANTITIES_FILE.read_text("utf-8")))
