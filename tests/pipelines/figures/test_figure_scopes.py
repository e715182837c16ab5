"""Words of a scope are none in a phrase in which they mean something else."""

from __future__ import annotations

import pytest

from db.figures.find import find_figures
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
