"""Quantities are written as newspapers of each language write them, and no two values alike."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.i18n.catalogue import Catalogue
from db.i18n.languages import LANGUAGES, Language
from db.i18n.quantity import QUANTITIES_FILE, say_quantity

SAID = [
    ((4.2e8, "money", "USD"), "US$420 million", "US$ 420 millones", "4.2亿美元"),
    ((1.3e9, "money", "USD"), "US$1.3 billion", "US$ 1,300 millones", "13亿美元"),
    ((1.42e7, "money", "PEN"), "S/14.2 million", "S/ 14.2 millones", "1420万索尔"),
    ((1e6, "money", "PEN"), "S/1 million", "S/ 1 millón", "100万索尔"),
    ((3.8, "money", "PEN"), "S/3.80", "S/ 3.80", "3.8索尔"),
    ((1.42e9, "money", "CNY"), "1.42 billion yuan", "1,420 millones de yuanes", "14.2亿元人民币"),
    ((380e3, "money", "CNY"), "380,000 yuan", "380,000 yuanes", "38万元人民币"),
    ((9e6, "money", "CLP"), "9 million Chilean pesos", "9 millones de pesos chilenos", "900万智利比索"),
    ((4.5, "percent", "%"), "4.5%", "4.5 %", "4.5%"),
    ((1.0, "percent", "pp"), "1 percentage point", "1 punto porcentual", "1个百分点"),
    ((380e3, "count", ""), "380,000", "380,000", "38万"),
    ((12345.0, "count", "people"), "12,345", "12,345", "1.2345万"),
    ((1.5e6, "count", "TEU"), "1.5 million TEU", "1.5 millones de TEU", "150万标准箱"),
    ((1e9, "mass", "kg"), "1 million tonnes", "1 millón de toneladas", "100万吨"),
    ((80e3, "distance", "m"), "80 kilometres", "80 kilómetros", "80公里"),
    ((50 * 1609.344, "distance", "m"), "50 miles", "50 millas", "50英里"),
    ((5.5 * 1609.344, "distance", "m"), "5.5 miles", "5.5 millas", "5.5英里"),
    ((100 * 0.2777778, "speed", "m/s"), "100 kilometres per hour", "100 kilómetros por hora", "100公里/小时"),
    ((163 * 1852.0, "distance", "m"), "163 nautical miles", "163 millas náuticas", "163海里"),
    ((120 * 0.158987294928, "volume", "m3"), "120 barrels", "120 barriles", "120桶"),
    ((51234.5678, "distance", "m"), "51.23 kilometres", "51.23 kilómetros", "51.23公里"),
    ((0.0, "distance", "m"), "0 metres", "0 metros", "0米"),
    ((18 * 2629800.0, "duration", "s"), "18 months", "18 meses", "18个月"),
    ((400 * 86400.0, "duration", "s"), "400 days", "400 días", "400天"),
    ((220e3, "voltage", "V"), "220 kV", "220 kV", "220kV"),
]


@pytest.mark.parametrize(("quantity", "english", "spanish", "chinese"), SAID)
def test_a_quantity_is_written_as_newspapers_write_it(
    quantity: tuple[float, str, str], english: str, spanish: str, chinese: str
) -> None:
    found = [say_quantity(*quantity, Catalogue(language)).replace("\u00a0", " ") for language in ("en", "es", "zh")]
    assert found == [english, spanish, chinese]


def test_a_qualifier_is_said_with_the_value() -> None:
    found = [say_quantity(3e8, "money", "USD", Catalogue(it), qualifier="more_than") for it in ("en", "es", "zh")]
    assert found == ["more than US$300 million", "más de US$\u00a0300 millones", "超过3亿美元"]


@given(
    st.integers(1, 10**13),
    st.integers(1, 10**13),
    st.sampled_from([("money", "USD"), ("money", "CNY"), ("count", "")]),
    st.sampled_from(tuple(LANGUAGES)),
)
@settings(max_examples=60)
def test_values_that_differ_are_written_differently(
    one: int, other: int, unit: tuple[str, str], language: Language
) -> None:
    if abs(one - other) > max(one, other) * 1e-6:
        wording = Catalogue(language)
        assert say_quantity(one, *unit, wording) != say_quantity(other, *unit, wording)


def test_each_language_has_the_same_tables() -> None:
    styles = tomllib.loads(QUANTITIES_FILE.read_text("utf-8"))
    assert set(styles) == set(LANGUAGES)
    tables = [{key: set(table) for key, table in style.items() if key == "qualifiers"} for style in styles.values()]
    assert all(table == tables[0] for table in tables)
    assert len({frozenset(style) for style in styles.values()}) == 1
