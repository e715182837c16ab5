"""Names that mean a person, a street or another country's office, by what stands beside them."""

from __future__ import annotations

import time

import pytest

from pipelines.relevance.evidence import read_sentences
from pipelines.relevance.topic import load_topic

TOPIC = load_topic("china_peru")


def strong(text: str, language: str = "es") -> tuple[int, int, int]:
    sentences = read_sentences("", text, language=language, topic=TOPIC)
    return sum(s.a for s in sentences), sum(s.b for s in sentences), sum(s.both for s in sentences)


@pytest.mark.parametrize(
    "text",
    [
        "Volvió Ramiro «Chino» Salas, y el Chino saludó a todos.",
        "Así hablaba del Chino su compadre.",
        'La cantante Berta "la China" Robles canceló el concierto.',
        "Berta «la China» Robles llegó tarde. China Robles pidió perdón, y la China sonrió.",
        "Dicen que la China Robles se casa.",
    ],
)
def test_a_nickname_is_no_demonym(text):
    assert strong(text) == (0, 0, 0)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("El canciller chino saludó al embajador.", 1),
        ("La China comunista cambió en pocos años.", 1),
        ("La China de hoy compra más cobre.", 1),
        ("China vende y la empresa china compra.", 2),
        ("Ramiro «Chino» Salas exporta a China.", 1),
    ],
)
def test_the_country_and_its_demonym_count(text, number):
    assert strong(text)[0] == number


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Choque en la calle Lima y la avenida Perú, frente al jr. China.", "es"),
        ("The shop on Callao Road and Peru Avenue closed.", "en"),
        ("店铺位于上海路88号。", "zh"),
    ],
)
def test_a_street_is_no_country(text, language):
    assert strong(text, language) == (0, 0, 0)


def test_an_office_of_another_country_is_not_ours():
    (theirs,) = read_sentences("", "智利外交部发表声明。", language="zh", topic=TOPIC)
    (of_theirs,) = read_sentences("", "La Corte Suprema de Chile falló.", language="es", topic=TOPIC)
    (ours,) = read_sentences("", "外交部发表声明。", language="zh", topic=TOPIC)
    assert (theirs.weak_a, of_theirs.weak_b, ours.weak_a) == (0, 0, 1)


def test_one_name_of_both_sides_in_a_list_of_mines_is_one_of_them():
    (listed,) = read_sentences(
        "", "Antamina, Cerro Verde, Quellaveco y Las Bambas subieron sus metas.", language="es", topic=TOPIC
    )
    (named,) = read_sentences(
        "", "El canon de Antamina, Las Bambas (14 %) y Cerro Verde bajó en marzo.", language="es", topic=TOPIC
    )
    (placed,) = read_sentences("", "Las Bambas (Cotabambas, Apurímac) subió su meta.", language="es", topic=TOPIC)
    assert (named.b, named.both, placed.both) == (3, 0, 1)
    (alone,) = read_sentences("", "Las Bambas subió su meta.", language="es", topic=TOPIC)
    assert (listed.b, listed.both) == (4, 0)
    assert (alone.b, alone.both) == (0, 1)


@pytest.mark.parametrize("unit", ["«Chino» ", "calle Lima ", "la China ", "Perú, Corte Suprema de "])
@pytest.mark.slow
def test_reading_names_in_context_takes_time_in_proportion_to_the_text(unit):
    def spent(number: int) -> float:
        best = 9.0
        for _ in range(3):
            began = time.process_time()
            read_sentences("", unit * number, language="es", topic=TOPIC)
            best = min(best, time.process_time() - began)
        return best

    assert spent(8000) < 16 * spent(1000) + 0.05


@pytest.mark.parametrize(
    ("text", "language", "number"),
    [
        ("La señora Lin paga en efectivo. Lin no regatea.", "es", 2),
        ("Mr. Tang mends the cranes.", "en", 1),
        ("Lin Hui mide el viento, y Lin apunta.", "es", 2),
        ("Song of the summer: a record by Lin.", "en", 0),
        ("Wu-Tang, Pan y Yoga.", "es", 0),
        ("El embajador Li habló en Ancón. Li se quedó.", "es", 2),
        ("El ministro Wu firmó ayer.", "es", 1),
        ("Ambassador Li left on Friday.", "en", 1),
        ("The tour ended with Foreign Minister Cai.", "en", 1),
        ("Su Alteza la reina viajó. Su avión paró en Tacna.", "es", 0),
        ("Pack the Fan Heater and tell us what You Want.", "en", 0),
        ("The Sun Temple opens at nine; a Song Contest follows.", "en", 0),
        ("La señora Su abrió la tienda. Su hija ayuda, y Han Llerena paga.", "es", 1),
    ],
)
def test_a_short_surname_needs_a_title_or_a_given_name_once(text, language, number):
    sentences = read_sentences("", text, language=language, topic=TOPIC)
    assert sum(s.weak_a for s in sentences) == number
    assert sum(s.a for s in sentences) == 0


def test_words_of_a_headline_in_title_case_are_no_given_names():
    (shouted, _) = read_sentences("Lin Wins the Open in Tacna", "Rain fell.", language="en", topic=TOPIC)
    (told, _) = read_sentences("Lin Hui wins the open in Tacna", "Rain fell.", language="en", topic=TOPIC)
    assert (shouted.weak_a, told.weak_a) == (0, 1)
