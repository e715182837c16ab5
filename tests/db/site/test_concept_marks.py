"""Concepts and figures are marked in a text, and the text stays the same."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.figures.find import find_figures
from db.site.components.concept_marks import FigurePlace, MarkedRun, index_names, mark_paragraph

OF_CHANCAY = "Chancay, 5 %"
NAMES = index_names(
    [
        ("chancay-port", ["Puerto de Chancay", "Chancay port", "钱凯港", "Chancay"]),
        ("cosco", ["COSCO Shipping", "COSCO"]),
        ("bri", ["La Franja y la Ruta"]),
    ]
)


def places(text: str) -> list[FigurePlace]:
    return [
        FigurePlace(figure.start, figure.end, figure.kind, figure.high if figure.value is None else figure.value)
        for figure in find_figures(text, "")
    ]


def figures(text: str) -> list[str]:
    runs = mark_paragraph(text, words="", names={}, figures=places(text))
    return [run.text for run in runs if run.kind == "figure"]


def test_a_concept_is_marked_by_its_longest_name_once_in_a_paragraph() -> None:
    runs = mark_paragraph("El PUERTO DE CHÁNCAY y Cosco Shipping: Chancay crece.", words="", names=NAMES)
    assert [(run.text, run.concept) for run in runs if run.kind == "concept"] == [
        ("PUERTO DE CHÁNCAY", "chancay-port"),
        ("Cosco Shipping", "cosco"),
    ]
    assert MarkedRun("钱凯港", "concept", "chancay-port") in mark_paragraph(
        "秘鲁钱凯港迎来新设备", words="", names=NAMES
    )
    assert MarkedRun("錢凱港", "concept", "chancay-port") in mark_paragraph("錢凱港", words="", names=NAMES)
    assert all(run.kind != "concept" for run in mark_paragraph("Chancayano", words="", names=NAMES))


def test_searched_words_win_over_concepts_where_marks_overlap() -> None:
    runs = mark_paragraph("El puerto de Chancay", words="puerto", names=NAMES)
    assert [run.kind for run in runs] == ["", "hit", ""]
    assert [run.kind for run in mark_paragraph(OF_CHANCAY, words="cobre", names=NAMES, figures=places(OF_CHANCAY))] == [
        "concept",
        "",
        "figure",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("una inversión de US$ 3.500 millones en 2026", ["US$ 3.500 millones"]),
        ("subieron 12,5 % frente a 2025", ["12,5 %"]),
        ("a 12.5 per cent rise", ["12.5 per cent"]),
        ("S/ 240 millones de soles", ["S/ 240 millones de soles"]),
        ("3,5 millones de toneladas de cobre", ["3,5 millones de toneladas"]),
        ("de 120 000 a 180 000 contenedores", ["120 000 a 180 000 contenedores"]),
        ("a coast of 3,000 kilometres", ["3,000 kilometres"]),
        ("投资35亿美元，增长12%", ["35亿美元", "12%"]),
        ("从十二万标准箱提高到十八万标准箱", ["十二万标准箱", "十八万标准箱"]),
        ("On 22 November 2026 at 10:30, chapter 4", []),
        ("buque de 4 200 TEU", ["4 200 TEU"]),
        ("$1.2 billion, or €900m", ["$1.2 billion", "€900m"]),
        ("el 5 de mayo hubo 31 días", []),
        ("十分重要，万一下雨", []),
        ("“千万不能省”，三千四百万人，几千万吨", ["三千四百万人"]),
    ],
)
def test_amounts_and_shares_are_figures_and_days_are_not(text: str, found: list[str]) -> None:
    assert figures(text) == found


@settings(deadline=None)
@given(st.text(max_size=200) | st.text(st.sampled_from(list("Chancay 钱凯港12.,%亿US$ m\n\u0301")), max_size=200))
def test_the_runs_joined_are_the_text(text: str) -> None:
    for words in ("", "chancay", "12"):
        runs = mark_paragraph(text, words=words, names=NAMES, figures=places(text))
        assert "".join(run.text for run in runs) == text
        assert all(run.text for run in runs)


@pytest.mark.parametrize("text", ["1.000 " * 4_000, "十" * 20_000, "1" * 20_000, "Puerto de " * 3_000, "$ " * 9_000])
def test_hostile_paragraphs_are_marked_quickly(text: str) -> None:
    began = time.process_time()
    runs = mark_paragraph(text, words="", names=NAMES)
    assert "".join(run.text for run in runs) == text
    assert time.process_time() - began < 5
