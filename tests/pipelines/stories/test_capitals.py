"""A sentence of capitals is compared as it would be written otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.text.folding import fold
from pipelines.stories.article_wording import make_story_wording, unpack_wording
from pipelines.stories.capitals import write_small


@pytest.mark.parametrize(
    ("sentence", "small"),
    [
        ("CIERRA EL PUERTO DE QUILCA POR MAREJADA", "Cierra el puerto de Quilca por marejada"),
        ("¡CAYÓ UNA GRÚA EN EL MUELLE DE D’ONOFRIO!", "¡Cayó una grúa en el muelle de d’onofrio!"),
        ("MTC Y COSCO", "MTC Y COSCO"),
        ("Port Workers Begin Strike In Quilca", "Port Workers Begin Strike In Quilca"),
        ("基尔卡港关闭", "基尔卡港关闭"),
        ("", ""),
    ],
)
def test_a_sentence_of_capitals_is_written_small(sentence: str, small: str) -> None:
    assert write_small(sentence, {"quilca"}) == small


@given(st.text(alphabet="AÉÑz’- .¡基1", max_size=200))
def test_no_word_is_changed_but_in_case(text: str) -> None:
    assert fold(write_small(text, set())) == fold(text)


def test_a_headline_and_a_lead_of_capitals_have_the_names_and_nearly_the_vectors_of_small_ones() -> None:
    title, lead = "Cae una grúa en el muelle de Quilca", "Dos obreros murieron ayer en el puerto de Quilca."
    rest = "El puerto de Quilca sigue cerrado."
    plain = unpack_wording(make_story_wording(title, f"{lead}\n{rest}", "es"))
    shouted = unpack_wording(make_story_wording(title.upper(), f"{lead.upper()}\n{rest}", "es"))
    assert shouted.names == plain.names
    assert float(plain.lead @ shouted.lead) > 0.99
