"""Quantities that are found in sentences, and what holds for any text."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.figures.find import find_figures
from db.figures.lexicon import UNITS
from db.model.figure import Figure
from tests.fixtures.growth import measure_growth

SENTENCES = [json.loads(line) for line in Path(__file__).with_name("sentences.jsonl").read_text("utf-8").splitlines()]
LANGUAGES = ("es", "en", "zh", "pt")
PIECES = """
3 1.300 1,300 1'300,000 0,5 12/3 2024 2026-05-06 00 ½ mil millones million bn mm MM US$ S/ $ € 元 亿 万 二十余 三 半
成 分之 倍 翻 第 号 年 月 日 点 y and de of a un half la mitad third to - – entre between más about casi km km² % kg
TEU unos 约 以上 以下 \u200f \u202e \u0301 １ ， . ; ( ) + : tripled dozen ships personas 人 名 K92 n°
"""


def value_of(figure: Figure) -> Any:
    return figure.value if figure.low is None else [figure.low, figure.high]


@pytest.mark.parametrize("sentence", SENTENCES, ids=[f"{s['language']}: {s['text'][:40]}" for s in SENTENCES])
def test_the_quantities_of_a_sentence_are_found_and_nothing_else(sentence: dict[str, Any]) -> None:
    text = sentence["text"]
    found = find_figures(text, sentence["language"], sentence.get("country"))
    expected = sorted(sentence["figures"], key=lambda figure: text.index(figure[0]))
    assert [(f.kind, f.unit, f.qualifier) for f in found] == [(kind, unit, q) for _, kind, _, unit, q in expected]
    for figure, (surface, _, value, *_) in zip(found, expected, strict=True):
        assert surface in figure.surface
        assert value_of(figure) == (value if isinstance(value, str) else pytest.approx(value, rel=1e-3))


def test_the_country_of_the_outlet_decides_what_a_point_means() -> None:
    assert [f.value for f in find_figures("1.234 kg", "es", "CL")] == [1234]
    assert [f.value for f in find_figures("1.234 kg", "es", "MX")] == [pytest.approx(1.234)]
    assert [f.value for f in find_figures("1.234 kg", "en")] == [pytest.approx(1.234)]
    assert [f.unit for f in find_figures("$ 90", "es", "CL")] == ["CLP"]


CURRENCIES = [
    name
    for name, unit in UNITS.items()
    if unit.kind == "money" and unit.factor == 1 and name.isalpha() and name.isascii() and len(name) > 3
]


@pytest.mark.parametrize("part", ["céntimos de", "centavos de", "cents of a"])
def test_a_part_of_a_currency_is_of_the_currency_that_is_named(part: str) -> None:
    for name in CURRENCIES:
        whole, found = (find_figures(f"Vale {number} {name}.", "es", "PE")[0] for number in ("20", f"20 {part}"))
        assert (found.value, found.unit) == (pytest.approx(0.2), whole.unit)


@pytest.mark.parametrize(
    ("language", "number", "unit"),
    [
        ("es", ("noventa", "90"), " días"),
        ("es", ("dos mil quinientos", "2.500"), " soles"),
        ("en", ("ninety", "90"), " days"),
        ("en", ("five", "5"), " percent"),
        ("zh", ("九十", "90"), "天"),
    ],
)
def test_a_number_in_words_and_in_digits_is_one(language: str, number: tuple[str, str], unit: str) -> None:
    expected = [(figure.value, figure.unit) for figure in find_figures(f"{number[1]}{unit}", language, "PE")]
    assert len(expected) == 1
    for first, second in (number, number[::-1]):
        found = find_figures(f"{first} ({second}){unit}", language, "PE")
        assert [(figure.value, figure.unit) for figure in found] == expected
    other = find_figures(f"{number[0]} (7){unit}", language, "PE")
    assert [(figure.value, figure.unit) for figure in other] != expected


@pytest.mark.parametrize(
    ("language", "link", "scale"),
    [
        ("es", "entre {} y {}", "mil"),
        ("es", "entre {} y {}", "millones de"),
        ("es", "de {} a {}", "mil millones de"),
        ("en", "between {} and {}", "hundred thousand"),
        ("en", "{} to {}", "thousand million"),
        ("en", "{}-{}", "billion"),
    ],
)
def test_both_ends_of_a_range_have_its_multiplier(language: str, link: str, scale: str) -> None:
    ends = ("3", "4")
    low, high = (find_figures(f"{end} {scale} soles", language, "PE")[0].value for end in ends)
    found = find_figures(f"{link.format(*ends)} {scale} soles", language, "PE")
    assert [(figure.low, figure.high) for figure in found] == [(low, high)]


def assert_well_formed(text: str, figures: list[Figure]) -> None:
    end = 0
    for figure in figures:
        assert end <= figure.start < figure.end <= len(text)
        assert figure.surface == text[figure.start : figure.end]
        assert (figure.value is None) == (figure.low is not None and figure.high is not None)
        numbers = [it for it in (figure.value, figure.low, figure.high) if isinstance(it, float)]
        assert all(math.isfinite(number) for number in numbers)
        end = figure.end


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES.split()), max_size=30).map(" ".join)
    | st.lists(st.sampled_from(PIECES.split()), max_size=30).map("".join)
    | st.text(max_size=80)
)
def test_any_text_has_figures_in_order_that_stand_where_they_say(text: str) -> None:
    for language in LANGUAGES:
        figures = find_figures(text, language)
        assert_well_formed(text, figures)
        assert find_figures(text, language) == figures


REPEATED = (
    "7", "1,", "1 234 ", "一", "万亿", "一点", "de ", "1-", "$ ", "un medio ", "1.2亿", "between 1 and ", "(1",
    "\u200f1", "5 m ", "a ", "二十余", "999e999 ", "half a ", "1分之", "mil ", "1 y ", "n", "+1 ", "1/",
    "tres cuartos de ", "US$",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("piece", REPEATED)
def test_the_work_grows_in_step_with_the_text(piece: str) -> None:
    def find(text: str) -> None:
        assert_well_formed(text, find_figures(text, "es" if piece.isascii() else "zh"))

    assert measure_growth(find, lambda length: (piece * length)[:length], size=4_000) <= 3


@pytest.mark.parametrize(
    "text",
    [
        "999e999 km", "US$ 1e999", "US$ " + "9" * 400, "9" * 310 + ".000 toneladas", "1" + "0" * 500 + " km",
        "9" * 300 + " millones de dólares", "1.300,000.50 dólares", "1,300.000,50 toneladas", "1.2.3 millones de soles",
        "1,2,3 km", "12.34.56 toneladas", "1.234,567.89 soles", "一" + "亿" * 60 + "美元", "万" * 80 + "元",
    ],
    ids=lambda text: text[:24],
)  # fmt: skip
def test_numbers_that_nobody_means_are_no_quantities(text: str) -> None:
    for language in ("es", "en", "zh"):
        assert list(find_figures(f"Costó {text}.", language, "PE")) == []


def test_marks_of_direction_and_accents_do_not_part_a_number() -> None:
    text = "cost\u00f3 1\u200f.300 mi\u2060llo\u0301n\u200des y 1\u0301 3 km"
    money = find_figures("US$ 1\u200f,300\u202c mil\u2060lones", "es")
    assert [(f.value, f.surface) for f in money] == [(1.3e9, "US$ 1\u200f,300\u202c mil\u2060lones")]
    assert_well_formed(text, find_figures(text, "es"))
