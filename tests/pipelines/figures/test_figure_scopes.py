"""Words of a scope are none in a phrase in which they mean something else."""

from __future__ import annotations

import pytest

from db.figures.find import find_figures
from db.model.figure import PART_SCOPE
from pipelines.relevance.topic import load_topic


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("Hubo 30 heridos al día.", "daily"),
        ("Los 30 heridos diarios preocupan.", "daily"),
        ("Este diario contó 30 heridos.", "own-count"),
        ("Según el diario, hubo 30 heridos.", ""),
    ],
)
def test_a_newspaper_makes_no_figure_one_of_a_day(text: str, scope: str) -> None:
    figures = find_figures(text, "es", "PE")
    read = load_topic("china_peru").measures.measure_figures(figures, text, "es", year="2026")
    assert [figure.scope for figure in read if figure.measure == "injured"] == [scope]


@pytest.mark.parametrize(
    ("text", "language", "part"),
    [
        ("Two Peruvians and a Chinese national are being held.", "en", True),
        ("A Chinese buyer and two Peruvians were detained in Callao.", "en", True),
        ("Fueron detenidos dos peruanos y un ciudadano chino.", "es", True),
        ("Un comprador chino y dos peruanos fueron detenidos.", "es", True),
        ("Two Peruvians were detained and a truck was seized.", "en", False),
        ("Fueron detenidos dos peruanos y un camión quedó en custodia.", "es", False),
        ("Hubo dos detenidos y un herido en la mina.", "es", False),
        ("Two miners and a truck were detained.", "en", False),
    ],
)
def test_a_number_of_persons_beside_one_more_is_a_part(text: str, language: str, part: bool) -> None:
    figures = find_figures(text, language, "PE")
    read = load_topic("china_peru").measures.measure_figures(figures, text, language, year="2026")
    assert [PART_SCOPE in figure.scope for figure in read if figure.measure == "detained"] == [part]
