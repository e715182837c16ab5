"""Names and rare figures come in one form from Spanish, English and Chinese sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stories.names import find_names, find_rare_figures


def test_a_name_is_a_capital_that_is_never_written_small() -> None:
    headline, lead = find_names(
        [
            "Sindicato de Toquepala inicia paro",
            "El sindicato dijo en Toquepala que espera a Rosa Quispe.",
        ]
    )
    assert headline == {"toquepala"}
    assert lead == {"toquepala", "rosa", "quispe"}


def test_capitals_of_a_title_case_headline_say_nothing_unless_the_text_repeats_them() -> None:
    headline, _ = find_names(["Port Workers Begin Strike In Quilca", "The strike in Quilca's port began at dawn."])
    assert headline == {"quilca"}


def test_a_word_that_only_begins_sentences_is_no_name() -> None:
    assert find_names(["Huelga", "Ayer pararon. Mañana siguen los de Ilo."]) == [frozenset(), {"ilo"}]


def test_a_text_of_capitals_has_only_the_names_that_another_sentence_has() -> None:
    shouted = "EL PUERTO DE QUILCA CIERRA POR MAREJADA"
    assert find_names([shouted, shouted]) == [frozenset(), frozenset()]
    assert find_names([shouted, "Ayer cerró Quilca."]) == [{"quilca"}, {"quilca"}]


def test_latin_names_are_found_in_chinese_sentences() -> None:
    assert find_names(["中远海运COSCO称码头恢复作业"]) == [{"cosco"}]


@pytest.mark.parametrize(
    ("language", "sentence", "figures"),
    [
        ("es", "invertirá 4.120 millones de dólares", {"4.12e+09"}),
        ("zh", "总投资41.2亿美元", {"4.12e+09"}),
        ("en", "a $4.12 billion port", {"4.12e+09"}),
        ("es", "unos 250 mil contenedores", {"2.5e+05"}),
        ("zh", "25万个集装箱", {"2.5e+05"}),
        ("es", "1,240 obreros y 1.240 hombres", {"1240"}),
        ("es", "el 12,5 % del total", {"12.5"}),
        ("es", "en 2024 hubo 3 heridos", set()),
        ("es", "1" * 60, set()),
    ],
)
def test_figures_have_one_form(language: str, sentence: str, figures: set[str]) -> None:
    assert find_rare_figures(sentence, language, in_head=True) == figures


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("El permiso vale cinco años.", "es"),
        ("The strike lasted 12 hours, two weeks after the last one.", "en"),
        ("Exportan 3 millones de toneladas a 200 km de aquí.", "es"),
        ("为期5年，投资4亿美元。", "zh"),
        ("The fleet stays 200 miles away, for 20 days.", "en"),
        ("Un tercio de la carga y las dos terceras partes de los turnos.", "es"),
        ("Three quarters of the berths, 33.3% of the cranes.", "en"),
    ],
)
def test_round_numbers_and_small_ones_of_any_unit_say_nothing(sentence: str, language: str) -> None:
    assert find_rare_figures(sentence, language, in_head=True) == frozenset()


def test_a_long_span_of_time_is_a_figure() -> None:
    assert len(find_rare_figures("La mina paró 45 días y 36 horas.", "es", in_head=True)) == 2


@pytest.mark.parametrize(
    ("sentence", "language", "figures"),
    [
        ("El servicio directo tarda 23 días.", "es", 0),
        ("直航航线二十三天就能到。", "zh", 0),
        ("The driver, 41, waited between 23 and 25 days with 36 hours of notice.", "en", 0),
        ("The concession runs for 128 days.", "en", 1),
        ("Descargaron 23 vagones con 4.120 toneladas.", "es", 2),
    ],
)
def test_behind_the_head_a_duration_of_two_digits_says_nothing(sentence: str, language: str, figures: int) -> None:
    assert len(find_rare_figures(sentence, language, in_head=False)) == figures


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    assert len(find_names([text, text])) == 2
    assert find_rare_figures(text, "zh", in_head=False) <= find_rare_figures(text, "zh", in_head=True)
